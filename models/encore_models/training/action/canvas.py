"""A surface that draws the parts of a window and remembers where they are. Places are given before scaling."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from encore_models.training.action.glyphs import Glyphs
from encore_recorder.geometry import Rect

Area = tuple[int, int, int, int]
Rgb = tuple[int, int, int]


Lit = Literal["badge", "bar", "check"]

COVERED = 0.3
"""Share of a control under something else from which it can no longer be told or acted on."""


@dataclass(frozen=True, slots=True)
class Toolkit:
    """The habits of a toolkit."""

    name: str
    radius: int
    row: int
    bar: int
    sidebar: int
    button: int
    lines: bool = False
    striped: bool = False
    underlined: bool = False
    framed: bool = False
    """Whether buttons have frames of their own."""
    capitals: bool = False
    """Whether buttons of dialogs are written in capitals."""
    lit: Lit = "badge"
    """What a button that is on shows besides its plate."""


TOOLKITS = (
    Toolkit("breeze", radius=3, row=32, bar=46, sidebar=190, button=38, lines=True, lit="bar"),
    Toolkit("adwaita", radius=8, row=40, bar=48, sidebar=200, button=40, lit="badge"),
    Toolkit("fluent", radius=4, row=38, bar=44, sidebar=210, button=42, underlined=True, lit="bar"),
    Toolkit(
        "classic", radius=0, row=26, bar=42, sidebar=170, button=36, lines=True, striped=True, framed=True, lit="check"
    ),
    Toolkit("material", radius=14, row=44, bar=56, sidebar=220, button=46, underlined=True, capitals=True, lit="check"),
    Toolkit("web", radius=6, row=36, bar=50, sidebar=180, button=40, striped=True, lit="badge"),
)


@dataclass(frozen=True, slots=True)
class Colours:
    """A theme."""

    ground: Rgb
    bar: Rgb
    side: Rgb
    card: Rgb
    stripe: Rgb
    line: Rgb
    ink: Rgb
    faint: Rgb
    accent: Rgb
    chosen: Rgb
    chosen_ink: Rgb

    @classmethod
    def of(cls, dark: bool, accent: Rgb) -> Colours:
        """Light or dark, with an accent."""
        on_accent = (255, 255, 255) if sum(accent) < 400 else (20, 20, 20)
        greys = (30, 42, 36, 50, 36, 62) if dark else (252, 238, 244, 240, 244, 212)
        ground, bar, side, card, stripe, line = ((g, g, min(255, g + 3)) for g in greys)
        ink, faint = ((238, 238, 238), (158, 158, 164)) if dark else ((28, 28, 32), (112, 112, 120))
        return cls(ground, bar, side, card, stripe, line, ink, faint, accent, accent, on_accent)


Part = Literal["icon", "text", "field", "slider", "row"]


@dataclass(frozen=True, slots=True)
class Control:
    """Something that was drawn."""

    key: str
    """What it belongs to, such as `page:Library`; empty for what nothing is done with."""
    part: Part
    box: Rect
    """Its ink, physical pixels."""
    area: Rect
    """Where a click acts on it, physical pixels."""
    text: str = ""
    covered: bool = False
    """Whether it cannot be acted on."""
    hidden: bool = False
    """Whether it cannot be seen."""


@lru_cache(maxsize=256)
def _face(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


class Canvas:
    """See the module."""

    def __init__(
        self, size: tuple[int, int], scale: float, font: Path, colours: Colours, glyphs: Glyphs, icons: str
    ) -> None:
        self.size, self.scale, self.font, self.colours = size, scale, font, colours
        self.glyphs, self.icons = glyphs, icons
        self.controls: list[Control] = []
        self._picture = Image.new("RGB", (round(size[0] * scale), round(size[1] * scale)), colours.ground)
        self._draw = ImageDraw.Draw(self._picture)

    def image(self) -> NDArray[np.uint8]:
        """BGR [height, width, 3]."""
        return np.ascontiguousarray(np.asarray(self._picture, np.uint8)[..., ::-1])

    def _scaled(self, area: Area) -> Area:
        left, top, right, bottom = (round(value * self.scale) for value in area)
        return left, top, right, bottom

    def _colour(self, name: str) -> Rgb:
        colour: Rgb = getattr(self.colours, name)
        return colour

    def fill(self, area: Area, colour: str, radius: int = 0) -> None:
        """A plain area, round at its corners."""
        left, top, right, bottom = self._scaled(area)
        box = (left, top, max(left, right - 1), max(top, bottom - 1))
        if radius:
            self._draw.rounded_rectangle(box, round(radius * self.scale), self._colour(colour))
        else:
            self._draw.rectangle(box, self._colour(colour))

    def frame(self, area: Area, colour: str, radius: int = 0) -> None:
        """The outline of an area."""
        left, top, right, bottom = self._scaled(area)
        width = max(1, int(self.scale))
        self._draw.rounded_rectangle(
            (left, top, right - 1, bottom - 1), round(radius * self.scale), None, self._colour(colour), width
        )

    def _note(self, key: str, part: Part, box: Area, area: Area | None, text: str = "") -> None:
        ink, around = _rect(box), _rect(self._scaled(area)) if area is not None else _rect(box)
        self.controls.append(Control(key, part, ink, around, text))

    def text(
        self,
        place: tuple[int, int],
        text: str,
        colour: str,
        size: int,
        key: str = "",
        area: Area | None = None,
        most: int | None = None,
        middle: bool = False,
    ) -> None:
        """A line of text.

        Args:
            place: Its left end (or its centre, where `middle`), and the middle of its height.
            text: What it says.
            colour: Of a theme.
            size: Of the font.
            key: Of its control.
            area: Where a click acts on it.
            most: Width from which it is cut.
            middle: Whether it is centred.
        """
        face = _face(self.font, max(7, round(size * self.scale)))
        if most is not None:
            while len(text) > 3 and face.getlength(text) > most * self.scale:
                text = text[:-2].rstrip() + "…"
        at = (round(place[0] * self.scale), round(place[1] * self.scale))
        anchor = "mm" if middle else "lm"
        self._draw.text(at, text, self._colour(colour), face, anchor)
        box = self._draw.textbbox(at, text, face, anchor)
        left, top, right, bottom = (round(value) for value in box)
        self._note(key, "text", (left, top, right, bottom), area, text)

    def icon(
        self, place: tuple[int, int], side: int, icon: str, colour: str, key: str, area: Area | None = None
    ) -> None:
        """A drawing, its left top at `place`."""
        pixels = max(8, round(side * self.scale))
        cover = self.glyphs.cover(self.icons, icon, pixels)
        at = (round(place[0] * self.scale), round(place[1] * self.scale))
        self._picture.paste(self._colour(colour), (at[0], at[1]), Image.fromarray(cover))
        rows, columns = (np.flatnonzero((cover > 40).any(axis=axis)) for axis in (1, 0))
        ink = (at[0] + columns[0], at[1] + rows[0], at[0] + columns[-1] + 1, at[1] + rows[-1] + 1)
        self._note(key, "icon", (int(ink[0]), int(ink[1]), int(ink[2]), int(ink[3])), area)

    def button(self, box: Area, key: str, icon: str, on: bool, kit: Toolkit) -> None:
        """A button with a drawing; one that is on stands on a plate of the accent, and is lit."""
        if on:
            self.fill(box, "chosen", kit.radius)
        elif kit.framed:
            self.frame(box, "line", kit.radius)
        colour = "chosen_ink" if on else "ink"
        self.icon((box[0] + 5, box[1] + 5), 20, icon, colour, key, box)
        if on:
            self._lit((box[0] + 5, box[1] + 5, box[0] + 25, box[1] + 25), colour, kit.lit)

    def mark(
        self, place: tuple[int, int], side: int, icon: str, title: str, on: bool, chosen: bool, kit: Toolkit
    ) -> None:
        """The mark of a row, chosen or not; one that is set stands on a plate, and is lit."""
        box = (place[0] - 4, place[1] - 4, place[0] + side + 4, place[1] + side + 4)
        if on:
            self.fill(box, "ink", 4)
        colour = "ground" if on else "chosen_ink" if chosen else "faint"
        self.icon(place, side, icon, colour, f"mark:{title}", box)
        if on:
            self._lit((place[0], place[1], place[0] + side, place[1] + side), colour, kit.lit)

    def _lit(self, box: Area, colour: str, how: Lit) -> None:
        """Drawn over the ink: a plate alone changes the colours, which perception does not look at."""
        left, top, right, bottom = box
        if how == "bar":
            self.fill((left, bottom - 5, right, bottom - 1), colour, 1)
        elif how == "badge":
            self.fill((right - 10, top, right, top + 10), colour, 5)
        else:
            points = [(left, bottom - 8), (left + 6, bottom - 1), (right, top)]
            line = [(round(x * self.scale), round(y * self.scale)) for x, y in points]
            self._draw.line(line, self._colour(colour), max(3, round(3 * self.scale)), "curve")

    def field(self, box: Area, key: str, shown: str, colour: str, kit: Toolkit, focus: bool) -> None:
        """An input field; one that takes keys has the frame of the accent and a cursor."""
        self.fill(box, "ground", kit.radius)
        self.frame(box, "accent" if focus else "faint", kit.radius)
        self._note(key, "field", self._scaled(box), box)
        left = box[0] + 10
        if shown:
            self.text((left, (box[1] + box[3]) // 2), shown, colour, 13, most=box[2] - box[0] - 20)
        if focus:
            width = _face(self.font, max(7, round(13 * self.scale))).getlength(shown) / self.scale
            x = left + int(width) + 2
            self.fill((x, box[1] + 6, x + 1, box[3] - 6), "ink")

    def slider(self, track: Area, level: float) -> None:
        """A slider with its handle."""
        self.fill(track, "faint", 2)
        x = round(track[0] + level * (track[2] - track[0]))
        self.fill((track[0], track[1], x, track[3]), "accent", 2)
        handle = (x - 8, track[1] - 6, x + 8, track[3] + 6)
        self.fill(handle, "accent", 8)
        self._note("slider", "slider", self._scaled((track[0], handle[1], track[2], handle[3])), None)

    def cover(self, box: Area, title: str) -> None:
        """A picture that belongs to a title, always the same: stripes of three colours."""
        left, top, right, bottom = self._scaled(box)
        chance = np.random.default_rng(zlib.crc32(title.encode()))
        small = chance.integers(40, 220, (3, 4, 3), dtype=np.uint8)
        smooth = Image.fromarray(small).resize((right - left, bottom - top), Image.Resampling.BICUBIC)
        self._picture.paste(smooth, (left, top))

    def loading(self, area: Area, words: str) -> None:
        """Nothing yet: grey bars where rows will be, and what says so."""
        left, top, right, bottom = area
        for number, y in enumerate(range(top, min(bottom - 60, top + 200), 40)):
            self.fill((left, y, left + (right - left) // (2 + number % 3), y + 14), "card", 7)
        self.text(((left + right) // 2, (top + bottom) // 2 + 30), words, "faint", 16, middle=True)

    def dialog(
        self, box: Area, title: str, words: str, answers: tuple[str, str], of: str, kit: Toolkit, shade: float = 0.35
    ) -> None:
        """A box over the window that is to be answered; everything below is covered.

        Args:
            box: Where it is.
            title: What it asks.
            words: Below that.
            answers: Its buttons, the one that does it last.
            of: What their keys begin with.
            kit: How buttons look.
            shade: How dark everything else is made, 0 to 1.
        """
        self._cover(Rect(0, 0, *self._picture.size), _rect(self._scaled(box)))
        black = Image.new("RGB", self._picture.size, (0, 0, 0))
        self._picture.paste(Image.blend(self._picture, black, shade))
        self.fill(box, "ground", kit.radius + 2)
        self.frame(box, "line", kit.radius + 2)
        left, top, right, bottom = box
        self.text(((left + right) // 2, top + 36), title, "ink", 17, middle=True)
        self.text(((left + right) // 2, top + 72), words, "faint", 13, middle=True)
        for place, label in enumerate(answers):
            x = left + 30 + place * ((right - left) // 2 - 15)
            button = (x, bottom - 52, x + (right - left) // 2 - 45, bottom - 18)
            if place:
                self.fill(button, "chosen", kit.radius)
            else:
                self.frame(button, "faint", kit.radius)
            shown = label.upper() if kit.capitals else label
            colour = "chosen_ink" if place else "ink"
            at = ((button[0] + button[2]) // 2, (button[1] + button[3]) // 2)
            self.text(at, shown, colour, 14, f"{of}:{label}", button, middle=True)

    def toast(self, key: str, words: str, plate: tuple[str, str] = ("ink", "ground")) -> None:
        """A note that passes by, over the control of that key; `plate` names the colours below and of its words."""
        under = next((c.area for c in self.controls if c.key == key), None)
        if under is None:
            return
        middle = (round(under.center.x / self.scale), round(under.center.y / self.scale))
        left = min(max(4, middle[0] - 130), self.size[0] - 264)
        top = min(max(4, middle[1] - 28), self.size[1] - 60)
        box = (left, top, left + 260, top + 56)
        self._cover(_rect(self._scaled(box)), _rect(self._scaled(box)))
        self.fill(box, plate[0], 8)
        self.text((left + 130, top + 28), words, plate[1], 14, middle=True)

    def _cover(self, area: Rect, hiding: Rect) -> None:
        """Nothing in an area can be acted on any more, nor what lies in a part of it be seen."""
        self.controls = [
            replace(c, covered=c.covered or _lies_in(c.box, area), hidden=c.hidden or _lies_in(c.box, hiding))
            for c in self.controls
        ]


def _lies_in(box: Rect, area: Rect) -> bool:
    shared = area.intersection(box)
    return area.contains(box.center) or (shared is not None and shared.area >= COVERED * box.area)


def _rect(area: Area) -> Rect:
    left, top, right, bottom = area
    return Rect(left, top, max(1, right - left), max(1, bottom - top))
