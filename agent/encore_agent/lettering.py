"""Words on a picture in a real typeface: titles have accents and scripts that OpenCV's own letters lack."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
"""BGR."""

TYPEFACES = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf")
"""Those that systems come with; Pillow's own otherwise."""


def width_of(text: str, size: int) -> int:
    """Pixels that a text takes up at a size in pixels."""
    return round(_font(size).getlength(text))


def write(
    picture: NDArray[np.uint8] | cv2.typing.MatLike, text: str, at: tuple[int, int], size: int, colour: Colour
) -> None:
    """Write on a BGR picture [height, width, 3]; what reaches over its edge is cut off.

    Args:
        picture: It is changed.
        text: One line.
        at: Where its base line begins, x and y.
        size: Of the letters, pixels.
        colour: Of the letters.
    """
    left, top, right, bottom = _font(size).getbbox(text, anchor="ls")
    x, y = max(0, at[0] + int(left) - 1), max(0, at[1] + int(top) - 1)
    part = picture[y : max(y, at[1] + int(bottom) + 1), x : max(x, at[0] + int(right) + 1)]
    if not part.size:
        return
    drawn = Image.fromarray(np.ascontiguousarray(part))
    ImageDraw.Draw(drawn).text((at[0] - x, at[1] - y), text, fill=colour, font=_font(size), anchor="ls")
    part[:] = np.asarray(drawn)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in TYPEFACES:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
