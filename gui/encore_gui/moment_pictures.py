"""Reads the pictures of found moments out of the recordings, away from the window's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QImage

from encore_agent.library import Library
from encore_agent.messages import Moment
from encore_recorder.errors import RecorderError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a demonstration holds of a moment."""

    image: QImage
    """The whole screen; null where it cannot be read."""
    name: str
    """The demonstration's, for people; empty where nobody named it."""
    started_utc: str
    """When the demonstration began, ISO 8601; its id where that cannot be read."""


class MomentPictures:
    """One thread; a new search makes it drop the one before."""

    def __init__(
        self, library: Library, post: Callable[[Callable[[], None]], None], found: Callable[[int, Shown], None]
    ) -> None:
        """Nothing is read before `read`.

        Args:
            library: Holds the demonstrations.
            post: Runs a job on the window's thread.
            found: Told each moment's place in the list and what was read, on that thread.
        """
        self._library = library
        self._post = post
        self._found = found
        self._pool: ThreadPoolExecutor | None = None
        self._wanted = 0
        """Counts the lists, so that what is read for an old one is dropped."""

    def read(self, moments: Sequence[Moment]) -> None:
        """Read these from now on, and those of earlier calls no longer."""
        self._wanted += 1
        if self._pool is None and moments:
            self._pool = ThreadPoolExecutor(1, "encore-pictures")
        for index, moment in enumerate(moments):
            assert self._pool is not None
            self._pool.submit(self._read, self._wanted, index, moment)

    def close(self) -> None:
        """Read nothing more. Idempotent."""
        self._wanted += 1
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _read(self, wanted: int, index: int, moment: Moment) -> None:
        if wanted != self._wanted:
            return
        try:
            shown = self._shown(moment)
        except (RecorderError, OSError, ValueError) as error:
            log.warning("the picture of a moment of %s cannot be read: %s", moment.demonstration, error)
            shown = Shown(QImage(), "", moment.demonstration)
        self._post(partial(self._tell, wanted, index, shown))

    def _shown(self, moment: Moment) -> Shown:
        with self._library.demonstration(moment.demonstration) as demonstration:
            bgr = demonstration.frame_at(moment.time_ns).image
            height, width = bgr.shape[:2]
            # The copy owns its pixels: those of the frame are gone when the demonstration is closed.
            image = QImage(bgr.tobytes(), width, height, 3 * width, QImage.Format.Format_BGR888).copy()
            return Shown(image, demonstration.info.name, demonstration.info.started_utc)

    def _tell(self, wanted: int, index: int, shown: Shown) -> None:
        if wanted == self._wanted:
            self._found(index, shown)
