"""Before a macro is asked for: what sees is loaded, demonstrations are looked at, and a run waits for neither."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encore_agent.deeds import Order
from encore_agent.episodes import Episodes
from encore_agent.library import Library
from encore_agent.messages import AgentEvent, EpisodeReport, Finished, Trouble
from encore_agent.senses import Senses
from encore_agent.settings import Settings
from encore_models.errors import ReaderMissing
from encore_models.macro import Macro, Phrase, Step, WindowIdentity
from encore_models.store import create_macro
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect

STEP = Step(TypeText("hello"), WindowIdentity("notes", "Notes", Rect(0, 0, 8, 8)), "before.png")
FIRST = Macro("a", "First", (Phrase("write hello"),), (), (STEP,), "2026", "d")
SECOND = replace(FIRST, id="b", name="Second")
WAIT_S = 5


class FakeSenses:
    """What sees; it may be missing."""

    def __init__(self, missing: bool = False) -> None:
        self.missing, self.warm = missing, False

    def warm_up(self) -> None:
        if self.missing:
            raise ReaderMissing(Path("models"), "*.onnx")
        self.warm = True


class FakePolicy:
    """Looks at demonstrations, for as long as it is told to."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.looking, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def begin(self, macro, folder, shown, spoken) -> None:
        self.looking.set()
        assert self.go_on.wait(WAIT_S)
        self.looked.append(macro.id)


class FakeReplayer:
    """Notes that it ran."""

    def __init__(self) -> None:
        self.ran = threading.Event()

    def run(self, request, tell, stop) -> EpisodeReport:
        self.ran.set()
        return EpisodeReport(request.episode_folder.name, request.macro.id, {}, (), Finished("e", None, 900.0))


class FakeScreen:
    """Needs no display."""

    def reopen(self) -> None:
        """As a screen does."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path / "encore")
    for macro in (FIRST, SECOND):
        create_macro(macro, {"before.png": np.zeros((4, 4, 3), np.uint8)}, library.macros_folder / macro.id)
    yield library
    library.close()


def test_the_models_that_see_are_there_after_warming_up(tmp_path: Path) -> None:
    senses = Senses(Settings.default(tmp_path))
    senses.warm_up()
    assert {"reader", "clip"} <= set(vars(senses))
    assert "_engine" in vars(senses.reader)


def finished(episodes: Episodes) -> None:
    """Wait for all that was asked for."""
    episodes._background.finish()


def test_what_sees_is_loaded_and_every_demonstration_looked_at(library: Library) -> None:
    senses, policy = FakeSenses(), FakePolicy()
    episodes = Episodes(library, senses, None, lambda event: None, lambda: None)  # type: ignore[arg-type]
    episodes.__dict__["_policy"] = policy
    episodes.get_ready()
    finished(episodes)
    assert senses.warm
    assert sorted(policy.looked) == ["a", "b"]


def test_a_run_that_is_asked_for_does_not_wait_for_the_rest(library: Library) -> None:
    policy, replayer = FakePolicy(), FakeReplayer()
    episodes = Episodes(library, FakeSenses(), None, lambda event: None, lambda: None)  # type: ignore[arg-type]
    episodes.__dict__ |= {"_policy": policy, "_replayer": replayer, "_screen": FakeScreen()}
    policy.go_on.clear()
    episodes.get_ready()
    assert policy.looking.wait(WAIT_S)
    episodes.start_episode(Order("b", {}))
    policy.go_on.set()
    finished(episodes)
    assert replayer.ran.is_set()
    assert len(policy.looked) == 1


def test_what_is_missing_is_told_and_stops_nothing_else(library: Library) -> None:
    told: list[AgentEvent] = []
    policy = FakePolicy()
    episodes = Episodes(library, FakeSenses(missing=True), None, told.append, lambda: None)  # type: ignore[arg-type]
    episodes.__dict__["_policy"] = policy
    episodes.get_ready()
    finished(episodes)
    assert [type(event) for event in told] == [Trouble]
    assert len(policy.looked) == 2
