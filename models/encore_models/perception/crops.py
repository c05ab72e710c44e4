"""What the image tower sees: a place on a picture, brought to one size, without its colours.

The same code prepares training pictures and pictures of the user's screen, so the two cannot drift apart. A network
fed with raw colours hardly learns here, because themes change every colour; this front end shows the network only
how each pixel differs from the background of its crop:

    0  contrast: largest colour difference to the median of the crop's border, 0 to 1
    1  gradient of that contrast, 0 to 1
    2  signed grey: darker (-1) or brighter (+1) than the border
    3  column and 4 row of the pixel, -1 to 1, so that the same stroke at another place differs
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import xxhash
from numpy.typing import NDArray

from encore_models.errors import WrongPicture
from encore_recorder.geometry import Rect

Picture = NDArray[np.uint8]
"""uint8 [height, width, 3], blue, green, red."""
Planes = NDArray[np.float32]
"""float32 [n, 5, height, width], the front end's result."""

CHANNELS = 5
ICON = (48, 48)
"""Height and width of a fitted icon."""
STRIP = (24, 192)
"""Height and width of a fitted strip of text."""
STRIP_ASPECT = 2.0
"""Width over height from which a box is a strip of text."""
DOTS_ASPECT, DOTS_HEIGHT = (1.8, 5.2), 20
"""Width over height of three dots side by side, and pixels of the largest."""
DOTS_DIFFER = 0.3
"""By how much the sizes of three dots may differ."""
DOTS_APART = 0.2
"""Times their width that dots are apart at least; letters are closer."""
ICON_MARGIN, STRIP_MARGIN = 0.15, 0.2
"""Background kept on each side, as a part of the larger side of an icon and of the height of a strip."""
LEAST_MARGIN = 2
"""Pixels."""
FLOOR = 24.0
"""Grey levels: weaker contrast than this is not stretched to full strength, so that noise stays noise."""
LEAST_INK = 8.0
"""Grey levels: a crop with less contrast than this shows nothing."""
LUMA = np.array([0.114, 0.587, 0.299], np.float32)
"""Weights of blue, green and red (ITU-R BT.601)."""


def is_strip(box: Rect) -> bool:
    """Whether a box has the shape of a line of text."""
    return box.width >= STRIP_ASPECT * box.height


def are_dots(picture: Picture, box: Rect) -> bool:
    """Whether a low box holds three equal dots side by side: a drawing, though it has the shape of a short word."""
    if not 2 < box.height <= DOTS_HEIGHT or not DOTS_ASPECT[0] <= box.width / box.height <= DOTS_ASPECT[1]:
        return False
    around = box.grown(1)
    piece = picture[max(0, around.top) : around.bottom, max(0, around.left) : around.right]
    off = np.abs(piece - median(np.concatenate([piece[0], piece[-1]]), axis=0))
    contrast = np.maximum(np.maximum(off[..., 0], off[..., 1]), off[..., 2])
    ink = contrast > contrast.max() / 2
    columns = ink.any(axis=0)
    borders = np.flatnonzero(np.diff(np.concatenate([[False], columns, [False]]).astype(np.int8)))
    if len(borders) != 6 or contrast.max() < LEAST_INK:
        return False
    widths, gaps = borders[1::2] - borders[::2], borders[2::2] - borders[1:-1:2]
    if int(gaps.min()) < DOTS_APART * int(widths.max()):
        return False  # letters
    heights = np.array([ink[:, a:b].any(axis=1).sum() for a, b in zip(borders[::2], borders[1::2], strict=True)])
    sizes = np.concatenate([widths, heights])
    return bool(np.ptp(sizes) <= 1 + DOTS_DIFFER * sizes.max() and abs(int(gaps[0] - gaps[1])) <= 1)


