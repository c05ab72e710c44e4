"""From words and likelihoods to a command, or to the reason for none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from encore_agent.messages import Accepted, Rejected
from encore_agent.understand import Heard, Understander
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Encoded, Transcript
from encore_models.phrases import best_match, words_of
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect

NOTHING = np.zeros(1, np.float32)
ENCODED = Encoded(NOTHING, NOTHING, NOTHING, 1.0)
UTTERANCE = Utterance(np.zeros(16_000, np.float32), 0, 1_000_000_000)


class FakeHearing:
    """Hears one sentence; every other one is as unlikely as it is told."""

    def __init__(self, text: str, totals: dict[str, float] | None = None, otherwise: float = -30.0) -> None:
        self.text = text
        self.totals = totals or {}
        self.otherwise = otherwise

    def encode(self, samples: np.ndarray) -> Encoded:
        return ENCODED

    def transcribe(self, encoded: Encoded, prefix: str = "") -> Transcript:
        if not prefix:
            return Transcript(self.text, -0.2, 10)
        led = next((text for text in self.totals if text.startswith(prefix)), "")
        return Transcript(led, self.totals.get(led, self.otherwise) / 10, 10)

    def token_logprobs(self, encoded: Encoded, texts: Sequence[str]) -> list[np.ndarray]:
        heard = words_of(self.text)
        totals = [self.totals.get(text, -1.0 if words_of(text) == heard else self.otherwise) for text in texts]
        return [np.array([total, 0.0], np.float32) for total in totals]


def macro(macro_id: str, *phrases: str, values: tuple[str, ...] = ()) -> Macro:
    slots = tuple(Slot(name, values) for name in dict.fromkeys(s for p in phrases for s in Phrase(p).slots))
    step = Step(TypeText("x"), WindowIdentity("p", "P", Rect(0, 0, 1, 1)), "a.png")
    return Macro(macro_id, macro_id, tuple(map(Phrase, phrases)), slots, (step,), "2026", "d")


PLAY = macro("play-song", "play {song}", "put on {song}")
NEXT = macro("next", "next track", "play next")


def understand(
    text: str, macros: Sequence[Macro] = (PLAY, NEXT), totals: dict[str, float] | None = None
) -> Accepted | Rejected:
    return Understander(FakeHearing(text, totals), macros).understand(UTTERANCE)[0]


@pytest.mark.parametrize(
    ("text", "macro_id", "slots"),
    [
        ("Play Yesterday.", "play-song", {"song": "yesterday"}),
        ("Can you play Hey Jude, please?", "play-song", {"song": "hey jude"}),
        ("Put on the Blue Moon.", "play-song", {"song": "the blue moon"}),
        ("Next track!", "next", {}),
        ("Play next.", "next", {}),
        ("Play please please me", "play-song", {"song": "please please me"}),
    ],
)
def test_a_phrase_fires_its_macro(text: str, macro_id: str, slots: dict[str, str]) -> None:
    outcome = understand(text)
    assert isinstance(outcome, Accepted), outcome
    assert outcome.command.macro_id == macro_id
    assert outcome.command.slots == slots


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no words"),
        ("...", "no words"),
        ("What a lovely day", "no command"),
        ("Play", "no command"),
        ("I think we should play outside", "no command"),
        ("The next trick is the best", "no command"),
    ],
)
def test_other_speech_fires_nothing_and_says_why(text: str, reason: str) -> None:
    outcome = understand(text)
    assert isinstance(outcome, Rejected)
    assert reason in outcome.reason


def test_without_macros_it_says_what_to_do() -> None:
    outcome = understand("Play Yesterday.", [])
    assert isinstance(outcome, Rejected)
    assert "record one" in outcome.reason


def test_two_macros_with_one_phrase_are_not_guessed_between() -> None:
    outcome = understand("Play Yesterday.", [PLAY, macro("radio", "play {station}")])
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "it could be “play {song}” or “play {station}”"


def test_words_that_the_decoder_does_not_believe_fire_nothing() -> None:
    outcome = understand("Play Yesterday.", totals={"Play yesterday.": -9.0})
    assert isinstance(outcome, Rejected)
    assert "did not sound like" in outcome.reason


def test_a_near_phrase_fires_only_if_it_is_nearly_as_likely() -> None:
    for total, accepted in ((-4.0, True), (-9.0, False)):
        outcome = understand("Clay Yesterday.", totals={"Play yesterday.": total})
        assert isinstance(outcome, Accepted) == accepted, outcome


def test_first_words_that_were_misheard_are_heard_in_the_light_of_the_phrase() -> None:
    for total, accepted in ((-4.0, True), (-9.0, False)):
        outcome = understand("Place day with me.", totals={"Play stay with me.": total})
        assert isinstance(outcome, Accepted) == accepted, outcome
        if isinstance(outcome, Accepted):
            assert outcome.command.slots == {"song": "stay with me"}


def heard(text: str, totals: dict[str, float]) -> tuple[Understander, Heard]:
    understander = Understander(FakeHearing(text, totals), [PLAY])
    outcome, heard = understander.understand(UTTERANCE)
    assert isinstance(outcome, Accepted)
    return understander, heard


def test_the_same_words_on_the_screen_are_chosen() -> None:
    understander, said = heard("Play yesterday.", {})
    assert understander.choose_value(said, "song", ["Yesterday Once More", "Yesterday"]) == "Yesterday"


def test_a_misheard_title_is_chosen_by_its_sound() -> None:
    understander, said = heard("Play yes today.", {"Play Yesterday.": -3.0, "Play Yesterday Once More.": -12.0})
    assert understander.choose_value(said, "song", ["Yesterday Once More", "Yesterday"]) == "Yesterday"


@pytest.mark.parametrize(
    "totals",
    [
        {"Play Yesterday.": -20.0},  # nothing on the screen was said
        {"Play Yesterday.": -3.0, "Play Yesterdays.": -3.5},  # two are as likely
    ],
)
def test_an_unclear_choice_is_not_made(totals: dict[str, float]) -> None:
    understander, said = heard("Play yes today.", totals)
    assert understander.choose_value(said, "song", ["Yesterday", "Yesterdays"]) is None


def test_a_known_value_corrects_what_was_heard() -> None:
    known = macro("play-song", "play {song}", values=("Yesterday", "Blue Moon"))
    outcome = understand("Play yes today.", [known], {"Play Yesterday.": -2.0})
    assert isinstance(outcome, Accepted)
    assert outcome.command.slots == {"song": "Yesterday"}


def test_a_slot_between_words_takes_what_is_between() -> None:
    match = best_match(Phrase("play {song} on {device}"), "play on the road on the kitchen speaker")
    assert match is not None
    assert match.likeness == 100
    assert set(match.slots) == {"song", "device"}
