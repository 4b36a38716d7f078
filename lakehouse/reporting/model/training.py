"""How a model was trained, for its card: the sample, and the stages inside the model."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.ml.run_summary import RunSummary
from lakehouse.reporting.numbers import exact


def facts_of_training(facts: RunSummary) -> Iterator[tuple[str, str]]:
    """What the run recorded; nothing for a model of all rows without stages."""
    if sampling := facts.dataset.get("sampling"):
        after, before = (exact(sampling[f"rows_{when}"]) for when in ("after", "before"))
        yield "Sampled", f"{after} of {before} training rows, by {sampling['by']}, with weights"
    stages = facts.stages
    if "columns" in stages:
        kept, of = stages["columns"]["kept"], stages["columns"]["of"]
        names = stages.get("features")
        text = "" if names is None else f": those of {', '.join(names)}"
        yield "Kept features", f"{kept} of {of} prepared columns{text}"
    if "components" in stages:
        share = f"{100 * stages['explained_variance']:.0f} % of the variance"
        yield "Principal components", f"{stages['components']}, with {share}"
    if "calibration" in stages:
        weighted = " after class weights" if "training_class_weight" in facts.params else ""
        yield "Calibrated", f"{stages['calibration']}{weighted}"
