"""What the action model was thinking, drawn on the screenshot: its likeliest places, and which steps it read from."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_agent.findings import INK, SMALL, WHITE, percent, wrapped
from encore_agent.lettering import width_of, write
from encore_agent.policy import Advice
from encore_recorder.geometry import Rect

BLUE = (190, 90, 40)
GREY = (130, 130, 130)
PALE = (235, 225, 215)
MOST_PLACES = 4
"""Places that are drawn; what is less likely only hides the picture."""
LEAST = 0.01
"""Probability from which a place is drawn."""
SIZE = 12
"""Pixels of the strip's letters."""
LINE = 20
"""Pixels of a line of the strip."""
BAR = 120
"""Pixels of a bar that means all."""
PROGRESS = (" ", "x", "!")
"""Marks of steps that are not done, done, and without effect."""


def draw_advice(picture: NDArray[np.uint8], advice: Advice, steps: Sequence[str]) -> NDArray[np.uint8]:
    """A picture of a look with what the action model said about it.

    Args:
        picture: The window picture, BGR [height, width, 3], perhaps with more below it; it is not changed.
        advice: What the model said.
        steps: The demonstrated steps, in words.
    """
    drawn = picture.copy()
    for rank, (number, probability) in enumerate(advice.ranked(MOST_PLACES), start=1):
        if probability >= LEAST:
            box = advice.seen.found[number].box
            _place(drawn, box, f"{rank}: {percent(probability)}", bool(advice.ruled_out[number]))
    return np.vstack([drawn, _strip(drawn.shape[1], advice, steps)])


def _place(picture: NDArray[np.uint8], box: Rect, text: str, ruled_out: bool) -> None:
    """A dashed frame, so that it is not taken for the finder's, and its probability below."""
    colour = GREY if ruled_out else BLUE
    around = box.grown(3)
    corners = [
        (around.left, around.top),
        (around.right, around.top),
        (around.right, around.bottom),
        (around.left, around.bottom),
    ]
    for begin, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        _dashed(picture, begin, end, colour)
    if ruled_out:
        cv2.line(picture, corners[0], corners[2], colour, 1, cv2.LINE_AA)
    width, height = width_of(text, SMALL), SMALL - 2
    left = max(0, min(around.left, picture.shape[1] - width - 4))
    bottom = min(picture.shape[0] - 3, around.bottom + height + 5)
    cv2.rectangle(picture, (left, bottom - height - 2), (left + width + 4, bottom + 3), colour, cv2.FILLED)
    write(picture, text, (left + 2, bottom), SMALL, WHITE)


def _dashed(
    picture: NDArray[np.uint8], begin: tuple[int, int], end: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    way = np.subtract(end, begin)
    dashes = max(1, int(np.abs(way).max()) // 8)
    for number in range(dashes):
        first, last = (np.add(begin, way * share / dashes).astype(int) for share in (number, number + 0.6))
        cv2.line(picture, (int(first[0]), int(first[1])), (int(last[0]), int(last[1])), colour, 2)


def _strip(width: int, advice: Advice, steps: Sequence[str]) -> NDArray[np.uint8]:
    """The states, then a line a step: its mark, how much it was read, how likely it is the next."""
    states = ", ".join(f"{name} {percent(advice.probability(name))}" for name in ("step", "wait", "done", "stop"))
    told = f"action model: {states}; target not there {percent(advice.absent)}; argument {advice.argument}"
    heading = wrapped(f"{told} ({advice.milliseconds:.0f} ms)", width - 20, SIZE)
    strip = np.full((12 + LINE * (len(heading) + 1 + len(steps)), width, 3), 255, np.uint8)
    strip[:3] = BLUE
    for line, words in enumerate(heading):
        _write(strip, words, 10, line)
    _write(strip, "attention over the demonstration's steps:", 10, len(heading), GREY)
    for number, words in enumerate(steps):
        line = len(heading) + 1 + number
        share = float(advice.decision.attention[number])
        top = 10 + LINE * line
        cv2.rectangle(strip, (10, top), (10 + BAR, top + 12), PALE, cv2.FILLED)
        cv2.rectangle(strip, (10, top), (10 + round(BAR * share), top + 12), BLUE, cv2.FILLED)
        _write(strip, f"{100 * share:3.0f} %", BAR + 16, line)
        mark = PROGRESS[int(advice.asked.progress[number])]
        colour = INK if number == advice.step and advice.state == "step" else GREY
        _write(strip, f"[{mark}] {number + 1}. {words}", BAR + 66, line, colour)
    return strip


def _write(strip: NDArray[np.uint8], text: str, left: int, line: int, colour: tuple[int, int, int] = INK) -> None:
    write(strip, text, (left, 22 + LINE * line), SIZE, colour)
