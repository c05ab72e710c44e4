"""The widgets behind `render_qt`: one for every kind of part, and the style sheets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QIcon,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QBoxLayout,
    QCheckBox,
    QFrame,
    QGraphicsDropShadowEffect,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tests.benchmarks.finder.dataset import State
from tests.benchmarks.finder.sheet import Look, Part

_EVERYWHERE = Template(Path(__file__).with_name("render_qt.qss").read_text(encoding="utf-8"))

_MODERN = Template(Path(__file__).with_name("render_qt_modern.qss").read_text(encoding="utf-8"))


@cache
def load(path: Path) -> str:
    """Make the letters of a file known; returns what Qt calls them."""
    number = QFontDatabase.addApplicationFont(str(path))
    families = QFontDatabase.applicationFontFamilies(number)
    if not families:
        raise ValueError(f"Qt cannot read the font {path}")
    return families[0]


def dress(application: QApplication, look: Look) -> None:
    """Give the program a look."""
    load(look.face.bold)
    letters = QFont(load(look.face.regular))
    letters.setPixelSize(look.size)
    style = "windows" if look.skin == "windows" else "fusion"
    if application.style().name() != style:
        application.setStyle(style)
    application.setFont(letters)
    colors, palette, role = look.colors, QPalette(), QPalette.ColorRole
    for name, roles in {
        "window": (role.Window,),
        "field": (role.Base,),
        "raised": (role.Button, role.AlternateBase),
        "text": (role.WindowText, role.Text, role.ButtonText),
        "accent": (role.Highlight,),
        "on_accent": (role.HighlightedText,),
        "dim": (role.PlaceholderText,),
    }.items():
        for one in roles:
            palette.setColor(one, QColor(colors[name]))
    application.setPalette(palette)
    flat = look.skin == "flat"
    names: dict[str, str | int] = {
        "bar": colors["panel" if flat else "window"],
        "handle": colors["accent" if flat else "text"],
        "edge": f"1px solid {colors['line' if look.skin == 'outlined' else 'raised']}",
    }
    measures = {"radius": look.radius, "half": max(4, look.radius), "large": look.size + 4, "huge": look.size + 13}
    every = colors | names | measures
    sheet = _EVERYWHERE.substitute(every)
    application.setStyleSheet(sheet + _MODERN.substitute(every) if look.skin in ("flat", "outlined") else sheet)


class Elided(QLabel):
    """A label that ends in dots where it has too little room."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.setMinimumWidth(30)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


class Photo(QWidget):
    """A photograph that fills its box."""

    def __init__(self, path: Path, radius: float) -> None:
        super().__init__()
        self._pixmap, self._radius = _photo(path), radius

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        radius = min(self._radius, self.width() / 2, self.height() / 2)
        outline.addRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setClipPath(outline)
        fit = self.size().scaled(self._pixmap.size(), Qt.AspectRatioMode.KeepAspectRatio)
        source = QRect(
            (self._pixmap.width() - fit.width()) // 2,
            (self._pixmap.height() - fit.height()) // 2,
            fit.width(),
            fit.height(),
        )
        painter.drawPixmap(self.rect(), self._pixmap, source)


@cache
def _photo(path: Path) -> QPixmap:
    return QPixmap(str(path))


class Canvas(QWidget):
    """A drawing of boxes, circles, arrows and notes on dotted paper."""

    def __init__(self, part: Part, look: Look) -> None:
        super().__init__()
        self._part, self._look = part, look
        self.setMinimumSize(300, 200)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, colors = QPainter(self), self._look.colors
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(colors["field"]))
        for shape in self._part.parts:
            if shape.kind == "blank":
                continue
            hue = QColor.fromHsv((self._look.hue + round(shape.value * 70)) % 360, 140, 150 if self._look.dark else 215)
            box = QRectF(*shape.at)
            painter.setPen(QPen(QColor(colors["text"]), 1.5))
            painter.setBrush(QBrush(hue))
            if shape.tone == "round":
                painter.drawEllipse(box)
            elif shape.tone == "arrow":
                painter.drawLine(box.bottomLeft(), box.topRight())
                tip = box.topRight()
                painter.drawPolygon(QPolygonF([tip, tip + QPointF(-10, 3), tip + QPointF(-3, 10)]))
            else:
                painter.drawRoundedRect(box, self._look.radius, self._look.radius)
            if shape.text:
                painter.setPen(QColor(20, 20, 20) if hue.lightness() > 110 else QColor(240, 240, 240))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, shape.text.split()[0])


