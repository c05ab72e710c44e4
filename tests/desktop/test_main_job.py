"""The main job on real input: shown once in one voice, asked for in another, on screens that changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from demos.hands import Hands
from demos.player.remote import RemotePlayer
from demos.rehearsal import Asked, Rehearsal, encore_on
from demos.stage import Stage
from encore_agent.messages import Accepted, Finished, Halted, Learned, Rejected
from encore_agent.service import Service
from encore_models.bundle import Bundle
from encore_models.macro import PlaybackEffect
from encore_recorder.actions import Click, DoubleClick, TypeText

SHOWN = "Yesterday"
ASKED = "Kingdom"


@dataclass
class Learnt:
    """Encore, after one demonstration on the unchanged player."""

    service: Service
    learned: Learned


@pytest.fixture(scope="module")
def learnt(stage: Stage, hearing_bundle: Bundle) -> Iterator[Learnt]:
    with encore_on(stage, hearing_bundle.folder.parent) as service:
        with RemotePlayer(stage) as player:
            learned = Rehearsal(stage, service, player, Hands(stage)).show(SHOWN, "pico-us")
        yield Learnt(service, learned)


@pytest.fixture
def ask(stage: Stage, learnt: Learnt) -> Iterator[Callable[..., Asked]]:
    """Start a player with flags, and ask Encore for a song in another voice."""
    players: list[RemotePlayer] = []

    def ask(*flags: str, song: str = ASKED, said: str | None = None) -> Asked:
        players.append(RemotePlayer(stage, *flags))
        rehearsal = Rehearsal(stage, learnt.service, players[-1], Hands(stage))
        rehearsal.listen()
        return rehearsal.ask(song, "flite-slt", said)

    yield ask
    learnt.service.set_listening(False)
    for player in players:
        player.close()


def test_one_demonstration_gives_a_macro_with_a_slot(learnt: Learnt) -> None:
    macro = learnt.service.library.macro(learnt.learned.macro_id)
    assert [phrase.text for phrase in macro.phrases] == ["play {song}"]
    assert [type(step.action) for step in macro.steps] == [Click, TypeText, DoubleClick]
    assert macro.steps[1].action == TypeText("{song}")
    assert macro.steps[1].replaces
    row = macro.steps[2].target
    assert row is not None
    assert (row.kind, row.template) == ("row", "{song}")
    assert macro.effect == PlaybackEffect("encore_player", "Playing", "{song}")


def check_plays(asked: Asked) -> None:
    assert isinstance(asked.outcome, Finished), asked.outcome
    assert asked.outcome.verified_by == f"MPRIS: {ASKED} is Playing"
    assert (asked.song_playing, asked.song_heard) == (ASKED, ASKED)


def test_another_song_plays(ask: Callable[..., Asked]) -> None:
    check_plays(ask())


def test_it_plays_in_the_other_theme(ask: Callable[..., Asked]) -> None:
    check_plays(ask("--theme", "light"))


def test_it_plays_where_the_window_was_moved_and_resized(ask: Callable[..., Asked]) -> None:
    check_plays(ask("--position", "10,20", "--size", "1000x640"))


def test_a_song_that_is_not_there_halts_and_nothing_plays(ask: Callable[..., Asked]) -> None:
    asked = ask("--without", ASKED)
    assert isinstance(asked.outcome, Halted), asked.outcome
    assert asked.outcome.picture is not None
    assert asked.outcome.picture.is_file()
    assert asked.song_playing is None


def test_a_pop_up_over_everything_halts_and_nothing_plays(ask: Callable[..., Asked]) -> None:
    asked = ask("--popup", "0")
    assert isinstance(asked.outcome, Halted), asked.outcome
    # A pop-up that only dims what is around it may be clicked beside; what was typed is then missed in the field.
    assert len(asked.steps) <= 1
    assert asked.song_playing is None


@pytest.mark.parametrize("said", ["What a lovely day it is.", "Please close the window."])
def test_speech_that_asks_for_nothing_fires_nothing(ask: Callable[..., Asked], said: str) -> None:
    asked = ask(said=said)
    assert not any(isinstance(event, Accepted) for event in asked.events)
    assert isinstance(asked.outcome, Rejected), asked.outcome
    assert asked.outcome.reason
    assert asked.song_playing is None


def test_the_history_tells_what_was_heard_and_done(learnt: Learnt) -> None:
    outcomes = {entry.outcome for entry in learnt.service.library.episodes()}
    assert {"verified", "halted"} <= outcomes
    assert any(not entry.accepted and entry.reason for entry in learnt.service.library.heard())
