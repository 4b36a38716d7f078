"""Slices, days and errors on the model's card, from the record of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reporting_sample import examined as sample_examined
from reporting_sample import model as sample_model

from lakehouse.ml.run_summary import RunSummary
from lakehouse.reporting.charts.figure import Figure
from lakehouse.reporting.model.card import model_card
from lakehouse.reporting.model.examined import Examined
from lakehouse.reporting.model.section import figures_of_model

AUC = {"roc_auc": {"estimate": 0.8, "low": 0.75, "high": 0.85}}
LOSS = {"brier": {"estimate": 0.1, "low": None, "high": None}}
EXCESS = {"estimate": 0.1, "low": 0.05, "high": 0.15}


def part(column: str, level: str, **metrics: Any) -> dict[str, Any]:
    return {"column": column, "level": level, "rows": 90, "customers": 30, "metrics": metrics}


def summary(**more: Any) -> RunSummary:
    whole = part("", "", **AUC)
    known: dict[str, Any] = {
        "slices": {
            "whole": whole,
            "hidden": 2,
            "fewest_customers": 20,
            "slices": [
                part("region", "<north>", **AUC, **LOSS),
                part("region", "one class", **LOSS),
            ],
            "gate": {"metric": "roc_auc", "max_gap": 0.1},
        },
        "stability": {
            "whole": whole,
            "days": [part("day", f"2026-01-0{day}", **AUC) for day in (1, 2)],
        },
        "errors": {
            "searched": 1234,
            "loss": "absolute error",
            "worst_slices": [
                {"name": "region: <north>", "customers": 25, "loss": 0.31, "loss_elsewhere": 0.12,
                 "excess": EXCESS},
                {"name": "region: south", "customers": 21, "loss": 0.2, "loss_elsewhere": 0.13,
                 "excess": EXCESS | {"low": -0.01}},
            ],
            "mistakes": [
                {"kind": "missed", "entity": "k0a1b2c3d_00", "as_of": "2026-01-02", "label": 1,
                 "predicted": 0.0123456, "weight": 0.98},
            ],
        },
    }  # fmt: skip
    run = RunSummary("shop_late", 1, "r", {}, {"metric": "roc_auc"}, {}, [], {}, {}, {}, {})
    return replace(run, **(known | more))


def figures(run: RunSummary) -> dict[str, Figure]:
    return {figure.title: figure for figure in figures_of_model(model_card(run))}


def test_a_run_that_recorded_none_of_it_has_none_of_it() -> None:
    run = summary(slices={}, stability={}, errors={})
    assert model_card(run).examined is None
    assert figures(run) == {}


def test_slices_are_a_picture_and_a_table_with_escaped_names() -> None:
    shown = figures(summary())["ROC AUC by slice"]
    assert "region: &lt;north&gt;: 0.800 (0.750 to 0.850)" in shown.body
    assert "<north>" not in shown.body
    assert "<td>region: one class</td>" in shown.body  # in the table, without an AUC
    assert '<td class="n">0.100</td>' in shown.body
    assert "2 slices of fewer than 20 customers are not shown" in shown.caption
    assert "Gate: in no slice is ROC AUC certainly worse by more than 0.1" in shown.caption


def test_days_are_drawn_where_there_are_several() -> None:
    shown = figures(summary())["ROC AUC by day of the test"]
    assert "1 Jan: 0.800 (0.750 to 0.850)" in shown.body
    one = {"whole": part("", "", **AUC), "days": [part("day", "2026-01-01", **AUC)]}
    assert "ROC AUC by day of the test" not in figures(summary(stability=one))


def test_the_worst_slices_say_whether_the_model_knows() -> None:
    shown = figures(summary())["Where the model errs most"]
    assert "1,234 slices of one or two features" in shown.caption
    assert "by their mean absolute error" in shown.caption
    north, south = shown.body.split("<tr>")[2:]
    assert "are too certain" in north
    assert "say that it is hard" in south
    nothing = {"searched": 90, "worst_slices": [], "mistakes": []}
    shown = figures(summary(errors=nothing))["Where the model errs most"]
    assert "None that looked bad there was confirmed" in shown.caption


def test_mistakes_are_named_by_token_or_not_at_all() -> None:
    shown = figures(summary())["The most confident mistakes"]
    assert "k0a1b2c3d_00" in shown.body
    assert "by token" in shown.caption
    run = summary()
    run.errors["mistakes"][0]["entity"] = None
    assert "Keys that are not tokens are not shown" in (
        figures(run)["The most confident mistakes"].caption
    )


def test_gain_and_lift_name_the_top_tenth() -> None:
    curves = {
        "gain": {"linear": {"x": [0.0, 0.1, 1.0], "y": [0.0, 0.42, 1.0]}},
        "lift": {"linear": {"x": [0.1, 1.0], "y": [4.2, 1.0]}},
    }
    shown = figures(summary(curves=curves, tags={"chosen": "linear"}))
    assert "has 42" in shown["Gain: events among the highest scores"].caption
    assert "Events are 4.2 times as frequent" in shown["Lift of the highest scores"].caption
    assert 'class="ideal"' in shown["Lift of the highest scores"].body


def test_the_chosen_candidate_s_curve_is_drawn_last() -> None:
    examined = sample_examined()
    assert isinstance(examined, Examined)
    assert [curve.chosen for curve in examined.gain] == [False, False, True]
    titles = [figure.title for figure in figures_of_model(sample_model())]
    assert titles[-3:] == [
        "ROC AUC by slice", "Where the model errs most", "The most confident mistakes"
    ]  # fmt: skip
