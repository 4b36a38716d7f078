"""The model that a pipeline declares, for the steps that need one."""

from __future__ import annotations

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import UsageError
from lakehouse.refresh.context import RunContext


def declared_model(context: RunContext) -> ModelDecl:
    """The pipeline's model. Raises UsageError when it declares none."""
    if context.pipeline.model is None:
        raise UsageError(
            f"the pipeline '{context.pipeline.name}' declares no model",
            where=str(context.pipeline.folder / "model.yml"),
            hint="see the README on how to declare one",
        )
    return context.pipeline.model
