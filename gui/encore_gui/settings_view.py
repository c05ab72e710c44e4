"""The page of settings: when and with what Encore listens, the wake phrase, what it shows and what it keeps."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from encore_agent.messages import Mode
from encore_gui.agent_port import Agent
from encore_gui.hearing_commands import MODES, HearingCommands, microphone_choices
from encore_gui.icons import glyph
from encore_gui.layouts import in_column, in_row
from encore_gui.macro_review import section_title
from encore_gui.preferences import KEEP_REJECTED_AUDIO, LANGUAGES, Option, Preferences
from encore_gui.state import AgentState
from encore_gui.theme import SPACE

DEVICES_MS = 2000
"""How often it is looked for microphones that came or went, while the page is seen."""
NEXT_START = "Changes of these two count from the next start of Encore."


class SettingsView(QScrollArea):
    """Follows the agent and the preferences; every change counts at once where nothing else is said."""

    wake_requested = Signal()
    """The wake phrase is to be learned."""

    def __init__(
        self,
        agent: Agent,
        state: AgentState,
        hearing: HearingCommands,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        """Sets `agent` and `preferences`."""
        super().__init__(parent)
        self._agent = agent
        self._hearing = hearing
        self._preferences = preferences
        self.setProperty("role", "page")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        layout = in_column(page, spacing=SPACE, margins=(3 * SPACE, 2 * SPACE, 3 * SPACE, 3 * SPACE))
        for title, card in (
            ("Listening", self._listening_card()),
            ("Wake phrase", self._wake_card()),
            ("What Encore shows and does", self._switches_card()),
            ("What Encore hears with", self._hearing_card()),
        ):
            layout.addWidget(section_title(title))
            layout.addWidget(card)
            layout.addSpacing(SPACE)
        layout.addStretch(1)
        self.setWidget(page)
        self._devices = QTimer(self, interval=DEVICES_MS)
        self._devices.timeout.connect(self._show_microphones)
        state.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show what the agent does now."""
        self.modes[self._agent.mode].setChecked(True)
        if self.isVisible() and self.microphones.currentData() != self._agent.microphone:
            self._show_microphones()
        phrase = self._agent.wake_phrase
        self._wake.setText(
            f"You say “{phrase}”, then a command." if phrase else "None yet. You say it three times to teach it."
        )
        self.learn_wake.setText("Learn another one …" if phrase else "Learn one …")
        self.forget_wake.setVisible(phrase is not None)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """The devices of the moment: they come and go."""
        super().showEvent(event)
        self._show_microphones()
        self._devices.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Nobody sees them."""
        super().hideEvent(event)
        self._devices.stop()

    # Parts

    def _listening_card(self) -> QFrame:
        card, column = _card()
        group = QButtonGroup(card)
        self.modes: dict[Mode, QRadioButton] = {}
        for mode, (name, meaning) in MODES.items():
            button = QRadioButton(name)
            button.clicked.connect(partial(self._hearing.choose_mode, mode))
            # The phrase may yet have to be learned: then it stays as it was.
            button.clicked.connect(self.follow)
            group.addButton(button)
            self.modes[mode] = button
            key = f": {self._hearing.talk_key}" if mode == "push_to_talk" else ""
            column.addWidget(button)
            column.addWidget(_explained(meaning + key))
        self.microphones = QComboBox(sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.microphones.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.microphones.activated.connect(self._choose_microphone)
        column.addSpacing(SPACE)
        column.addLayout(_form(("&Microphone", self.microphones)))
        return card

    def _wake_card(self) -> QFrame:
        card, column = _card()
        self._wake = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.learn_wake = QPushButton(glyph("account-voice"), "")
        self.learn_wake.clicked.connect(self.wake_requested)
        self.forget_wake = QPushButton(glyph("delete-outline", "danger"), "Forget it")
        self.forget_wake.clicked.connect(self._forget_wake)
        row = in_row(spacing=SPACE)
        row.addWidget(self._wake, 1)
        row.addWidget(self.learn_wake)
        row.addWidget(self.forget_wake)
        column.addLayout(row)
        return card

    def _switches_card(self) -> QFrame:
        card, column = _card()
        for option in self._preferences.options:
            column.addWidget(self._switch(option))
        # The tray's menu has the same switches.
        self._preferences.switched.connect(self._on_switched)
        return card

    def _hearing_card(self) -> QFrame:
        card, column = _card()
        whisper = QLabel(self._agent.settings.whisper, textFormat=Qt.TextFormat.PlainText)
        whisper.setToolTip("Another one is chosen at the start: encore --whisper NAME")
        self.languages = QComboBox()
        english = self._agent.settings.whisper.endswith(".en")
        for code, name in {"en": "English"}.items() if english else LANGUAGES.items():
            self.languages.addItem(name, code)
        self.languages.setCurrentIndex(max(0, self.languages.findData(self._preferences.language)))
        self.languages.activated.connect(self._choose_language)
        self.languages.setEnabled(not english)
        self.languages.setToolTip("This Whisper knows English only" if english else "What you speak to Encore")
        column.addLayout(_form(("Whisper", whisper), ("&Language", self.languages)))
        column.addSpacing(SPACE // 2)
        column.addWidget(self._switch(KEEP_REJECTED_AUDIO))
        column.addWidget(
            _explained(
                "Only on this machine, of the newest 200, to listen to what was misheard. Voice prints do without."
            )
        )
        column.addWidget(_explained(NEXT_START, indent=0))
        return card

    def _switch(self, option: Option) -> QCheckBox:
        check = QCheckBox(option.text)
        check.setChecked(self._preferences[option])
        check.setProperty("option", option.key)
        check.toggled.connect(partial(self._preferences.set, option))
        return check

    # Doing

    def _on_switched(self, option: Option, on: bool) -> None:
        for check in self.findChildren(QCheckBox):
            if check.property("option") == option.key and check.isChecked() != on:
                with QSignalBlocker(check):
                    check.setChecked(on)

    def _show_microphones(self) -> None:
        choices = microphone_choices(self._agent)
        shown = [(self.microphones.itemData(n), self.microphones.itemText(n)) for n in range(self.microphones.count())]
        if choices != shown:
            self.microphones.clear()
            for name, text in choices:
                self.microphones.addItem(text, name)
        names = [name for name, _ in choices]
        self.microphones.setCurrentIndex(names.index(self._agent.microphone))

    def _choose_microphone(self, index: int) -> None:
        self._agent.set_microphone(self.microphones.itemData(index))

    def _choose_language(self, index: int) -> None:
        self._preferences.language = self.languages.itemData(index)

    def _forget_wake(self) -> None:
        self._agent.forget_wake()
        self.follow()


def _card() -> tuple[QFrame, QVBoxLayout]:
    card = QFrame()
    card.setProperty("role", "card")
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return card, in_column(card, spacing=SPACE // 2, margins=(2 * SPACE, SPACE + 4, 2 * SPACE, SPACE + 4))


def _form(*rows: tuple[str, QWidget]) -> QFormLayout:
    form = QFormLayout(horizontalSpacing=2 * SPACE, verticalSpacing=SPACE)
    for text, field in rows:
        label = QLabel(text)
        label.setBuddy(field)
        form.addRow(label, field)
    return form


def _explained(text: str, indent: int = 3 * SPACE) -> QLabel:
    label = QLabel(text, wordWrap=True)
    label.setProperty("role", "muted")
    label.setContentsMargins(indent, 0, 0, SPACE // 2)
    return label
