"""A window before any toolkit draws it: a tree of parts, how it looks, and how large it is.

A sheet is made from a seed, changed by the perturbations, and then drawn by Qt or by a browser. Everything is in
logical pixels; a renderer multiplies by the scale and says where each part came to stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tests.benchmarks.finder.dataset import Kind, State
from tests.benchmarks.finder.icon_source import IconShop, Typeface

What = Literal[
    "row", "column", "stack", "scroll", "space", "overlay",  # boxes
    "icon", "button", "tabs", "tab", "nav", "field", "slider", "check",  # controls
    "text", "line", "photo", "badge", "progress", "canvas", "shape",  # things to look at
]  # fmt: skip

INNER = "~"
"""Ids that begin so are for the renderer's caller, not for the dataset."""


@dataclass(frozen=True, slots=True)
class Part:
    """A box of parts, a control, or something to look at."""

    what: What
    parts: tuple[Part, ...] = ()
    id: str = ""
    kind: Kind | None = None
    """None: not to be clicked."""
    text: str = ""
    icon: str = ""
    """Name in the icon set."""
    concept: str = ""
    """What the icon was asked for."""
    row: str = ""
    """Title of the row it is in."""
    tone: str = ""
    """Boxes: bar, panel, card, group, item. Buttons: flat, filled, outline, round.
    Text: title, strong, dim, heading."""
    state: State = ""
    chosen: bool = False
    """A selected row, the open tab, a ticked box."""
    live: bool = False
    """Changes by itself: a progress, a time."""
    free: bool = False
    """Its parts may come in another order."""
    grow: int = 0
    width: int = 0
    """0: as wide as it needs."""
    height: int = 0
    gap: int = 6
    pad: int = 0
    value: float = 0.5
    """Of a slider or a progress, 0 to 1; how dim an overlay makes the rest; number of a photograph."""
    at: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Left, top, width, height in a canvas or of an overlay."""


_DARK = {
    "window": "#17191d", "panel": "#1f2227", "raised": "#2b2f36", "line": "#3a3f48", "text": "#eceef2",
    "dim": "#a3a9b5", "hover": "#31363f", "field": "#15171a",
}  # fmt: skip
_LIGHT = {
    "window": "#eceef1", "panel": "#ffffff", "raised": "#f3f4f7", "line": "#cfd3da", "text": "#1b1d21",
    "dim": "#626975", "hover": "#e6e9ee", "field": "#ffffff",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """Colours, letters and measures."""

    skin: str
    """fusion, windows (Qt's own), flat, outlined, soft."""
    dark: bool
    hue: int
    """Of the accent, degrees."""
    radius: int
    face: Typeface
    size: int
    """Of letters, pixels."""
    icon: int
    """Side of an icon, pixels."""
    icons: IconShop

    @property
    def colors(self) -> dict[str, str]:
        """#rrggbb by use."""
        if self.dark:
            return _DARK | {
                "selected": _hsl(self.hue, 0.30, 0.30), "accent": _hsl(self.hue, 0.70, 0.66), "on_accent": "#101216",
            }  # fmt: skip
        return _LIGHT | {
            "selected": _hsl(self.hue, 0.65, 0.88), "accent": _hsl(self.hue, 0.60, 0.42), "on_accent": "#ffffff",
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """The areas of a window, not yet put together."""

    program: str
    tops: tuple[Part, ...]
    main: Part
    side: Part | None = None
    aside: Part | None = None
    bottom: Part | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to draw."""

    picture: str
    root: Part
    look: Look
    size: tuple[int, int]
    """Logical pixels."""
    percent: int = 100


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where a part came to stand, in pixels of the picture."""

    left: int
    top: int
    width: int
    height: int
    seen: float
    """Share of it that is not cut off by what it lies in or by the window, 0 to 1."""


def _hsl(hue: int, saturation: float, lightness: float) -> str:
    import colorsys

    red, green, blue = colorsys.hls_to_rgb(hue % 360 / 360, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def walk(part: Part) -> Iterator[Part]:
    """A part and everything in it."""
    yield part
    for inner in part.parts:
        yield from walk(inner)


def changed(part: Part, change: Callable[[Part], Part | None]) -> Part | None:
    """The tree with every part changed, inner ones first; None takes a part out."""
    inner = tuple(new for old in part.parts if (new := changed(old, change)) is not None)
    return change(replace(part, parts=inner))


def row(*parts: Part, tone: str = "", gap: int = 6, pad: int = 0, grow: int = 0, free: bool = False) -> Part:
    """Parts beside each other."""
    return Part("row", parts, tone=tone, gap=gap, pad=pad, grow=grow, free=free)


def column(
    *parts: Part, tone: str = "", gap: int = 6, pad: int = 0, grow: int = 0, width: int = 0, free: bool = False
) -> Part:
    """Parts below each other."""
    return Part("column", parts, tone=tone, gap=gap, pad=pad, grow=grow, width=width, free=free)


def space() -> Part:
    """Room that pushes others apart."""
    return Part("space", grow=1)


def text(words: str, tone: str = "", **more: object) -> Part:
    """A label."""
    return replace(Part("text", text=words, tone=tone), **more)  # type: ignore[arg-type]


Arrangement = Literal["plain", "swapped", "stacked"]


def arranged(sheet: Sheet, arrangement: Arrangement, width: int) -> Part:
    """Put the areas together; `stacked` is what a narrow window or another layout does with them.

    Args:
        sheet: The areas.
        arrangement: Swapped has the side panels on the other side; stacked has them above and below the main area, and
            long bars broken in two.
        width: Of the window, logical pixels.
    """
    if arrangement == "stacked":
        tops = [replace(_broken(bar, width), tone=bar.tone) for bar in sheet.tops]
        listed = sheet.side is not None and any(part.what in ("scroll", "tabs") for part in walk(sheet.side))
        above = [_laid_flat(sheet.side, width)] if sheet.side and not listed else []
        main = row(sheet.main, sheet.side, gap=0, grow=1) if sheet.side and listed else sheet.main
        below = [replace(sheet.aside, width=0)] if sheet.aside else []
        body = column(*above, main, *below, gap=0, grow=1)
        bottom = [_broken(sheet.bottom, width)] if sheet.bottom else []
        return column(*tops, body, *bottom, gap=0, tone="window")
    middle = [part for part in (sheet.side, sheet.main, sheet.aside) if part is not None]
    if arrangement == "swapped":
        middle.reverse()
    body = row(*middle, gap=0, grow=1)
    bottom = [sheet.bottom] if sheet.bottom else []
    return column(*sheet.tops, body, *bottom, gap=0, tone="window")


def _room(part: Part) -> int:
    """About how wide a part wants to be."""
    if part.parts and part.what in ("row", "tabs"):
        return sum(_room(inner) + part.gap for inner in part.parts)
    if part.parts:
        return max(_room(inner) for inner in part.parts)
    if part.what in ("icon", "photo"):
        return max(part.width, 36)
    if part.what in ("field", "slider"):
        return max(part.width, 140)
    return max(part.width, 24 + 8 * len(part.text) + (24 if part.icon else 0))


def _broken(bar: Part, width: int) -> Part:
    """A bar in two lines where it is too long for three quarters of the width."""
    if bar.what != "row" or _room(bar) < 0.5 * width or len(bar.parts) < 2:
        return bar
    lines: list[list[Part]] = [[], []]
    half = _room(bar) / 2
    for part in bar.parts:
        taken = sum(_room(p) for p in lines[0])
        lines[0 if taken + _room(part) / 2 < half and not lines[1] else 1].append(part)
    return Part("column", tuple(row(*line, gap=bar.gap) for line in lines if line), tone=bar.tone, pad=bar.pad, gap=4)


def _laid_flat(side: Part, width: int) -> Part:
    """A side panel as lines of its entries."""
    entries: list[Part] = []
    for part in walk(side):
        if part.kind == "slider" and entries and entries[-1].what == "text":
            entries[-1] = row(entries[-1], replace(part, width=120, grow=0))  # with its caption
        elif part.kind is not None or part.what == "text":
            entries.append(part)
    lines: list[list[Part]] = [[]]
    for entry in entries:
        if sum(_room(p) for p in lines[-1]) + _room(entry) > 0.8 * width:
            lines.append([])
        lines[-1].append(replace(entry, grow=0))
    return Part("column", tuple(row(*line, space(), gap=4) for line in lines), tone="bar", pad=4, gap=2)
