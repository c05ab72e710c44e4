"""A reader that reads nothing, for tests that must not hang on text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.text import TextLine
from encore_recorder.geometry import Rect


class Mute:
    """See `encore_models.perception.text.TextReader`."""

    def read(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> list[str]:
        """Nothing."""
        return ["" for _ in boxes]

    def read_page(self, image: NDArray[np.uint8]) -> list[TextLine]:
        """No lines."""
        return []

    def recall(self, image: NDArray[np.uint8], texts: Mapping[Rect, str]) -> None:
        """Nothing is kept."""
