"""Spacing, colours and the style sheet: all derived from the system's palette, light or dark."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

SPACE = 8
"""The unit of all distances, in logical pixels."""
RADIUS = 8


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of the moment."""

    window: QColor
    card: QColor
    chip: QColor
    line: QColor
    text: QColor
    muted: QColor
    accent: QColor
    primary: QColor
    """The accent as a ground for white text."""
    on_accent: QColor
    good: QColor
    warning: QColor
    danger: QColor

    @classmethod
    def of(cls, palette: QPalette) -> Colours:
        """Read them off a palette."""
        window, text = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText)
        dark = is_dark(palette)
        accent = palette.color(QPalette.ColorRole.Accent)
        card = mix(window, QColor("white"), 0.05 if dark else 0.65)
        chip = mix(card, accent, 0.14)

        def on_all(colour: QColor) -> QColor:
            for ground in (window, card, chip):
                colour = readable(colour, ground)
            return colour

        return cls(
            window=window,
            card=card,
            chip=chip,
            line=mix(window, text, 0.18 if dark else 0.16),
            text=text,
            muted=on_all(mix(window, text, 0.68)),
            accent=on_all(accent),
            primary=readable(accent, QColor("white")),
            on_accent=QColor("white"),
            good=on_all(QColor("#4cc38a" if dark else "#18794e")),
            warning=on_all(QColor("#ffb224" if dark else "#a24a00")),
            danger=on_all(QColor("#ff7b7b" if dark else "#c1232b")),
        )

    @classmethod
    def now(cls) -> Colours:
        """Of the application's palette."""
        return cls.of(QGuiApplication.palette())


