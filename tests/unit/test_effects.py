"""Success is what the world outside the screen says."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from encore_agent.effects import await_playback, playback_problem
from encore_models.macro import PlaybackEffect


@dataclass(frozen=True)
class State:
    player: str
    status: str
    title: str


EFFECT = PlaybackEffect("spotify", "Playing", "{song}")


def test_the_right_song_is_the_effect() -> None:
    assert playback_problem(EFFECT, {"song": "Yesterday"}, [State("spotify", "Playing", "yesterday")]) is None


def test_another_song_another_state_and_no_player_are_told_apart() -> None:
    values = {"song": "Yesterday"}
    assert "not 'Yesterday'" in str(
        playback_problem(EFFECT, values, [State("spotify", "Playing", "Yesterday Once More")])
    )
    assert "Paused" in str(playback_problem(EFFECT, values, [State("spotify", "Paused", "Yesterday")]))
    assert "not on the session bus" in str(playback_problem(EFFECT, values, [State("vlc", "Playing", "Yesterday")]))


def test_an_effect_may_take_a_moment() -> None:
    answers = iter([[], [State("spotify", "Playing", "Other")], [State("spotify", "Playing", "Yesterday")]])
    problem = await_playback(EFFECT, {"song": "Yesterday"}, lambda: next(answers), 5.0, threading.Event())
    assert problem is None


def test_waiting_ends_when_told() -> None:
    stop = threading.Event()
    stop.set()
    assert await_playback(EFFECT, {"song": "Yesterday"}, list, 60.0, stop) is not None
