"""What the person set in the window, kept beside the library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from encore_agent.settings import Settings


@dataclass(frozen=True, slots=True)
class Option:
    """A switch."""

    key: str
    text: str
    default: bool


LANGUAGES: dict[str | None, str] = {
    None: "Found out by listening",
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
}
"""What may be spoken to a multilingual Whisper, by its code."""

LISTEN_AT_START = Option("listen_at_start", "Listen as soon as Encore starts", default=False)
TELL_REJECTED = Option("tell_rejected", "Show what was heard but not understood", default=True)
TELL_HEARD = Option("tell_heard", "Show what was heard and what it started", default=True)
SAY_WHAT_YOU_SEE = Option("say_what_you_see", "Click what I call by its name or number", default=False)
KEEP_REJECTED_AUDIO = Option("keep_rejected_audio", "Keep the sound of speech that started nothing", default=False)


class Preferences(QObject):
    """Switches and the window's place, in a readable file."""

    switched = Signal(object, bool)
    """An `Option` was turned on or off."""

    options = (LISTEN_AT_START, TELL_HEARD, TELL_REJECTED, SAY_WHAT_YOU_SEE)
    """Those that count at once."""

    def __init__(self, path: Path) -> None:
        """Kept in `path`, which need not exist yet."""
        super().__init__()
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def __getitem__(self, option: Option) -> bool:
        return bool(self._settings.value(option.key, option.default, type=bool))

    def set(self, option: Option, on: bool) -> None:
        """Turn a switch on or off."""
        self._settings.setValue(option.key, on)
        self.switched.emit(option, on)

    @property
    def language(self) -> str | None:
        """What is spoken; None lets a multilingual Whisper find out."""
        value = self._settings.value("language")
        return value if isinstance(value, str) and value in LANGUAGES else None

    @language.setter
    def language(self, code: str | None) -> None:
        self._settings.setValue("language", code or "")

    def applied_to(self, settings: Settings) -> Settings:
        """The settings as the person wants them; what the command line asks for wins."""
        return replace(
            settings,
            language=settings.language or self.language,
            keep_rejected_audio=settings.keep_rejected_audio or self[KEEP_REJECTED_AUDIO],
        )

    @property
    def window_place(self) -> QByteArray | None:
        """What `QWidget.saveGeometry` gave; None where nothing is known."""
        value = self._settings.value("window_place")
        return value if isinstance(value, QByteArray) else None

    @window_place.setter
    def window_place(self, place: QByteArray) -> None:
        self._settings.setValue("window_place", place)
