"""Models: list the versions of the declared model, promote one, roll back, or compare two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import recorded_name
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError
from lakehouse.ml.artifact import load_artifact
from lakehouse.ml.challenge import meet
from lakehouse.ml.promotion_journal import carry_out, recover
from lakehouse.ml.registry import (
    CHAMPION,
    PREVIOUS_CHAMPION,
    Registered,
    answering,
    registered_model,
    tracking,
    version_of,
)
from lakehouse.ml.training_frame import training_frame
from lakehouse.ml.version_list import list_versions
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.promotions import Promotion, PromotionTable
from lakehouse.steps import compare_live
from lakehouse.steps.decisions import sign
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.progress import Progress
from lakehouse.steps.registry import STEPS
from lakehouse.steps.step import Request, Result

_NUMBERS = {"list": 0, "promote": 1, "rollback": 0, "compare": 2}
_WHERE = "lakehouse models"
_HINT = f"one of {STEPS['models'].words}"


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Run ``list``, ``promote VERSION``, ``rollback``, ``compare A B`` or ``compare --live`` on the
    declared model.

    The result's value of ``list`` is the versions, of ``compare`` the ``Decision``, or with
    ``--live`` the ``LiveGain``, of the others the ``Promotion``. A decision that a killed run left
    unfinished is finished first. Raises UsageError for other words, and where there is nothing to
    promote or to go back to; nothing has been changed then.
    """
    model = declared_model(context)
    live = bool(request.options.get("live"))
    verb, numbers = _parse(request.options.get("words") or (), live=live)
    name = model.registered_name(context.pipeline.name)
    with tracking(context.settings.mlflow), answering(name):
        if verb == "list":
            return _list(name, model, context, progress)
        if live:
            return compare_live.run(context, model, name, numbers, progress)
        if verb == "compare":
            return _compare(context, model, name, numbers, progress)
        log = PromotionTable(context.tables)
        finished = None if request.dry_run else recover(name, log)
        if finished is not None and finished.moves_champion:
            progress.note(f"finished what a killed run began: {finished.describe()}")
            if _is_asked_for(finished, verb, numbers):
                return Result(value=finished)
        decide = _promote if verb == "promote" else _roll_back
        promotion = decide(context, name, numbers, request.options.get("reason") or "")
        # Loaded as scoring would, so that a version that cannot be loaded is not promoted.
        load_artifact(version_of(name, promotion.to_version))
        if request.dry_run:
            progress.show(f"would become the champion: {promotion.describe()}")
            return Result(value=promotion)
        carry_out(promotion, log)
    progress.note(f"the champion is {promotion.describe()}")
    progress.note(f"the next score uses it: `{context.command('score', days='--date …')}`")
    return Result(value=promotion)


def _parse(words: Sequence[str], *, live: bool) -> tuple[str, list[int]]:
    if not words:
        raise UsageError("missing command", where=_WHERE, hint=_HINT)
    verb, *rest = words
    if verb not in _NUMBERS:
        near = did_you_mean(verb, _NUMBERS)
        raise UsageError(f"unknown command '{verb}'{near}", where=_WHERE, hint=_HINT)
    if live and verb != "compare":
        raise UsageError(f"--live does not go with '{verb}'", where=_WHERE, hint="compare --live")
    numbers = [word.removeprefix("v") for word in rest]
    if live and not numbers:
        return verb, []
    if len(numbers) != _NUMBERS[verb] or not all(number.isdecimal() for number in numbers):
        many = {0: "no version", 1: "one version", 2: "two versions"}[_NUMBERS[verb]]
        raise UsageError(f"'{verb}' takes {many}, given as a number", where=_WHERE, hint=_HINT)
    return verb, [int(number) for number in numbers]


def _list(name: str, model: ModelDecl, context: RunContext, progress: Progress) -> Result:
    versions = list_versions(name)
    if not versions:
        progress.note(f"no version of {name} yet: run `{context.command('train', days='')}`")
    for version in versions:
        progress.show(version.describe(recorded_name(model.metric, model.task)))
    return Result(value=versions)


def _compare(
    context: RunContext, model: ModelDecl, name: str, numbers: Sequence[int], progress: Progress
) -> Result:
    first, second = (version_of(name, number) for number in numbers)
    decision = meet(
        first,
        second,
        training_frame(context, model).frame.toPandas(),
        model,
        horizon_days=context.pipeline.known_after_days(model),
    )
    known = decision.numbers
    progress.show(f"{known['rows']:,} hold-out rows, {known['first_day']} to {known['last_day']}")
    for number, side in zip(numbers, ("champion", "challenger"), strict=True):
        value = known[side]
        progress.show(
            f"v{number}: {known['metric']} {value['estimate']:.4f} "
            f"[{value['low']:.4f}, {value['high']:.4f}]"
        )
    verdict = "would take the place of" if decision.promoted else "would not take the place of"
    progress.show(f"v{second.version} {verdict} v{first.version}: {decision.describe()}")
    return Result(value=decision)


def _promote(context: RunContext, name: str, numbers: Sequence[int], reason: str) -> Promotion:
    if not reason:
        raise UsageError(
            "missing --reason",
            where=f"{_WHERE} promote",
            hint="say why; it is recorded in ops.promotions",
        )
    (number,) = numbers
    before = _registered(context, name).aliases.get(CHAMPION)
    version_of(name, number)
    if before == number:
        raise UsageError(f"v{number} is the champion already", where=name)
    signed = sign(context, datetime.now(UTC))
    return Promotion(name, "promote", before, number, reason, signed, {"by_hand": True})


def _roll_back(context: RunContext, name: str, numbers: Sequence[int], reason: str) -> Promotion:
    aliases = _registered(context, name).aliases
    back = aliases.get(PREVIOUS_CHAMPION)
    if back is None:
        raise UsageError(
            "there is no previous champion to go back to",
            where=name,
            hint=f"promote a version: `{context.command('models', days='')} promote VERSION "
            "--reason …`",
        )
    signed = sign(context, datetime.now(UTC))
    return Promotion(
        name, "rollback", aliases.get(CHAMPION), back, reason or "rolled back", signed,
        {"by_hand": True},
    )  # fmt: skip


def _registered(context: RunContext, name: str) -> Registered:
    known = registered_model(name)
    if known is None:
        raise UsageError(
            "no version is registered yet",
            where=name,
            hint=f"train first: `{context.command('train', days='--date …')}`",
        )
    return known


def _is_asked_for(finished: Promotion, verb: str, numbers: Sequence[int]) -> bool:
    """Whether the finished decision is what this command asks for."""
    return finished.action == verb and (not numbers or finished.to_version == numbers[0])
