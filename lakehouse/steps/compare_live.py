"""Compare the champion and the challenger on live data: predictions whose outcomes are known."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import UsageError
from lakehouse.ml.live_gain import compare_live
from lakehouse.ml.registry import CHALLENGER, CHAMPION, registered_model, version_of
from lakehouse.refresh.context import RunContext
from lakehouse.scoring.live_outcomes import live_outcomes
from lakehouse.steps.progress import Progress
from lakehouse.steps.step import Result


def run(
    context: RunContext, model: ModelDecl, name: str, numbers: Sequence[int], progress: Progress
) -> Result:
    """Show how two versions did on the same entities and days: those of ``numbers``, or the
    champion and the challenger. The result's value is the ``LiveGain``.

    Raises UsageError without a champion or a challenger, and where no outcome is known yet.
    """
    first, second = numbers or _by_alias(context, name)
    versions = (version_of(name, first), version_of(name, second))
    outcomes = live_outcomes(context, model, versions)
    compared = compare_live(
        outcomes.frame,
        (outcomes.predictions(0), outcomes.predictions(1)),
        model,
        (first, second),
    )
    if not numbers:
        progress.show(f"v{first} is the champion, v{second} the challenger")
    if outcomes.rows > len(outcomes.frame):
        progress.show(f"a sample of entities, of {outcomes.rows:,} outcomes:")
    for line in compared.describe():
        progress.show(line)
    return Result(value=compared)


def _by_alias(context: RunContext, name: str) -> tuple[int, int]:
    known = registered_model(name)
    aliases = known.aliases if known else {}
    if CHAMPION not in aliases:
        raise UsageError(
            "there is no champion to compare with",
            where=name,
            hint=f"train first: `{context.command('train', days='--date …')}`",
        )
    if aliases.get(CHALLENGER, aliases[CHAMPION]) == aliases[CHAMPION]:
        raise UsageError(
            "there is no challenger to compare with the champion",
            where=name,
            hint=f"train another version: `{context.command('train', days='--date …')}`, or name "
            "two versions: `lakehouse models compare A B --live`",
        )
    return aliases[CHAMPION], aliases[CHALLENGER]
