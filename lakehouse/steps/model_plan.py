"""What a plan says of the model: for which days labels can be made, what a training needs, and
which scores are due, with the commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.yaml_file import shown
from lakehouse.ml.needed_days import missing_days, needed_days
from lakehouse.refresh.context import RunContext, days_option
from lakehouse.refresh.day_commits import ranges_of


def describe_model(context: RunContext, model: ModelDecl) -> Iterator[str]:
    """The lines of the model's block, for a run that ends on the run's last day."""
    end = context.run.end
    known_after = timedelta(days=context.pipeline.known_after_days(model))
    last_label = end - known_after
    yield f"model {model.model}  ({shown(model.file)})"
    made = _ranges(context, model.label_table)
    have = f"made for {_text(made)}" if made else "none made yet"
    yield f"  labels   of days up to {last_label} are known by {end}; {have}"
    forward = model.training.folds == "forward"
    needed = needed_days(last_label, model.split, known_after.days, forward=forward)
    if model.split.test_days is None:
        yield f"  training needs a day such as {needed.train}: the split is by {model.entity} alone"
    else:
        hold_out = days_text(needed.test)
        yield f"  training needs {hold_out} to test on, and days up to {needed.train} to train on"
        if needed.earlier:
            yield f"           such as {days_text(needed.earlier)} before it, for forward folds"
    missing = False
    features = _ranges(context, model.features.table)
    for what, table, ranges, shift in (
        ("features", model.features.table, features, timedelta()),
        ("labels", model.label_table, made, known_after),
    ):
        lacking = missing_days(needed.all, ranges)
        if lacking:
            missing = True
            first, last = (day + shift for day in (lacking[0], lacking[-1]))
            command = context.command("features", tables=[table], days=days_option(first, last))
            yield f"  lacks    {what} of {days_text(lacking)}: {command}"
    if not missing:
        yield f"  can be trained: {context.command('train', days=days_option(end, end))}"
    yield from _scores(context, model, features)


def _scores(
    context: RunContext, model: ModelDecl, features: list[tuple[date, date]]
) -> Iterator[str]:
    days = list(context.run.days())
    with_features = [day for day in days if not missing_days([day], features)]
    scored = _scored(context, model)
    due = missing_days(with_features, scored)
    if due:
        command = context.command("score", days=days_option(due[0], due[-1]))
        yield f"  scores   are due for {days_text(due)}: {command}"
    elif with_features:
        yield f"  scores   of {days_text(with_features)} are there"
    else:
        yield f"  scores   wait for features of {days_text(days)}"


def _scored(context: RunContext, model: ModelDecl) -> list[tuple[date, date]]:
    """The days that have predictions, by the newest version that wrote any."""
    log = context.progress.whole_log(context.tables, model.scores.history)
    tags = [commit.tag for commit in (log.tagged() if log else ())]
    newest = tags[0].get("model") if tags else None
    days = [tag["days"] for tag in tags if tag.get("model") == newest and tag.get("days")]
    return [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in days]


def _ranges(context: RunContext, table: str) -> list[tuple[date, date]]:
    """The days of a snapshot, as ranges, whatever definition computed them."""
    ranges: list[tuple[date, date]] = []
    for first, last, _ in ranges_of(context, table):
        if ranges and ranges[-1][1] + timedelta(days=1) >= first:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def _text(ranges: list[tuple[date, date]]) -> str:
    shown_ranges = [_span(*ends) for ends in ranges[-3:]]
    return ("… " if len(ranges) > 3 else "") + ", ".join(shown_ranges)


def _span(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"


def days_text(days: Sequence[date]) -> str:
    """One day, two days, or the first and the last of several."""
    if len(days) > 2:
        return f"{len(days)} days from {days[0]} to {days[-1]}"
    return " and ".join(map(str, days))
