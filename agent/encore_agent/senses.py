"""Hearing and seeing, loaded when first used and shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property

from numpy import uint8
from numpy.typing import NDArray

from encore_agent.settings import Settings
from encore_models.perception.clip import Clip, open_clip
from encore_models.perception.prints import Printer
from encore_models.perception.screen import Scene
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.voice import Voice
from encore_models.whisper.checkpoint import open_whisper
from encore_recorder.sources.accessibility import Element


class Senses:
    """The models behind ears and eyes."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is loaded yet."""
        self._settings = settings
        self._lock = threading.Lock()
        self._voice: Voice | None = None
        self._printer: Printer | None = None

    def voice(self, progress: Callable[[str, float], None] = lambda what, done: None) -> Voice:
        """The hearing model; prepared from the installed weights, or exported, when it is missing.

        Raises:
            WhisperMissing: The Whisper of the settings is not there and cannot be exported.
            LanguageMissing: It does not know the language of the settings.
            ModelsError: It cannot be prepared or is damaged.
        """
        with self._lock:
            if self._voice is None:
                settings = self._settings
                self._voice = open_whisper(settings.whisper, settings.models, settings.language, progress, threads=2)
            return self._voice

    def printer(self, progress: Callable[[str, float], None] = lambda what, done: None) -> Printer | None:
        """Makes voice prints; None where its head was not trained on the frames of the Whisper of the settings.

        Raises:
            ModelsError: The hearing model or the head is not there or damaged.
        """
        bundle = self.voice(progress).bundle
        with self._lock:
            if self._printer is None:
                self._printer = Printer.load()
            return self._printer if self._printer.fits(bundle) else None

    @cached_property
    def reader(self) -> RapidOcrReader:
        """Reads text on the screen."""
        return RapidOcrReader()

    @cached_property
    def clip(self) -> Clip:
        """Sees what candidates look like and what they would be called.

        Raises:
            ClipMissing: The CLIP of the settings is not there and cannot be exported.
            BundleBroken: Its weights are damaged.
        """
        return open_clip(self._settings.clip, self._settings.models, threads=2)

    def look(self, image: NDArray[uint8], elements: Sequence[Element] = ()) -> Scene:
        """Analyse a window picture, BGR [height, width, 3], and what the program tells of it, in its pixels."""
        return Scene(image, self.reader, self.clip, elements)
