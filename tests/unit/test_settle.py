"""When a window counts as settled."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.settle import Settling, settled
from encore_recorder.frame import Frame
from encore_recorder.geometry import Point

MS = 1_000_000


class Film:
    """A screen that plays pictures; waiting moves its clock."""

    def __init__(self, picture_at) -> None:
        self.now_ms = 0.0
        self.picture_at = picture_at

    def grab(self) -> Frame:
        return Frame(self.picture_at(self.now_ms), int(self.now_ms * MS), Point(0, 0))

    def wait(self, seconds: float) -> None:
        self.now_ms += seconds * 1e3

    def settle(self) -> float:
        return settled(self.grab, wait=self.wait).time_ns / MS


def page(shade: int = 40, dot: int | None = None) -> np.ndarray:
    picture = np.full((600, 900, 3), shade, np.uint8)
    if dot is not None:
        picture[500:520, 50:80] = dot
    return picture


def test_a_still_window_is_settled_after_the_quiet_time() -> None:
    assert Film(lambda ms: page()).settle() == pytest.approx(210, abs=31)


def test_a_change_starts_the_quiet_time_anew() -> None:
    assert Film(lambda ms: page(40 if ms < 500 else 90)).settle() == pytest.approx(210, abs=31)
    assert Film(lambda ms: page(40 if ms < 150 else 90)).settle() == pytest.approx(360, abs=45)


def test_what_blinks_by_itself_no_longer_counts() -> None:
    assert Film(lambda ms: page(dot=200 if int(ms / 60) % 2 else 40)).settle() < 1200


def test_a_film_does_not_settle_and_is_not_waited_for() -> None:
    noise = np.random.default_rng(0)
    film = Film(lambda ms: np.repeat(noise.integers(0, 255, (600, 900, 1), np.uint8), 3, axis=2))
    # Everything is restless after a while: a film does not hold the replay up.
    assert film.settle() < 1200


def test_a_slow_fade_is_waited_for() -> None:
    assert Film(lambda ms: page(int(40 + min(ms, 600) / 6))).settle() == pytest.approx(800, abs=60)


def test_another_size_is_a_change() -> None:
    settling = Settling()
    settling.quiet_ns(page(), 0)
    big = np.zeros((700, 1000, 3), np.uint8)
    assert settling.quiet_ns(big, 300 * MS) == 0
