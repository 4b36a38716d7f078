"""The tag of a commit: how far the table has read its inputs, and by which definition.

It also contains the values of the row in ``ops.runs``, so that a run that was killed after the
commit can still be recorded.
"""

from __future__ import annotations

from typing import Any

from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked


def build_tag(
    context: RunContext, definition: Definition, batch: Batch, checked: Checked
) -> dict[str, Any]:
    """The tag of the commit of ``batch``."""
    run, verdict = context.run, checked.verdict
    return {
        "run_id": run.run_id,
        "id": context.progress.known_id(definition.name),
        "inputs": {name: at.as_json() for name, at in batch.inputs.items()},
        "definition": dict(definition.parts),
        **batch.tag,
        **checked.tag,
        "record": {
            "step": run.step,
            "start": str(run.start),
            "end": str(run.end),
            "rows_input": batch.rows_input(verdict.rows_read),
            "rows_read": verdict.rows_read,
            "rows_quarantined": verdict.rows_quarantined,
            "rows_rescued": checked.rows_rescued,
            **context.provenance,
        },
    }
