"""A picture of the desktop with its time and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Point, Rect


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What was on the screen at one time."""

    image: NDArray[np.uint8]
    """BGR [height, width, 3], physical pixels."""
    time_ns: int
    """Of a demonstration: since it began. Of the live screen: `time.monotonic_ns()`. Nothing in it is younger."""
    origin: Point
    """The picture's top left pixel on the virtual desktop."""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3:
            raise ValueError(f"a frame is BGR [height, width, 3], not {self.image.shape}")

    @property
    def rect(self) -> Rect:
        """The part of the virtual desktop that it shows."""
        return Rect(self.origin.x, self.origin.y, self.image.shape[1], self.image.shape[0])
