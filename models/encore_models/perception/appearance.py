"""What a candidate looks like, as a vector: the seam that UI-CLIP fills, or another encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Rect


class Appearance(Protocol):
    """Turns candidates into vectors whose cosine says how alike they look."""

    def describe(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> NDArray[np.float32]:
        """Unit vectors [n, d], one a box; a box without any ink gives zeros.

        Args:
            image: BGR [height, width, 3].
            boxes: Ink of the candidates, inside of the picture.
        """
