"""Colours, letters and icons of the player, dark and light."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from string import Template

import qtawesome
from PySide6.QtGui import QColor, QFont, QIcon


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one look, as #rrggbb."""

    name: str
    window: str
    panel: str
    raised: str
    hover: str
    selected: str
    line: str
    text: str
    dim: str
    """Second voice: artists, albums, durations. At least 4.5 : 1 on `panel`."""
    accent: str
    on_accent: str

    def color(self, name: str) -> QColor:
        """One of the fields as a colour."""
        return QColor(getattr(self, name))


DARK = Theme(
    name="dark", window="#08090b", panel="#131418", raised="#22242b", hover="#1f2127", selected="#2d2f39",
    line="#2a2c34", text="#f4f4f6", dim="#a6a8b3", accent="#a78bfa", on_accent="#150d2b",
)  # fmt: skip
LIGHT = Theme(
    name="light", window="#e6e7ec", panel="#ffffff", raised="#eff0f4", hover="#f1f2f6", selected="#e2e0f6",
    line="#d9dbe3", text="#17181c", dim="#5d606c", accent="#6246d8", on_accent="#ffffff",
)  # fmt: skip
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}

FAMILIES = ["Noto Sans", "DejaVu Sans", "sans-serif"]


def font(size_px: int, *, bold: bool = False) -> QFont:
    """The player's letters in one size, logical pixels."""
    chosen = QFont(FAMILIES)
    chosen.setPixelSize(size_px)
    chosen.setBold(bold)
    return chosen


@cache
def icon(name: str, color: str, checked_color: str | None = None, disabled_color: str | None = None) -> QIcon:
    """A Material Design icon, for example "play"; other colours for a checked and for a disabled button."""
    options: dict[str, str] = {"color": color, "color_disabled": disabled_color or color}
    if checked_color:
        options |= {"color_on": checked_color, "color_on_active": checked_color}
    found: QIcon = qtawesome.icon(f"mdi6.{name}", **options)
    return found


_SHEET = Template("""
* { color: $text; outline: none; }
QMainWindow, #root { background: $window; }
#panel, #bar { background: $panel; border-radius: 8px; }
#bar { border-radius: 0; }
#search { background: $raised; border: 2px solid transparent; border-radius: 20px; padding: 0 38px 0 4px;
          min-height: 36px; font-size: 14px; selection-background-color: $accent; selection-color: $on_accent; }
#search:hover { border-color: $line; }
#search:focus { border-color: $accent; }
QToolButton { background: transparent; border: none; border-radius: 16px; }
QToolButton:hover { background: $raised; }
QToolButton:pressed { background: $selected; }
QToolButton:disabled { background: transparent; }
#playpause, #playlist_play { background: $text; border-radius: 18px; }
#playlist_play { background: $accent; border-radius: 22px; }
#playpause:hover, #playlist_play:hover { border: 2px solid $dim; }
#nav, #playlist { border-radius: 6px; padding: 0 12px; text-align: left; font-size: 14px; color: $dim; }
#nav { font-weight: bold; }
#nav:hover, #playlist:hover { color: $text; }
#nav:checked, #playlist:checked { color: $text; background: $raised; }
#section { color: $dim; font-size: 12px; font-weight: bold; }
#title { font-size: 26px; font-weight: bold; }
#heading { font-size: 18px; font-weight: bold; }
#dim, #time { color: $dim; font-size: 12px; }
#song { font-size: 14px; font-weight: bold; }
#notice { background: $selected; border-radius: 6px; padding: 7px 14px; font-size: 12px; }
QListView, QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: $line; border-radius: 4px; min-height: 36px; margin: 1px; }
QScrollBar::handle:vertical:hover { background: $dim; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSlider { min-height: 18px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $text; }
QSlider::sub-page:horizontal:hover { background: $accent; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; background: $text; }
QMenu { background: $raised; border: 1px solid $line; border-radius: 6px; padding: 5px; font-size: 13px; }
QMenu::item { padding: 7px 26px 7px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selected; }
QMenu::item:disabled { color: $dim; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 3px 6px; }
#card { background: $panel; border: 1px solid $line; border-radius: 12px; }
#primary { background: $accent; color: $on_accent; border: none; border-radius: 18px; padding: 0 24px;
           min-height: 36px; font-size: 14px; font-weight: bold; }
#primary:hover { border: 2px solid $text; }
""")


def style_sheet(theme: Theme) -> str:
    """Qt's style sheet in a theme's colours."""
    return _SHEET.substitute({field.name: getattr(theme, field.name) for field in fields(theme)})
