"""Post the pending alarms of a model to the webhook, and record what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import UsageError
from lakehouse.monitoring.alert_messages import group_alarms, make_message
from lakehouse.monitoring.alerts import Alarm, pending_alarms, record_alerts
from lakehouse.monitoring.webhook import Delivery, post
from lakehouse.monitoring.webhook_address import resolve_address
from lakehouse.refresh.context import RunContext


@dataclass(frozen=True)
class Posted:
    """The alarms that were pending, how many of them were posted, and what went wrong."""

    pending: int = 0
    posted: int = 0
    problem: str = ""


def post_alarms(context: RunContext, model: ModelDecl, setting: str) -> Posted:
    """Post each pending alarm once to the webhook of ``setting``, in one message per day and
    version.

    After the first message that is not accepted the others are not tried, so that a dead webhook
    costs seconds. Nothing is raised for it: the alarms are tried again by the next run.
    """
    name = model.registered_name(context.pipeline.name)
    known_after = context.pipeline.known_after_days(model)
    pending = pending_alarms(context, name, known_after_days=known_after)
    if not pending:
        return Posted()
    try:
        address = resolve_address(setting)
    except UsageError as error:
        record_alerts(context, pending, Delivery(0, error.message))
        return Posted(len(pending), 0, error.message)
    posted, problem = 0, ""
    for alarms in group_alarms(pending):
        delivery = Delivery(0, problem) if problem else _post(context, model, address, alarms)
        problem = problem or delivery.problem
        posted += 0 if delivery.problem else len(alarms)
        record_alerts(context, alarms, delivery)
    return Posted(len(pending), posted, problem)


def _post(context: RunContext, model: ModelDecl, address: str, alarms: Sequence[Alarm]) -> Delivery:
    message = make_message(alarms, context.settings, model.monitoring)
    return post(address, message, key=message["id"])