def check_picture(picture: Picture) -> None:
    """Raise `WrongPicture` unless it is uint8 [height, width, 3] with at least one pixel."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
        raise WrongPicture(f"it is {picture.dtype} {list(picture.shape)}")


def cut(picture: Picture, box: Rect, strip: bool | None = None) -> Picture:
    """The box with its margin, at the picture's own scale; beyond the edge the edge's pixels repeat.

    Args:
        picture: uint8 BGR [height, width, 3].
        box: Ink in it.
        strip: Whether it is cut as a line of text; None is by its shape.

    Raises:
        WrongPicture: The picture is not uint8 BGR, or the box lies outside of it or is empty.
    """
    check_picture(picture)
    height, width = picture.shape[:2]
    if not _touches(box, width, height):
        raise WrongPicture(f"{box} is empty or not on the picture of {width} x {height} pixels")
    region = _with_margin(box, is_strip(box) if strip is None else strip)
    left, top = max(0, region.left), max(0, region.top)
    right, bottom = min(width, region.right), min(height, region.bottom)
    inside = picture[top:bottom, left:right]
    beyond = (top - region.top, region.bottom - bottom, left - region.left, region.right - right)
    if not any(beyond):
        return inside
    return np.asarray(cv2.copyMakeBorder(inside, *beyond, borderType=cv2.BORDER_REPLICATE), np.uint8)


def _touches(box: Rect, width: int, height: int) -> bool:
    """Whether any pixel of a box is on a picture of that size."""
    across, down = min(box.right, width) - max(box.left, 0), min(box.bottom, height) - max(box.top, 0)
    return across > 0 and down > 0


def _with_margin(box: Rect, strip: bool) -> Rect:
    if strip:
        return box.grown(max(LEAST_MARGIN, round(STRIP_MARGIN * box.height)))
    side = max(box.width, box.height)
    side += 2 * max(LEAST_MARGIN, round(ICON_MARGIN * side))
    return Rect(box.left - (side - box.width) // 2, box.top - (side - box.height) // 2, side, side)


def content(crop: Picture, looked_at_as: str = "") -> bytes:
    """What tells a piece of a picture from all others: its pixels, its shape, and what it is looked at as."""
    digest = xxhash.xxh3_128(crop.tobytes())
    digest.update(f"{crop.shape} {looked_at_as}".encode())
    return digest.digest()


def fit_icon(crop: Picture) -> Picture:
    """A square crop at the size of an icon."""
    return _resized(crop, *ICON)


def fit_strip(crop: Picture) -> Picture:
    """A crop of text at the height of a strip; filled up with its background, or squeezed when it is too long."""
    height, width = STRIP
    wanted = min(width, max(1, round(crop.shape[1] * height / crop.shape[0])))
    text = _resized(crop, height, wanted)
    if wanted == width:
        return text
    strip = np.empty((height, width, 3), np.uint8)
    strip[:] = median(border_of(crop[None])[0], axis=0)
    strip[:, :wanted] = text
    return strip


def _resized(crop: Picture, height: int, width: int) -> Picture:
    shrinks = crop.shape[0] > height or crop.shape[1] > width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (width, height), interpolation=how), np.uint8)


def cut_out(picture: Picture, boxes: Sequence[Rect]) -> Iterator[tuple[list[int], list[Picture]]]:
    """Cut every box that touches the picture: numbers and crops of the icons, then of the strips, not fitted yet.

    Raises:
        WrongPicture: The picture is not uint8 BGR.
    """
    check_picture(picture)
    height, width = picture.shape[:2]
    there = {
        number: is_strip(box) and not are_dots(picture, box)
        for number, box in enumerate(boxes)
        if _touches(box, width, height)
    }
    for strips in (False, True):
        numbers = [number for number, strip in there.items() if strip == strips]
        yield numbers, [cut(picture, boxes[number], strips) for number in numbers]


def front_end(crops: NDArray[np.uint8]) -> Planes:
    """The network's input.

    Args:
        crops: uint8 [n, height, width, 3], fitted.

    Returns:
        float32 [n, 5, height, width].
    """
    count, height, width, _ = crops.shape
    background = median(border_of(crops), axis=1).astype(np.int16)  # [n, 3]
    # Colours first, [3, n, height, width]: whole planes are compared faster than rows of three.
    colours = np.ascontiguousarray(crops.transpose(3, 0, 1, 2)).astype(np.int16)
    difference = colours - background.T[:, :, None, None]
    contrast = np.abs(difference).max(axis=0).astype(np.float32)
    strongest = np.maximum(contrast.max(axis=(1, 2), keepdims=True), FLOOR)
    contrast /= strongest
    planes = np.empty((count, CHANNELS, height, width), np.float32)
    planes[:, 0] = contrast
    planes[:, 1] = _gradient(contrast)
    # Luma of a difference is the difference of lumas. Ink as bright as its background stays near 0.
    planes[:, 2] = np.tensordot(LUMA, difference.astype(np.float32), 1) / strongest
    planes[:, 3] = np.linspace(-1, 1, width, dtype=np.float32)
    planes[:, 4] = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return planes


def has_ink(planes: Planes) -> NDArray[np.bool_]:
    """Which of the front end's results show anything at all: bool [n]."""
    return np.asarray(planes[:, 0].max(axis=(1, 2)) * FLOOR >= LEAST_INK, np.bool_)


def border_of(crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The outermost pixels of each crop: uint8 [n, pixels, 3]."""
    sides = (crops[:, 0], crops[:, -1], crops[:, 1:-1, 0], crops[:, 1:-1, -1])
    return np.concatenate(sides, axis=1)


def median(values: NDArray[np.integer], axis: int) -> NDArray[np.float32]:
    """As `numpy.median`, in a tenth of the time for some hundred values."""
    ordered, count = np.sort(values, axis=axis), values.shape[axis]
    low, high = ordered.take((count - 1) // 2, axis=axis), ordered.take(count // 2, axis=axis)
    return np.asarray((low.astype(np.float32) + high) / np.float32(2), np.float32)


def _gradient(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Length of the central difference: [n, height, width], clipped to 1."""
    across, down = np.zeros_like(plane), np.zeros_like(plane)
    np.subtract(plane[:, :, 2:], plane[:, :, :-2], out=across[:, :, 1:-1])
    np.subtract(plane[:, 2:], plane[:, :-2], out=down[:, 1:-1])
    # In place: as much time goes into new memory as into the sums.
    across *= across
    down *= down
    across += down
    np.sqrt(across, out=across)
    return np.minimum(across, np.float32(1), out=across)
