"""A part of the report is a complete element with its own styles, and readable as text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from reporting_sample import sample

from lakehouse.reporting.page import render
from lakehouse.reporting.parts import cut

PAGE = """<style>:root { --ink: black } body { color: var(--ink) }</style>
<section id="a"><h2>Sales</h2><section id="b"><p>Up  and
down</p><svg aria-label="Sales. 3 on Monday"></svg><svg aria-label="Sales. 3 on Monday"></svg>
</section></section><section id="c"></section>"""


def test_an_element_ends_where_it_ends() -> None:
    outer, inner = cut(PAGE, "a"), cut(PAGE, "b")
    assert outer is not None
    assert inner is not None
    assert outer.html.startswith('<section id="a">')
    assert outer.html.count("</section>") == 2
    assert inner.html in outer.html
    assert cut(PAGE, "nothing") is None


def test_as_text_it_is_its_words_and_the_labels_of_its_drawings() -> None:
    assert str(cut(PAGE, "a")) == "Sales\nUp and down\nSales. 3 on Monday"


def test_the_style_of_the_page_holds_inside_alone() -> None:
    part = cut(PAGE, "b")
    assert part is not None
    style = part._repr_html_().partition("<style>")[2].partition("</style>")[0]
    assert style.startswith("@scope (.lakehouse-report) {")
    assert ":root" not in style
    assert "body" not in style


@pytest.mark.parametrize(
    "anchor", ["runs", "quarantine", "model", "scores", "gold.weekly_store_sales"]
)
def test_each_part_of_the_page_can_be_cut_out(anchor: str) -> None:
    part = cut(render(sample()), anchor)
    assert part is not None
    assert _is_balanced(part.html)
    assert "<svg" in part.html


class _Depth(HTMLParser):
    depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.depth += tag not in ("br", "meta", "link")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


def _is_balanced(html: str) -> bool:
    parser = _Depth()
    parser.feed(html)
    return parser.depth == 0
