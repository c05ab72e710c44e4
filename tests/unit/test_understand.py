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

    def __init__(
        self, text: str, totals: dict[str, float] | None = None, otherwise: float = -30.0, each: float = -0.2
    ) -> None:
        self.text = text
        self.totals = totals or {}
        self.otherwise = otherwise
        self.each = each

    def hear(self, samples: np.ndarray) -> tuple[Encoded, Transcript]:
        return ENCODED, Transcript(self.text, self.each, 10)

    def transcribe(self, encoded: Encoded, prefix: str) -> Transcript:
        led = next((text for text in self.totals if text.startswith(prefix)), "")
        return Transcript(led, self.totals.get(led, self.otherwise) / 10, 10)

    def tokens(self, text: str) -> list[int]:
        return [1] if text == "playback" else [1, 2]

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
    hearing = FakeHearing("Play Yesterday.", {"Play yesterday.": -9.0}, each=-3.0)
    outcome, _ = Understander(hearing, [PLAY]).understand(UTTERANCE)
    assert isinstance(outcome, Rejected)
    assert "did not sound like" in outcome.reason


def test_the_phrase_word_by_word_fires_however_its_letters_are_written() -> None:
    assert isinstance(understand("Play Levitating", totals={"Play levitating.": -9.0}), Accepted)


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


def test_a_first_word_that_grew_together_with_the_title_is_taken_apart() -> None:
    for total, accepted in ((-4.0, True), (-17.0, False)):
        outcome = understand("Playfast car", totals={"Play fast car.": total})
        assert isinstance(outcome, Accepted) == accepted, outcome
        if isinstance(outcome, Accepted):
            assert outcome.command.slots == {"song": "fast car"}


def test_a_real_word_that_begins_like_a_command_is_not_taken_apart() -> None:
    class Unled(FakeHearing):
        def transcribe(self, encoded: Encoded, prefix: str) -> Transcript:
            return Transcript("", -30.0, 1)

    for text, accepted in (("Playback", False), ("Playbird", True)):
        hearing = Unled(text, {"Play back.": -2.5, "Play bird.": -2.5})
        outcome, _ = Understander(hearing, [PLAY]).understand(UTTERANCE)
        assert isinstance(outcome, Accepted) == accepted, outcome


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


KNOWN = macro("play-song", "play {song}", values=("Stairway to Heaven", "Time", "Blue Moon"))


def test_a_known_value_is_heard_though_the_phrase_is_not() -> None:
    outcome = understand("Place the way to heaven.", [KNOWN, NEXT], {"Play Stairway to Heaven.": -9.0})
    assert isinstance(outcome, Accepted)
    assert outcome.command.slots == {"song": "Stairway to Heaven"}
    assert outcome.text == "Place the way to heaven."


@pytest.mark.parametrize(
    "totals",
    [
        {"Play Stairway to Heaven.": -14.0},  # too unlikely
        {"Play Stairway to Heaven.": -9.0, "Play Stairway to Eleven.": -9.5},  # two are as likely
    ],
)
def test_known_values_that_are_not_clearly_heard_fire_nothing(totals: dict[str, float]) -> None:
    known = macro("play-song", "play {song}", values=("Stairway to Heaven", "Stairway to Eleven"))
    assert isinstance(understand("Place the way to heaven.", [known], totals), Rejected)


def test_a_short_title_has_to_be_nearer_than_a_long_one() -> None:
    screen = ["Time", "Stairway to Heaven"]
    for title, far, chosen in (("Stairway to Heaven", -9.0, True), ("Stairway to Heaven", -14.0, False)):
        understander, said = heard("Play there was a heaven.", {f"Play {title}.": far})
        assert (understander.choose_value(said, "song", screen) == title) == chosen
    understander, said = heard("Play path ties.", {"Play Time.": -9.0})
    assert understander.choose_value(said, "song", screen) is None


def test_a_title_half_as_long_was_not_said_however_likely() -> None:
    understander, said = heard("Play comfort a blieno.", {"Play Time.": -2.0})
    assert understander.choose_value(said, "song", ["Time"]) is None


def test_a_slot_between_words_takes_what_is_between() -> None:
    match = best_match(Phrase("play {song} on {device}"), "play on the road on the kitchen speaker")
    assert match is not None
    assert match.likeness == 100
    assert set(match.slots) == {"song", "device"}