def _box_of(rect: QRect) -> tuple[int, int, int, int]:
    return rect.left(), rect.top(), rect.width(), rect.height()


class Builder:
    """Makes widgets of parts and remembers which is which."""

    def __init__(self, look: Look, photos: Sequence[Path]) -> None:
        self.focused: QWidget | None = None
        self.touched: list[tuple[QWidget, State]] = []
        self._look, self._photos = look, photos
        self._made: list[tuple[Part, QWidget]] = []

    def build(self, part: Part) -> QWidget:
        """The widget of a part, with everything in it."""
        widget: QWidget = getattr(self, f"_{part.what}")(part)
        if part.width:
            widget.setFixedWidth(part.width)
        if part.height:
            widget.setFixedHeight(part.height)
        self._made.append((part, widget))
        self._set_state(part, widget)
        return widget

    def places(self) -> dict[str, tuple[QWidget, tuple[int, int, int, int]]]:
        """Widget and box in it of every part with an id."""
        found: dict[str, tuple[QWidget, tuple[int, int, int, int]]] = {}
        for part, widget in self._made:
            if part.what == "canvas":
                found |= {shape.id: (widget, shape.at) for shape in part.parts if shape.id}
            elif isinstance(widget, QTabBar):
                for number, tab in enumerate(part.parts):
                    found[tab.id] = widget, _box_of(widget.tabRect(number))
            elif part.id:
                found[part.id] = widget, _box_of(widget.rect())
        return found

    def _set_state(self, part: Part, widget: QWidget) -> None:
        if part.tone and not isinstance(widget, QTabBar):
            widget.setObjectName(part.tone)
        if part.state in ("hover", "pressed"):
            widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
            self.touched.append((widget, part.state))
        if part.state == "pressed" and isinstance(widget, QAbstractButton):
            widget.setDown(True)
        if part.state == "focused":
            self.focused = widget

    # Boxes ------------------------------------------------------------------------------------------------------------

    def _box(self, part: Part, layout: QBoxLayout) -> QFrame:
        frame = QFrame()
        frame.setLayout(layout)
        frame.setProperty("chosen", part.chosen)
        frame.setProperty("hot", part.state == "hover")
        layout.setContentsMargins(part.pad, part.pad, part.pad, part.pad)
        layout.setSpacing(part.gap)
        for inner in part.parts:
            if inner.what == "space":
                layout.addStretch(1)
            else:
                layout.addWidget(self.build(inner), inner.grow)
        if not any(inner.grow or inner.what in ("space", "scroll", "tabs") for inner in part.parts):
            layout.addStretch(1)
        return frame

    def _row(self, part: Part) -> QWidget:
        return self._box(part, QHBoxLayout())

    def _column(self, part: Part) -> QWidget:
        return self._box(part, QVBoxLayout())

    def _stack(self, part: Part) -> QWidget:
        widget = QWidget()
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        for inner in part.parts:
            if inner.what == "overlay":
                self._lay_over(inner, widget, grid)
                continue
            built = self.build(inner)
            grid.addWidget(built, 0, 0)
            built.raise_()
        return widget

    def _lay_over(self, part: Part, widget: QWidget, grid: QGridLayout) -> None:
        if part.value > 0:
            dimmer = QFrame()
            dimmer.setObjectName("dimmer")
            grid.addWidget(dimmer, 0, 0)
            dimmer.raise_()
        card = self.build(part.parts[0])
        card.setParent(widget)
        card.setGeometry(*part.at)
        shadow = QGraphicsDropShadowEffect(card)
        shadow.setBlurRadius(30)
        shadow.setOffset(0, 6)
        card.setGraphicsEffect(shadow)
        card.raise_()

    def _scroll(self, part: Part) -> QWidget:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setMinimumHeight(120)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.build(part.parts[0]))
        column.addStretch(1)
        area.setWidget(inner)
        return area

    # Controls ---------------------------------------------------------------------------------------------------------

    def _pixmap(self, part: Part, color: str) -> QIcon:
        side = round(self._side(part))
        ratio = QApplication.primaryScreen().devicePixelRatio()
        pixmap = QPixmap(QSize(round(side * ratio), round(side * ratio)))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        svg = self._look.icons.svg(part.icon).replace("currentColor", color)
        QSvgRenderer(QByteArray(svg.encode())).render(painter)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return QIcon(pixmap)

    def _side(self, part: Part) -> float:
        return part.width * 0.52 if part.width else self._look.icon

    def _icon(self, part: Part) -> QWidget:
        colors = self._look.colors
        color = {"over": "#ffffff", "round": colors["on_accent"], "sign": colors["dim"]}.get(part.tone, colors["text"])
        side = round(self._side(part))
        if part.tone == "sign":
            label = QLabel()
            label.setPixmap(self._pixmap(part, color).pixmap(QSize(side, side)))
            label.setFixedWidth(side + 4)
            return label
        button = QToolButton()
        button.setAutoRaise(self._look.skin != "windows" or bool(part.row))
        button.setIcon(self._pixmap(part, color))
        button.setIconSize(QSize(side, side))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if part.width:
            button.setFixedSize(part.width, part.width)
            button.setStyleSheet(f"border-radius: {part.width // 2}px; padding: 0;")
        return button

    def _button(self, part: Part) -> QWidget:
        button = QPushButton(part.text)
        button.setSizePolicy(
            QSizePolicy.Policy.Fixed if not part.grow else QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed
        )
        if part.icon:
            filled = part.tone == "filled" and self._look.skin in ("flat", "outlined")
            button.setIcon(self._pixmap(part, self._look.colors["on_accent" if filled else "text"]))
        button.setFlat(part.tone == "flat")
        return button

    def _tabs(self, part: Part) -> QWidget:
        bar = QTabBar()
        bar.setExpanding(False)
        bar.setDrawBase(False)
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(False)
        for number, tab in enumerate(part.parts):
            bar.addTab(tab.text)
            if tab.chosen:
                bar.setCurrentIndex(number)
            if tab.state == "focused":
                self.focused = bar
        return bar

    def _nav(self, part: Part) -> QWidget:
        button = QPushButton(("  " if part.icon else "") + part.text)
        button.setCheckable(True)
        button.setChecked(part.chosen)
        button.setObjectName("nav")
        if part.icon:
            button.setIcon(self._pixmap(part, self._look.colors["text"]))
            button.setIconSize(QSize(self._look.icon, self._look.icon))
        return button

    def _field(self, part: Part) -> QWidget:
        field = QLineEdit()
        field.setPlaceholderText(part.text)
        field.setMinimumWidth(80)
        if part.icon:
            field.addAction(self._pixmap(part, self._look.colors["dim"]), QLineEdit.ActionPosition.LeadingPosition)
        return field

    def _slider(self, part: Part) -> QWidget:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 1000)
        slider.setValue(round(1000 * part.value))
        slider.setMinimumWidth(60)
        return slider

    def _check(self, part: Part) -> QWidget:
        box = QCheckBox(part.text)
        box.setChecked(part.chosen)
        box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        return box

    # Things to look at ------------------------------------------------------------------------------------------------

    def _text(self, part: Part) -> QWidget:
        label = Elided(part.text) if part.grow else QLabel(part.text)
        label.setObjectName(part.tone)
        return label

    def _line(self, part: Part) -> QWidget:
        line = QFrame()
        line.setFrameShape(QFrame.Shape.VLine if part.tone == "upright" else QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Sunken)
        return line

    def _photo(self, part: Part) -> QWidget:
        photo = Photo(self._photos[int(part.value)], 999 if part.tone == "round" else self._look.radius)
        photo.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding if part.grow else QSizePolicy.Policy.Fixed
        )
        photo.setMinimumSize(20, 20)
        return photo

    def _progress(self, part: Part) -> QWidget:
        bar = QProgressBar()
        bar.setValue(round(100 * part.value))
        bar.setTextVisible(False)
        bar.setFixedHeight(8)
        return bar

    def _canvas(self, part: Part) -> QWidget:
        return Canvas(part, self._look)