def is_dark(palette: QPalette) -> bool:
    """Whether text is lighter than what it stands on."""
    text, window = palette.color(QPalette.ColorRole.WindowText), palette.color(QPalette.ColorRole.Window)
    return text.lightness() > window.lightness()


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """`first` with a `share` (0 to 1) of `second`."""
    channels = ((first.red(), second.red()), (first.green(), second.green()), (first.blue(), second.blue()))
    return QColor(*(round(a + (b - a) * share) for a, b in channels))


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio, 1 to 21. Source: WCAG 2.2, 1.4.3."""
    lights = sorted((_luminance(first), _luminance(second)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour: QColor) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable(colour: QColor, ground: QColor, ratio: float = 4.5) -> QColor:
    """`colour`, moved towards black or white until it can be read on `ground`."""
    end = QColor("white") if _luminance(ground) < 0.4 else QColor("black")
    shares = (0.05 * n for n in range(21))
    return next(c for share in shares if contrast(c := mix(colour, end, share), ground) >= ratio or share >= 1)


def enlarge(widget: QWidget, factor: float, bold: bool = False) -> None:
    """Set the widget's font relative to the system's."""
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * factor)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    widget.setFont(font)


def style_sheet(colours: Colours) -> str:
    """What the palette alone cannot say: cards, chips, banners and the primary button."""
    c = {name: getattr(colours, name).name() for name in colours.__slots__}
    hover = mix(colours.primary, QColor("black"), 0.14)
    selected, pointed = mix(colours.window, colours.accent, 0.2), mix(colours.window, colours.text, 0.06)
    return f"""
        QFrame[role="card"] {{ background: {c["card"]}; border: 1px solid {c["line"]}; border-radius: {RADIUS}px; }}
        QFrame[role="side"] {{ background: {c["window"]}; border: none; border-right: 1px solid {c["line"]}; }}
        QFrame[role="header"] {{ background: {c["window"]}; border: none; border-bottom: 1px solid {c["line"]}; }}
        QFrame[role="banner"] {{ background: {c["card"]}; border: 1px solid {c["line"]};
                                 border-left: 4px solid {c["accent"]}; border-radius: 4px; }}
        QFrame[role="banner"][tone="good"] {{ border-left-color: {c["good"]}; }}
        QFrame[role="banner"][tone="danger"] {{ border-left-color: {c["danger"]}; }}
        QFrame[role="banner"][tone="warning"] {{ border-left-color: {c["warning"]}; }}
        QFrame[role="panel"] {{ background: {c["window"]}; border: 1px solid {c["line"]}; }}
        QLabel[role="muted"] {{ color: {c["muted"]}; }}
        QLabel[role="danger"] {{ color: {c["danger"]}; }}
        QLabel[role="chip"] {{ background: {c["chip"]}; border-radius: {RADIUS + 3}px; padding: 3px 10px; }}
        QLineEdit[role="title"] {{ background: transparent; border: 1px solid transparent; border-radius: 6px;
                                   padding: 2px 6px; margin-left: -9px; }}
        QLineEdit[role="title"]:hover {{ border-color: {c["line"]}; }}
        QLineEdit[role="title"]:focus {{ border-color: {c["accent"]}; background: palette(base); }}
        QPushButton {{ background: {c["card"]}; border: 1px solid {c["line"]}; border-radius: 6px;
                       padding: 6px 14px; min-height: 18px; }}
        QPushButton:hover, QPushButton:pressed {{ background: {pointed.name()}; }}
        QPushButton:focus {{ border: 2px solid {c["accent"]}; padding: 5px 13px; }}
        QPushButton:disabled {{ color: {c["muted"]}; }}
        QToolButton[role="button"] {{ background: {c["card"]}; border: 1px solid {c["line"]}; border-radius: 6px;
                                      padding: 6px 18px 6px 12px; min-height: 18px; }}
        QToolButton[role="button"]:hover, QToolButton[role="button"]:pressed {{ background: {pointed.name()}; }}
        QToolButton[role="button"]:focus {{ border: 2px solid {c["accent"]}; padding: 5px 17px 5px 11px; }}
        QToolButton[role="button"]::menu-indicator {{ subcontrol-position: right center; right: 6px; }}
        QPushButton[role="primary"] {{ background: {c["primary"]}; color: white; border-color: {hover.name()};
                                       font-weight: 600; }}
        QPushButton[role="primary"]:hover, QPushButton[role="primary"]:pressed {{ background: {hover.name()}; }}
        QPushButton[role="primary"]:focus {{ border-color: {c["text"]}; }}
        QPushButton[role="primary"]:disabled {{ background: {c["line"]}; color: {c["muted"]};
                                                border-color: {c["line"]}; }}
        QPushButton[role="choice"] {{ text-align: left; }}
        QPushButton[role="link"] {{ background: transparent; border: none; padding: 1px 0; color: {c["accent"]};
                                    text-align: left; min-height: 0; }}
        QPushButton[role="link"]:hover {{ text-decoration: underline; }}
        QComboBox {{ min-height: 24px; }}
        QLabel#qt_msgbox_label, QLabel#qt_msgbox_informativelabel {{ min-width: 340px; }}
        QBalloonTip QLabel {{ color: black; }}
        QBalloonTip QPushButton {{ background: transparent; border: none; padding: 0; min-height: 0; }}
        QListWidget[role="side"] {{ background: transparent; border: none; outline: 0; }}
        QListWidget[role="side"]::item {{ border-radius: 6px; }}
        QListWidget[role="side"]::item:selected {{ background: {selected.name()}; color: {c["text"]}; }}
        QListWidget[role="side"]::item:hover:!selected {{ background: {pointed.name()}; }}
        QScrollArea[role="page"] {{ border: none; background: transparent; }}
        QScrollArea[role="page"] > QWidget > QWidget {{ background: transparent; }}
        QTableView {{ outline: 0; border: 1px solid {c["line"]}; border-radius: {RADIUS}px; background: {c["card"]};
                      gridline-color: transparent; selection-background-color: {selected.name()};
                      selection-color: {c["text"]}; }}
        QTableView::item {{ padding: 2px {SPACE}px; }}
        QHeaderView::section {{ background: {c["card"]}; border: none; border-bottom: 1px solid {c["line"]};
                                padding: 5px {SPACE}px; color: {c["muted"]}; }}
    """


class Theme(QObject):
    """Keeps the application's style sheet in step with its palette."""

    def __init__(self, app: QApplication) -> None:
        """Style `app` now, and again whenever the system turns light or dark."""
        super().__init__(app)
        self._app = app
        self._sheet = ""
        app.paletteChanged.connect(self._apply)
        self._apply()

    def _apply(self) -> None:
        sheet = style_sheet(Colours.now())
        # Setting it sends palette changes itself.
        if sheet != self._sheet:
            self._sheet = sheet
            self._app.setStyleSheet(sheet)
