"""Parts of the report for notebooks: its own figures and words, without the page around them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_STYLE = re.compile(r"<style>(.*?)</style>", re.S)
_WORDS = ("h1", "h2", "h3", "h4", "p", "figcaption", "dt", "dd", "li")


@dataclass(frozen=True)
class Part:
    """One element of the page. A notebook draws it; as text it is what a reader would be told."""

    html: str = field(repr=False)
    style: str = field(repr=False)

    def _repr_html_(self) -> str:
        """The element with the page's style, which applies to nothing else in the notebook."""
        scoped = re.sub(r":root\b|\bbody\b", ":scope", self.style)
        return (
            f'<div class="lakehouse-report"><style>@scope (.lakehouse-report) {{\n{scoped}\n}}'
            f"</style>{self.html}</div>"
        )

    def __str__(self) -> str:
        reader = _Reader()
        reader.feed(self.html)
        return "\n".join(reader.lines)


def cut(page: str, anchor: str) -> Part | None:
    """The element of the page with the id ``anchor``; None where the page has none."""
    begin = re.search(rf'<(\w+)\b[^>]*\bid="{re.escape(anchor)}"[^>]*>', page)
    if begin is None:
        return None
    depth = 0
    for tag in re.compile(rf"<(/?){begin.group(1)}\b").finditer(page, begin.start()):
        depth += -1 if tag.group(1) else 1
        if depth == 0:
            end = page.index(">", tag.end()) + 1
            return Part(page[begin.start() : end], "".join(_STYLE.findall(page)))
    return None


class _Reader(HTMLParser):
    """Collects headings, sentences and, for each drawing, its label; each once."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._depth = 0
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        label = dict(attrs).get("aria-label") if tag == "svg" else None
        if label:
            self._add(label)
        self._depth += tag in _WORDS

    def handle_data(self, data: str) -> None:
        if self._depth:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in _WORDS:
            self._depth -= 1
            self._add(" ".join(" ".join(self._words).split()))
            self._words = []

    def _add(self, line: str) -> None:
        # A chart is drawn twice, for a screen and for a phone.
        if line and line not in self.lines:
            self.lines.append(line)
