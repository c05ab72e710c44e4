"""What the person set in the window, kept beside the library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal


@dataclass(frozen=True, slots=True)
class Option:
    """A switch."""

    key: str
    text: str
    default: bool


LISTEN_AT_START = Option("listen_at_start", "Listen as soon as Encore starts", default=False)
TELL_REJECTED = Option("tell_rejected", "Tell what was heard but not understood", default=True)
SAY_WHAT_YOU_SEE = Option("say_what_you_see", "Click what I call by its name or number", default=False)


class Preferences(QObject):
    """Switches and the window's place, in a readable file."""

    switched = Signal(object, bool)
    """An `Option` was turned on or off."""

    options = (LISTEN_AT_START, TELL_REJECTED, SAY_WHAT_YOU_SEE)

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
    def window_place(self) -> QByteArray | None:
        """What `QWidget.saveGeometry` gave; None where nothing is known."""
        value = self._settings.value("window_place")
        return value if isinstance(value, QByteArray) else None

    @window_place.setter
    def window_place(self, place: QByteArray) -> None:
        self._settings.setValue("window_place", place)
