"""Transformation of ``silver.web_events``."""

from __future__ import annotations

import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def transform(inputs: dict[str, DataFrame], *, date: datetime.date) -> DataFrame:
    """Web events with the day, the path and the device. Grain: one row per event as it came."""
    return inputs["bronze.web_events"].select(
        F.upper(F.trim("event_id")).alias("event_id"),
        "visitor_id",
        "customer_id",
        "session_id",
        F.lower(F.trim("event_type")).alias("event_type"),
        path("page").alias("page"),
        device("user_agent").alias("device"),
        "occurred_at",
        F.col("occurred_at").cast("date").alias("event_date"),
        "_known_date",
        "_malformed",
    )


def path(page: str) -> Column:
    """The page's path: what follows ``?`` is about the visitor, not about the page."""
    return F.substring_index(page, "?", 1)


def device(user_agent: str) -> Column:
    """``phone``, ``tablet`` or ``computer``; NULL for a browser that says nothing of the kind."""
    agent = F.col(user_agent)
    is_computer = agent.rlike("Windows|Macintosh|X11")
    return (
        F.when(agent.contains("Tablet"), "tablet")
        .when(agent.contains("Mobile"), "phone")
        .when(is_computer, "computer")
    )
