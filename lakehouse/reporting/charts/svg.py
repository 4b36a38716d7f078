"""The few SVG parts of every chart. Colours are CSS classes, so that dark mode works."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

WIDE = 880
NARROW = 340


@dataclass(frozen=True)
class Scale:
    """A linear way from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of ``value``; the middle where the scale has no length."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        part = (value - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)


def tag(name: str, *children: Markup | str, **attributes: object) -> Markup:
    """An element. ``class_`` is ``class``, ``_`` in a name is ``-``; numbers get one decimal."""
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{_shown(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inner = Markup("").join(children)
    # Names are this package's own words; every value and child is escaped on its way in.
    return Markup(f"<{name}{''.join(parts)}>{inner}</{name}>")  # noqa: S704


def _shown(value: object) -> str:
    if isinstance(value, float):
        text = f"{value:.1f}"
        return text[:-2] if text.endswith(".0") else text
    return str(escape(value))


def text(x: float, y: float, words: str, class_: str = "tick", anchor: str = "start") -> Markup:
    """Text with its baseline at (x, y)."""
    return tag("text", words, x=float(x), y=float(y), class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=class_)


def rect(
    x: float, y: float, width: float, height: float, class_: str, title: str = "", r: float = 0
) -> Markup:
    """A box; ``title`` is shown when a pointer rests on it."""
    inside = tag("title", title) if title else Markup("")
    return tag(
        "rect",
        inside,
        x=float(x),
        y=float(y),
        width=float(max(width, 0)),
        height=float(max(height, 0)),
        rx=float(r) if r else None,
        class_=class_,
    )


def path(points: list[tuple[float, float]], class_: str, close_at: float | None = None) -> Markup:
    """A line through ``points``; with ``close_at`` the area between it and that height."""
    steps = [f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(points)]
    if close_at is not None:
        steps += [f"L{points[-1][0]:.1f} {close_at:.1f}", f"L{points[0][0]:.1f} {close_at:.1f}Z"]
    return tag("path", d="".join(steps), class_=class_)


def picture(width: float, height: float, label: str, *children: Markup) -> Markup:
    """A drawing of that size with its text for those who do not see it."""
    most = None if width >= WIDE else f"max-width:{width * 1.2:.0f}px"
    return tag(
        "svg",
        *children,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        aria_label=label,
        class_="chart",
        style=most,
    )


def text_width(words: str, size: float = 12) -> float:
    """About how wide ``words`` are in pixels, on the safe side."""
    return len(words) * size * 0.61


def shorten(words: str, most: int) -> str:
    """``words``, or their beginning with an ellipsis."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
