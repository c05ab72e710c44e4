"""What a run that went well teaches: the values that it had, and how they were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from encore_agent.deeds import Order
from encore_agent.episodes import Episodes
from encore_agent.library import Library
from encore_agent.messages import EpisodeReport, Finished, Halted
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.store import create_macro
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect

STEP = Step(TypeText("{song}"), WindowIdentity("player", "Player", Rect(0, 0, 8, 8)), "before.png")
PLAY = Macro("play", "Play", (Phrase("play {song}"),), (Slot("song", ("Yesterday",)),), (STEP,), "2026", "d")
SEEN, UNSEEN = Finished("e", "MPRIS: Blue Moon is Playing", 900.0), Finished("e", None, 900.0)
HALTED = Halted("e", 0, "no row reads so", None)


class FakeReplayer:
    """Comes to an end that was agreed on."""

    def __init__(self, outcome: Finished | Halted) -> None:
        self.outcome = outcome

    def run(self, request, tell, stop) -> EpisodeReport:
        # What was typed in the end, as the screen has it.
        return EpisodeReport(request.episode_folder.name, "play", {"song": "Blue Moon"}, (), self.outcome)


class FakeScreen:
    """Needs no display."""

    def reopen(self) -> None:
        """As a screen does."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path / "encore")
    create_macro(PLAY, {"before.png": np.zeros((4, 4, 3), np.uint8)}, library.macros_folder / "play")
    yield library
    library.close()


def spoken(*, confirmed: bool = False) -> Order:
    return Order("play", {"song": "blue moan"}, choose=lambda slot, texts: None, confirmed=confirmed)


@pytest.mark.parametrize(
    ("order", "outcome", "learned"),
    [
        (spoken(), SEEN, True),  # it plays indeed
        (spoken(), UNSEEN, False),  # nobody knows whether it was heard rightly
        (spoken(confirmed=True), UNSEEN, True),  # the person said yes to it
        (Order("play", {"song": "Blue Moon"}), UNSEEN, True),  # the person typed it
        (Order("play", {"song": "Blue Moon"}), HALTED, False),  # there is no such song
        (spoken(), HALTED, False),
    ],
)
def test_a_value_that_proved_right_is_known_from_then_on(
    library: Library, order: Order, outcome: Finished | Halted, learned: bool
) -> None:
    told: list[str] = []
    episodes = Episodes(library, None, None, lambda event: None, lambda: told.append("macros"))  # type: ignore[arg-type]
    episodes.__dict__ |= {"_screen": FakeScreen(), "_replayer": FakeReplayer(outcome)}
    episodes.run(order)
    episodes.run(order)
    slot = library.macro("play").slot("song")
    assert slot.known == (("Yesterday", "Blue Moon") if learned else ("Yesterday",))
    assert slot.values == ("Yesterday",)
    assert told == (["macros"] if learned else [])
    episodes.close()
