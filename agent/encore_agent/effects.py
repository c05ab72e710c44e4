"""What really happened: success is claimed only when the world outside the screen says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from rapidfuzz import fuzz, utils

from encore_models.macro import PlaybackEffect, fill

POLL_S = 0.1
SAME_TITLE = 90.0
"""Percent of likeness from which two titles are the same; players shorten them and change quotes."""


class PlaybackState(Protocol):
    """What one media player reports (see `encore_recorder.sources.playback`)."""

    @property
    def player(self) -> str:
        """Bus name without its prefix."""

    @property
    def status(self) -> str:
        """Playing, Paused or Stopped."""

    @property
    def title(self) -> str:
        """The track's title."""


ReadPlayers = Callable[[], Sequence[PlaybackState]]


def playback_problem(effect: PlaybackEffect, values: Mapping[str, str], players: Sequence[PlaybackState]) -> str | None:
    """What is missing for the effect to hold now, or None where it holds (pure)."""
    state = next((state for state in players if state.player == effect.player), None)
    if state is None:
        return f"{effect.player} is not on the session bus"
    if state.status != effect.status:
        return f"{effect.player} is {state.status}, not {effect.status}"
    expected = fill(effect.title, dict(values))
    if expected and fuzz.ratio(expected, state.title, processor=utils.default_process) < SAME_TITLE:
        return f"{effect.player} has {state.title!r}, not {expected!r}"
    return None


def await_playback(
    effect: PlaybackEffect,
    values: Mapping[str, str],
    read_players: ReadPlayers,
    timeout_s: float,
    stop: threading.Event,
) -> str | None:
    """Wait for the effect; what is missing at the end, or None as soon as it holds."""
    deadline = time.monotonic() + timeout_s
    while True:
        problem = playback_problem(effect, values, read_players())
        if problem is None or time.monotonic() >= deadline or stop.wait(POLL_S):
            return problem
