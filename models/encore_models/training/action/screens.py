"""Pictures of application windows with the truth about them, drawn fast: a few of the looks that toolkits have.

`render` draws what a `View` shows in a `Look`. A look decides how (toolkit, theme, scale, font, icons, layout), a view
what (page, items, what is on, what covers it). The truth is a list of `Control`, which perception is never told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encore_models.training.action.applications import Application, Layout, Tool
from encore_models.training.action.canvas import Canvas, Colours, Control, Toolkit
from encore_models.training.action.glyphs import Glyphs
from encore_models.training.action.notices import Notices


@dataclass(frozen=True, slots=True)
class Look:
    """How a window is drawn."""

    toolkit: Toolkit
    dark: bool
    accent: tuple[int, int, int]
    """Red, green, blue."""
    scale: float
    """1 to 1.75."""
    font: Path
    icons: str
    """Name of the icon set."""
    layout: Layout
    size: tuple[int, int]
    """Width and height before scaling."""
    notices: Notices


@dataclass(frozen=True, slots=True)
class View:
    """What a window shows."""

    page: str
    items: tuple[str, ...]
    """Titles from top to bottom."""
    makers: tuple[str, ...]
    """Second column, one for each item."""
    on: frozenset[str] = frozenset()
    """Toggles that are on."""
    marked: frozenset[str] = frozenset()
    """Titles whose row is marked."""
    selected: str = ""
    """Title of the row that is open."""
    typed: str = ""
    """In the search field."""
    focus: bool = False
    """Whether the search field takes keys."""
    results: bool = False
    """Whether the items are what was searched for."""
    level: float = 0.4
    """Of the slider."""
    dialog: str = ""
    """The command that asks back."""
    loading: bool = False
    """Whether the page is still to come."""
    toast: str = ""
    """Key of the control that a passing note covers; it goes by itself."""
    popup: bool = False
    """Whether a box of somebody else must be answered first."""
    gone: frozenset[str] = frozenset()
    """Keys of controls that are not there today."""


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """A rendered window."""

    image: NDArray[np.uint8]
    """BGR [height, width, 3]."""
    controls: tuple[Control, ...] = field(default=())

    def control(self, key: str, part: str) -> Control | None:
        """A control, uncovered; None where it is not to be seen."""
        return next((c for c in self.controls if (c.key, c.part) == (key, part) and not c.covered), None)


def render(app: Application, view: View, look: Look, glyphs: Glyphs) -> Screen:
    """Draw a view of an application."""
    canvas = Canvas(look.size, look.scale, look.font, Colours.of(look.dark, look.accent), glyphs, look.icons)
    window = _Window(app, view, look, canvas)
    window.draw()
    return Screen(canvas.image(), tuple(canvas.controls))


Area = tuple[int, int, int, int]
"""Left, top, right, bottom before scaling."""


class _Window:
    """Draws one window, part by part; every part takes its share of the free area."""

    def __init__(self, app: Application, view: View, look: Look, canvas: Canvas) -> None:
        self.app, self.view, self.look, self.canvas = app, view, look, canvas
        self.kit = look.toolkit
        self.free: Area = (0, 0, *look.size)

    def draw(self) -> None:
        width = self.look.size[0]
        self.canvas.fill((0, 0, *self.look.size), "ground")
        header = self._take("top", self.kit.bar)
        self.canvas.fill(header, "bar")
        self._header(header)
        navigation = self.look.layout.navigation
        if navigation in ("left", "right"):
            self._sidebar(self._take(navigation, self.kit.sidebar), labels=True)
        elif navigation == "rail":
            self._sidebar(self._take("left", 56), labels=False)
        else:
            self._tabs(self._take(navigation, 40))
        self._slider(self._take("bottom", 48))
        if self.look.layout.tools == "above":
            self._toolbar(self._take("top", 40), start=self.free[0] + 8)
        elif self.look.layout.tools == "below":
            self._toolbar(self._take("bottom", 42), start=self.free[0] + 8)
        elif self.look.layout.tools == "aside":
            self._aside(self._take("right", 48))
        else:
            count = len(self.app.commands) + len(self.app.toggles)
            self._toolbar(header, start=width - count * self.kit.button - 24, ground=False)
        self._content(self.free)
        self._covers()

    def _take(self, side: str, size: int) -> Area:
        left, top, right, bottom = self.free
        if side == "top":
            self.free = (left, top + size, right, bottom)
            return left, top, right, top + size
        if side == "bottom":
            self.free = (left, top, right, bottom - size)
            return left, bottom - size, right, bottom
        if side == "left":
            self.free = (left + size, top, right, bottom)
            return left, top, left + size, bottom
        self.free = (left, top, right - size, bottom)
        return right - size, top, right, bottom

    def _there(self, key: str) -> bool:
        return key not in self.view.gone

    def _header(self, area: Area) -> None:
        left, top, right, bottom = area
        middle = (top + bottom) // 2
        self.canvas.text((left + 14, middle), self.app.name.capitalize(), "ink", 15)
        in_header = self.look.layout.tools == "header"
        field_left = left + 120 + (0 if in_header else (right - left) // 6)
        box = (field_left, top + 8, field_left + (190 if in_header else 260), bottom - 8)
        if self._there("field"):
            shown = self.view.typed or ("" if self.view.focus else "Search")
            colour = "ink" if self.view.typed else "faint"
            self.canvas.field(box, "field", shown, colour, self.kit, self.view.focus)

    def _sidebar(self, area: Area, labels: bool) -> None:
        left, top, right, bottom = area
        self.canvas.fill(area, "side")
        if self.kit.lines:
            edge = right - 1 if left == 0 else left
            self.canvas.fill((edge, top, edge + 1, bottom), "line")
        y = top + 12
        for page in self.app.pages:
            key = f"page:{page.name}"
            if self._there(key):
                row = (left + 6, y, right - 6, y + self.kit.row - 4)
                chosen = page.name == self.view.page
                if chosen:
                    self.canvas.fill(row, "chosen", self.kit.radius)
                colour = "chosen_ink" if chosen else "ink"
                middle = (row[1] + row[3]) // 2
                at = left + 18 if labels else (left + right) // 2 - 10
                self.canvas.icon((at, middle - 10), 20, page.icon, colour, key, row)
                if labels:
                    self.canvas.text((at + 32, middle), page.name, colour, 14, key, row)
            y += self.kit.row

    def _tabs(self, area: Area) -> None:
        left, top, right, bottom = area
        self.canvas.fill(area, "bar")
        width = (right - left - 12) // len(self.app.pages)
        for number, page in enumerate(self.app.pages):
            key = f"page:{page.name}"
            if not self._there(key):
                continue
            box = (left + 6 + number * width, top + 3, left + 2 + (number + 1) * width, bottom - 3)
            chosen = page.name == self.view.page
            if chosen and self.kit.underlined:
                self.canvas.fill((box[0], box[3] - 2, box[2], box[3] + 1), "accent")
            elif chosen:
                self.canvas.fill(box, "chosen", self.kit.radius)
            colour = "chosen_ink" if chosen and not self.kit.underlined else "ink"
            middle = (box[1] + box[3]) // 2
            self.canvas.icon((box[0] + 10, middle - 9), 18, page.icon, colour, key, box)
            self.canvas.text((box[0] + 36, middle), page.name, colour, 13, key, box)

    def _buttons(self) -> list[tuple[str, Tool, bool]]:
        listed = [(f"command:{tool.name}", tool, False) for tool in self.app.commands]
        listed += [(f"toggle:{tool.name}", tool, tool.name in self.view.on) for tool in self.app.toggles]
        return [(key, tool, on) for key, tool, on in listed if self._there(key)]

    def _toolbar(self, area: Area, start: int, ground: bool = True) -> None:
        _, top, _, bottom = area
        if ground:
            self.canvas.fill(area, "bar")
        if self.kit.lines and ground:
            self.canvas.fill((area[0], bottom - 1, area[2], bottom), "line")
        for number, (key, tool, on) in enumerate(self._buttons()):
            x, y = start + number * self.kit.button, (top + bottom) // 2 - 15
            self.canvas.button((x, y, x + 30, y + 30), key, tool.icon, on, self.kit)

    def _aside(self, area: Area) -> None:
        left, top, _, _ = area
        self.canvas.fill(area, "side")
        for number, (key, tool, on) in enumerate(self._buttons()):
            y = top + 10 + number * self.kit.button
            self.canvas.button((left + 9, y, left + 39, y + 30), key, tool.icon, on, self.kit)

    def _slider(self, area: Area) -> None:
        left, top, right, bottom = area
        self.canvas.fill(area, "bar")
        middle = (top + bottom) // 2
        playing = self.view.selected or "Nothing open"
        self.canvas.text((left + 16, middle), playing, "faint", 13, "status", area)
        if self._there("slider"):
            track = (right - 210, middle - 2, right - 40, middle + 2)
            self.canvas.text((right - 300, middle), self.app.slider, "ink", 13)
            self.canvas.slider(track, self.view.level)

    def _content(self, area: Area) -> None:
        left, top, right, bottom = area
        title = f"Results for {self.view.typed}" if self.view.results else self.view.page
        self.canvas.text((left + 20, top + 24), title, "ink", 20)
        inside = (left + 16, top + 48, right - 16, bottom - 8)
        if self.view.loading:
            self.canvas.loading(inside, self.look.notices.loading)
        elif self.look.layout.content == "cards":
            self._cards(inside)
        else:
            self._list(inside, columns=2 if self.look.layout.content == "double" else 1)

    def _list(self, area: Area, columns: int) -> None:
        left, top, right, bottom = area
        width = (right - left) // columns
        for number, (title, maker) in enumerate(zip(self.view.items, self.view.makers, strict=True)):
            line, column = divmod(number, columns)
            y = top + line * self.kit.row
            if y + self.kit.row > bottom:
                break
            row = (left + column * width, y, left + (column + 1) * width - 8, y + self.kit.row - 2)
            self._row(row, title, maker, number, narrow=columns > 1)

    def _row(self, row: Area, title: str, maker: str, number: int, narrow: bool) -> None:
        key = f"row:{title}"
        if not self._there(key):
            return
        chosen = title == self.view.selected
        if chosen:
            self.canvas.fill(row, "chosen", self.kit.radius)
        elif self.kit.striped and number % 2:
            self.canvas.fill(row, "stripe")
        if self.kit.lines:
            self.canvas.fill((row[0], row[3], row[2], row[3] + 1), "line")
        middle, colour = (row[1] + row[3]) // 2, "chosen_ink" if chosen else "ink"
        self.canvas.text((row[0] + 12, middle), title, colour, 14, key, row)
        if not narrow:
            self.canvas.text(((row[0] + row[2]) // 2 + 20, middle), maker, "chosen_ink" if chosen else "faint", 13)
        if self._there(f"mark:{title}"):
            place = (row[2] - 34, middle - 9)
            self.canvas.mark(place, 18, self.app.mark.icon, title, title in self.view.marked, chosen, self.kit)

    def _cards(self, area: Area) -> None:
        left, top, right, bottom = area
        side, gap = 150, 16
        columns = max(1, (right - left + gap) // (side + gap))
        for number, (title, maker) in enumerate(zip(self.view.items, self.view.makers, strict=True)):
            line, column = divmod(number, columns)
            x, y = left + column * (side + gap), top + line * (side + gap + 14)
            if y + side > bottom:
                break
            key = f"row:{title}"
            if not self._there(key):
                continue
            box, chosen = (x, y, x + side, y + side), title == self.view.selected
            self.canvas.fill(box, "chosen" if chosen else "card", self.kit.radius + 3)
            self.canvas.cover((x + 10, y + 10, x + side - 10, y + 84), title)
            colour = "chosen_ink" if chosen else "ink"
            self.canvas.text((x + 10, y + 103), title, colour, 13, key, box, most=side - 44)
            self.canvas.text((x + 10, y + 128), maker, "faint" if colour == "ink" else colour, 12, most=side - 16)
            if self._there(f"mark:{title}"):
                place = (x + side - 28, y + 94)
                self.canvas.mark(place, 18, self.app.mark.icon, title, title in self.view.marked, chosen, self.kit)

    def _covers(self) -> None:
        width, height = self.look.size
        if self.view.dialog:
            box = (width // 2 - 170, height // 2 - 90, width // 2 + 170, height // 2 + 80)
            sure = f"{self.view.dialog}?", "This cannot be undone."
            self.canvas.dialog(box, *sure, ("Cancel", "OK"), "answer", self.kit)
        if self.view.popup:
            notices = self.look.notices
            across, down = notices.off
            box = (
                width // 2 - 190 + across,
                height // 2 - 110 + down,
                width // 2 + 190 + across,
                height // 2 + 100 + down,
            )
            self.canvas.dialog(box, notices.asking, notices.reason, notices.answers, "other", self.kit, notices.shade)
        if self.view.toast:
            self.canvas.toast(self.view.toast, self.look.notices.passing, self.look.notices.plate)
