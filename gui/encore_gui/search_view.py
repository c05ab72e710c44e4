"""Search of the recordings: a field, and a card for each moment that shows what was searched for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QPushButton, QScrollArea, QSizePolicy, QWidget

from encore_agent.messages import AgentEvent, Found, Moment, Trouble
from encore_gui.agent_port import Agent
from encore_gui.bridge import Bridge
from encore_gui.icons import glyph
from encore_gui.layouts import clear, in_column, in_row
from encore_gui.moment_pictures import MomentPictures, Shown
from encore_gui.picture_dialog import Exhibit, PictureDialog
from encore_gui.record_panel import clock_text
from encore_gui.theme import SPACE, enlarge
from encore_gui.thumbnail import Thumbnail
from encore_gui.words import capitalised, local_time

HINT = (
    "Finds what was written or drawn on the screen in your recordings, for example “liked songs” or “heart”. "
    "A recording that was not searched before is looked through first."
)


class SearchView(QWidget):
    """Moments of the demonstrations, the best first."""

    def __init__(self, agent: Agent, bridge: Bridge, parent: QWidget | None = None) -> None:
        """An empty field; nothing is searched before the person asks for it."""
        super().__init__(parent)
        self._agent = agent
        self._pictures = MomentPictures(agent.library, bridge.post, self._on_picture)
        self._searched = ""
        self._busy = False
        self._shown: dict[int, Shown] = {}
        self.moments: tuple[Moment, ...] = ()
        """What is shown."""
        self.cards: list[MomentCard] = []
        self.field = QLineEdit(placeholderText="Search your recordings", clearButtonEnabled=True)
        self.field.addAction(glyph("magnify", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.setAccessibleName("Search your recordings")
        self.field.returnPressed.connect(self._search)
        self.field.textChanged.connect(self._enable)
        self.button = QPushButton("Search")
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self._search)
        self.field.setMinimumHeight(self.button.sizeHint().height())
        self.status = QLabel(HINT, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.status.setProperty("role", "muted")
        results = QWidget()
        self._results = in_column(results, spacing=SPACE, margins=(0, 0, SPACE, 0))
        self._results.setAlignment(Qt.AlignmentFlag.AlignTop)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setProperty("role", "page")
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(results)
        row = in_row(spacing=SPACE)
        row.addWidget(self.field, 1)
        row.addWidget(self.button)
        layout = in_column(self, spacing=SPACE, margins=(3 * SPACE, 2 * SPACE, 2 * SPACE, 0))
        layout.addLayout(row)
        layout.addWidget(self.status)
        layout.addWidget(scroll, 1)
        bridge.told.connect(self._on_event)
        self._enable()

    def close_pictures(self) -> None:
        """End the reading of pictures that nobody will see."""
        self._pictures.close()

    def _search(self) -> None:
        text = self.field.text().strip()
        if not self.button.isEnabled():
            return
        self._searched, self._busy = text, True
        self._show(())
        self.status.setText(f"Searching for “{text}” …")
        self._enable()
        self._agent.search(text)

    def _on_event(self, event: AgentEvent) -> None:
        if isinstance(event, Found) and event.text == self._searched:
            self._busy = False
            self._show(event.moments)
            self.status.setText(_summary(event))
            self._enable()
        elif isinstance(event, Trouble) and self._busy:
            # Perhaps of something else, or of one recording only: what is found is shown all the same.
            self._busy = False
            self.status.setText(capitalised(event.message))
            self._enable()

    def _enable(self) -> None:
        text = self.field.text().strip()
        self.button.setEnabled(bool(text) and not (self._busy and text == self._searched))

    def _show(self, moments: Sequence[Moment]) -> None:
        clear(self._results)
        self.moments, self._shown = tuple(moments), {}
        self.cards = [MomentCard(moment) for moment in moments]
        for index, card in enumerate(self.cards):
            card.picture.clicked.connect(lambda *_, index=index: self.enlarge(index))
            self._results.addWidget(card)
        self._pictures.read(moments)

    def _on_picture(self, index: int, shown: Shown) -> None:
        self._shown[index] = shown
        self.cards[index].show_picture(shown)

    def enlarge(self, index: int) -> None:
        """Show the picture of a moment large, and the others beside it."""
        exhibits = [
            Exhibit(self._shown[n].image if n in self._shown else QImage(), card.caption, None, card.moment.box)
            for n, card in enumerate(self.cards)
        ]
        dialog = PictureDialog(exhibits, index, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


class MomentCard(QFrame):
    """One moment: why it was found, where and when, and its picture."""

    def __init__(self, moment: Moment, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.moment = moment
        self.setProperty("role", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._why = QLabel(capitalised(moment.why), wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        enlarge(self._why, 1.08)
        self._when = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._when.setProperty("role", "muted")
        self.picture = Thumbnail(None, moment.box)
        words = in_column(spacing=SPACE // 2)
        words.addStretch(1)
        words.addWidget(self._why)
        words.addWidget(self._when)
        words.addStretch(1)
        row = in_row(self, spacing=2 * SPACE, margins=(2 * SPACE, SPACE + 4, SPACE + 4, SPACE + 4))
        row.addLayout(words, 1)
        row.addWidget(self.picture)
        self._say_when(moment.demonstration)

    @property
    def caption(self) -> str:
        """What to say below the large picture."""
        return f"{self._why.text()} · {self._when.text()}"

    def show_picture(self, shown: Shown) -> None:
        """Show what the demonstration holds."""
        self.picture.show_image(shown.image)
        when = local_time(shown.started_utc)
        self._say_when(f"{shown.name}, {when}" if shown.name else when)

    def _say_when(self, demonstration: str) -> None:
        start, end = clock_text(self.moment.time_ns / 1e9), clock_text(self.moment.end_ns / 1e9)
        span = f"from {start} to {end}" if end != start else f"at {start}"
        self._when.setText(f"Recording of {demonstration} · {span}")
        self.picture.setAccessibleName(f"Picture: {self.caption}")


def _summary(found: Found) -> str:
    if not found.moments:
        return f"Nothing in your recordings shows “{found.text}”."
    count = f"{len(found.moments)} moments" if len(found.moments) != 1 else "One moment"
    return f"{count} of your recordings show{'s' if len(found.moments) == 1 else ''} “{found.text}”."
