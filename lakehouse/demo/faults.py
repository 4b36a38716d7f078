"""The kinds of planted faults: the change to a row, and the rules that it then fails.

A NULL fails a rule, so a value that cannot be read fails ``row_is_well_formed`` and the rules on
its column; a line that cannot be read at all fails every rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lakehouse.demo.feeds import Row
from lakehouse.demo.manifest import Outcome

MALFORMED = "row_is_well_formed"
RULES = {
    "customers": (
        "customer_id_is_present", "operation_is_known", "birth_year_is_plausible",
        "email_domain_is_valid", "updated_at_is_present",
    ),
    "orders": (
        "order_id_is_present", "customer_id_is_present", "store_id_is_valid", "status_is_known",
        "operation_is_known", "order_date_is_not_in_the_future", "updated_at_is_present",
    ),
    "order_lines": (
        "order_id_is_present", "line_no_is_positive", "sku_is_present", "quantity_is_positive",
        "unit_price_is_positive", "order_date_is_not_in_the_future", "updated_at_is_present",
    ),
    "web_events": (
        "event_id_is_present", "visitor_id_is_present", "event_type_is_present",
        "event_date_is_not_in_the_future",
    ),
}  # fmt: skip
KEYS = {
    "customers": ("customer_id",),
    "orders": ("order_id",),
    "order_lines": ("order_id", "line_no"),
    "web_events": ("event_id",),
}

Change = Callable[[Row], Row]
Place = Literal["in place", "same file", "later file"]


@dataclass(frozen=True)
class Kind:
    """One kind of fault. With a ``place`` other than ``in place``, the changed row is added."""

    name: str
    feed: str
    what: str
    change: Change
    rules: tuple[str, ...] = ()
    outcome: Outcome = "quarantined"
    place: Place = "in place"
    cut: bool = False


def put(**values: str | None) -> Change:
    """The row with other raw values, or with undeclared columns."""
    return lambda row: {**row, **values}


def pad(*names: str) -> Change:
    """The row with blanks around some values."""
    return lambda row: {**row, **{name: f"  {row[name]} " for name in names}}


def far_future(*names: str) -> Change:
    """The row with a mistyped year. 2064 is a leap year, so that every date exists in it."""
    return lambda row: {**row, **{name: f"2064{str(row[name])[4:]}" for name in names}}


def a_minute_earlier(**values: str) -> Change:
    """An older version of the row, by a minute."""

    def change(row: Row) -> Row:
        day, _, clock = str(row["updated_at"]).rstrip("Z").partition("T")
        hour, minute, second = (int(part) for part in clock.split(":"))
        before = max(hour * 60 + minute - 1, 0)
        earlier = f"{day}T{before // 60:02d}:{before % 60:02d}:{second:02d}Z"
        return {**row, **values, "updated_at": earlier}

    return change


same: Change = dict
_NO_TIME = "31/02/2026 25:61"


def _cut(feed: str) -> Kind:
    rules = (MALFORMED, *RULES[feed])
    return Kind("malformed_json", feed, "the line ends in its middle", same, rules, cut=True)


def _again(feed: str, place: Place) -> Kind:
    where = "in the same file" if place == "same file" else "in a later day's file"
    return Kind(
        f"repeat_{place.replace(' ', '_')}", feed, f"sent twice, the second time {where}", same,
        outcome="superseded", place=place,
    )  # fmt: skip


def _new_column(feed: str, **values: str) -> Kind:
    what = "a column that nobody declared"
    return Kind("new_column", feed, what, put(**values), outcome="rescued")


def _written(feed: str, name: str, what: str, change: Change, place: Place = "in place") -> Kind:
    return Kind(name, feed, what, change, outcome="written", place=place)


KINDS: tuple[Kind, ...] = (
    _cut("customers"),
    Kind("null_key", "customers", "no customer_id", put(customer_id=None),
         ("customer_id_is_present",)),
    Kind("bad_email", "customers", "an address without a domain that could be",
         lambda row: {**row, "email": f"{str(row['email']).partition('@')[0]}@localhost"},
         ("email_domain_is_valid",)),
    Kind("no_birth_date", "customers", "an invalid birth date", put(birth_date="1984-13-45"),
         (MALFORMED, "birth_year_is_plausible")),
    Kind("old_birth_date", "customers", "born 170 years ago",
         lambda row: {**row, "birth_date": f"1856{str(row['birth_date'])[4:]}"},
         ("birth_year_is_plausible",)),
    _again("customers", "same file"),
    _new_column("customers", newsletter="weekly"),
    _written("customers", "padded_values", "blanks around region and segment",
             pad("region", "segment")),
    _cut("orders"),
    Kind("null_key", "orders", "no order_id", put(order_id=None), ("order_id_is_present",)),
    Kind("no_customer", "orders", "no customer_id", put(customer_id=None),
         ("customer_id_is_present",)),
    Kind("unknown_status", "orders", "a status that nobody knows", put(status="lost"),
         ("status_is_known",)),
    Kind("unknown_store", "orders", "a store number of another system", put(store_id="STORE-3"),
         ("store_id_is_valid",)),
    Kind("bad_timestamp", "orders", "an invalid updated_at", put(updated_at=_NO_TIME),
         (MALFORMED, "updated_at_is_present")),
    Kind("future_order", "orders", "ordered in 2064", far_future("ordered_at"),
         ("order_date_is_not_in_the_future",)),
    _again("orders", "same file"),
    _again("orders", "later file"),
    _written("orders", "older_version", "an older version that comes after a newer one",
             a_minute_earlier(status="placed"), "later file"),
    _new_column("orders", gift_wrap="yes"),
    _written("orders", "padded_values", "blanks around store and status",
             pad("store_id", "status")),
    Kind("null_key", "order_lines", "no order_id", put(order_id=None), ("order_id_is_present",)),
    Kind("bad_quantity", "order_lines", "a quantity in words", put(quantity="two"),
         (MALFORMED, "quantity_is_positive")),
    Kind("negative_quantity", "order_lines", "a negative quantity", put(quantity="-2"),
         ("quantity_is_positive",)),
    Kind("bad_price", "order_lines", "a price with a comma", put(unit_price="12,50"),
         (MALFORMED, "unit_price_is_positive")),
    Kind("zero_price", "order_lines", "a price of 0", put(unit_price="0.00"),
         ("unit_price_is_positive",)),
    Kind("no_price", "order_lines", "no price", put(unit_price=None), ("unit_price_is_positive",)),
    Kind("negative_price", "order_lines", "a negative price", put(unit_price="-5.00"),
         ("unit_price_is_positive",)),
    Kind("two_faults", "order_lines", "no quantity and no price",
         put(quantity="0", unit_price=None), ("quantity_is_positive", "unit_price_is_positive")),
    _again("order_lines", "same file"),
    _again("order_lines", "later file"),
    _written("order_lines", "older_version", "an older version that comes after a newer one",
             a_minute_earlier(quantity="7"), "later file"),
    _written("order_lines", "padded_values", "blanks around article and department",
             pad("sku", "department")),
    _cut("web_events"),
    Kind("null_key", "web_events", "no event_id", put(event_id=None), ("event_id_is_present",)),
    Kind("no_event_type", "web_events", "no event type", put(event_type=None),
         ("event_type_is_present",)),
    Kind("bad_timestamp", "web_events", "an invalid occurred_at", put(occurred_at=_NO_TIME),
         (MALFORMED, "event_date_is_not_in_the_future")),
    Kind("future_event", "web_events", "occurred in 2064", far_future("occurred_at"),
         ("event_date_is_not_in_the_future",)),
    _again("web_events", "same file"),
    _again("web_events", "later file"),
    _new_column("web_events", experiment="B"),
    _written("web_events", "new_event_type", "an event type that only warns",
             put(event_type="share")),
)  # fmt: skip
