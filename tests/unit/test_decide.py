"""Fire, ask or let pass: every witness has its say, and nothing may make a rejected utterance fire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encore_agent.decide import (
    ACCEPT,
    HIGHEST,
    UNCALIBRATED,
    WIDTH,
    Calibration,
    calibrate,
    decide,
    phrase_notes,
)
from encore_agent.fitted import ALONE, BASE, PER_LOG_P, PER_LOSS
from encore_agent.messages import Evidence
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.prints import VoicePrint
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect


def macro(macro_id: str, *phrases: str) -> Macro:
    slots = tuple(map(Slot, dict.fromkeys(name for p in phrases for name in Phrase(p).slots)))
    step = Step(TypeText("x"), WindowIdentity("p", "P", Rect(0, 0, 1, 1)), "a.png")
    return Macro(macro_id, macro_id, tuple(map(Phrase, phrases)), slots, (step,), "2026", "d")


NEXT = macro("next", "next track")
VOICE = Evidence(likeness=1.1, rival_likeness=0.1, log_p=-1.0, losses=-0.5)
SAID = Evidence(rival_likeness=-1.0, log_p=-1.5, losses=-(BASE - 1.5 * PER_LOG_P) / PER_LOSS)
"""The sound of its words speaks neither for it nor against it."""
LOST = -(ALONE - 1.5 * PER_LOG_P) / PER_LOSS
"""Nats that it may lose where there is no print."""
WORDS = Evidence(words=100.0, log_p=-0.5, transcript_log_p=-0.4)


def print_at(place: float, seconds: float = 1.0) -> VoicePrint:
    """A print that is so like another one as their places are near."""
    return VoicePrint(np.zeros((1, 1), np.float32), np.array([place], np.float32), seconds)


def near(said: VoicePrint, enrolled: Sequence[VoicePrint]) -> np.ndarray:
    return np.array([1.0 - abs(said.embedding[0] - one.embedding[0]) for one in enrolled], np.float32)


def verdict(evidence: Evidence, destructive: bool = False, **known) -> str:
    return decide(NEXT, evidence, UNCALIBRATED, destructive, **known).verdict


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(), "reject"),
        (VOICE, "accept"),
        (WORDS, "accept"),
        (replace(VOICE, words=0.0), "accept"),  # a transcript in noise
        (replace(WORDS, likeness=-0.3, rival_likeness=0.1), "accept"),  # a registered paraphrase
        (replace(SAID, likeness=ACCEPT + 0.01), "accept"),
        (replace(SAID, likeness=ACCEPT - 0.1), "ask"),
        (replace(SAID, likeness=ACCEPT - WIDTH - 0.1), "reject"),
        (replace(SAID, likeness=ACCEPT + 0.2, losses=SAID.losses - 0.3 / PER_LOSS), "ask"),  # one word is another one
        (replace(SAID, likeness=ACCEPT + 0.2, words=60.0, transcript_log_p=-0.1), "ask"),  # and was heard clearly
        (replace(SAID, likeness=ACCEPT + 0.2, words=60.0, transcript_log_p=-1.9), "accept"),  # noise is to blame
        (replace(VOICE, another_word=True), "ask"),  # "share this file" is no "save this file"
        (replace(SAID, losses=LOST + 0.1), "accept"),  # no print
        (replace(SAID, losses=LOST - 0.1), "ask"),
        (replace(SAID, losses=LOST - 0.1 - WIDTH / PER_LOSS), "reject"),
        (replace(SAID, losses=LOST + 0.1, words=60.0, transcript_log_p=-0.1), "ask"),  # and other words were heard
        (replace(SAID, likeness=1.0, rival_likeness=1.05), "accept"),  # as like to a sibling: the words tell
        (replace(SAID, likeness=1.0, rival_likeness=1.4), "ask"),
        (replace(SAID, likeness=1.0, rival_likeness=1.7), "reject"),
        (replace(SAID, likeness=0.3, losses=-9.0), "reject"),  # the decoder does not believe a word of it
        (replace(WORDS, log_p=-6.0), "reject"),
        (replace(WORDS, words=80.0, log_p=-0.9), "accept"),
        (replace(WORDS, words=80.0, log_p=-1.4), "ask"),
        (replace(WORDS, words=80.0, log_p=-2.4), "reject"),
        (replace(WORDS, words=80.0, log_p=-0.9, losses=-4.0), "reject"),  # one word is not
        (replace(WORDS, words=60.0), "reject"),
        (replace(WORDS, words=60.0, value=1.2), "accept"),  # a title that was named, whatever the transcript made of it
        (replace(WORDS, words=60.0, value=0.5), "ask"),
        (replace(WORDS, words=60.0, value=0.1), "reject"),
    ],
)
def test_the_witnesses_decide(evidence: Evidence, expected: str) -> None:
    assert verdict(evidence) == expected


def test_the_reason_is_that_of_the_surest_witness() -> None:
    for evidence, why in ((VOICE, "sounds like your"), (WORDS, "the words are"), (Evidence(value=1.5), "it names")):
        assert why in decide(NEXT, evidence, UNCALIBRATED, False).reason


def test_hands_free_nothing_fires_unless_the_phrase_was_scored() -> None:
    unscored = replace(VOICE, log_p=None, losses=None)
    assert verdict(unscored) != "accept"
    assert verdict(unscored, hands_free=False) == "accept"


def test_another_word_is_asked_about_even_if_a_key_is_held() -> None:
    decision = decide(NEXT, replace(VOICE, another_word=True), UNCALIBRATED, False, hands_free=False)
    assert decision.verdict == "ask"
    assert "heard as another one" in decision.reason


def test_a_held_key_makes_it_more_lenient() -> None:
    doubtful = replace(SAID, likeness=ACCEPT - 0.05)
    assert (verdict(doubtful), verdict(doubtful, hands_free=False)) == ("ask", "accept")


@pytest.mark.parametrize("evidence", [VOICE, WORDS, replace(VOICE, words=100.0)])
def test_what_cannot_be_undone_is_always_asked(evidence: Evidence) -> None:
    decision = decide(NEXT, evidence, UNCALIBRATED, True, plausible=1.0, hands_free=False)
    assert decision.verdict == "ask"
    assert "always asked" in decision.reason


def test_an_implausible_screen_turns_a_doubtful_yes_into_a_question() -> None:
    doubtful = replace(WORDS, words=80.0, log_p=-0.9)
    assert verdict(doubtful, plausible=0.0) == "ask"
    assert "the screen does not show" in decide(NEXT, doubtful, UNCALIBRATED, False, 0.0).reason
    assert verdict(WORDS, plausible=0.0) == "accept"


SCORES = st.builds(
    Evidence,
    likeness=st.none() | st.floats(-1, 2),
    rival_likeness=st.none() | st.floats(-1, 2),
    words=st.none() | st.floats(0, 100),
    log_p=st.none() | st.floats(-20, 0),
    transcript_log_p=st.none() | st.floats(-20, 0),
    losses=st.none() | st.floats(-30, 0),
    regret=st.none() | st.floats(0, 60),
    value=st.none() | st.floats(-20, 5),
)


@given(SCORES, st.floats(0, 1), st.booleans())
def test_the_screen_never_fires_what_was_rejected(evidence: Evidence, plausible: float, hands_free: bool) -> None:
    without = verdict(evidence, hands_free=hands_free)
    with_screen = verdict(evidence, plausible=plausible, hands_free=hands_free)
    assert (without == "reject") == (with_screen == "reject")


@given(SCORES, st.floats(0, 1))
def test_more_likeness_never_hurts(evidence: Evidence, more: float) -> None:
    if evidence.likeness is None:
        return
    order = ["reject", "ask", "accept"]
    better = replace(evidence, likeness=evidence.likeness + more)
    assert order.index(verdict(better)) >= order.index(verdict(evidence))


def test_one_enrolment_alone_is_calibrated() -> None:
    assert calibrate([print_at(0.0)], compare=near) == UNCALIBRATED


def test_without_an_enrolment_words_decide() -> None:
    assert calibrate([], [print_at(0.0)], compare=near) == UNCALIBRATED


def test_short_commands_ask_for_more() -> None:
    found = [calibrate([print_at(0.0, seconds)], compare=near).accept for seconds in (0.4, 0.7, 0.85, 1.0, 2.0)]
    assert found[0] == found[1] > found[2] > found[3] == found[4] == ACCEPT


def test_what_would_fire_a_longer_command_is_asked_about_of_a_short_one() -> None:
    short, long = (calibrate([print_at(0.0, seconds)], compare=near) for seconds in (0.4, 1.0))
    assert short.ask == pytest.approx(ACCEPT)
    assert long.ask == pytest.approx(ACCEPT - WIDTH)
    # Its tokens fit so well that likeness alone tells.
    like = ACCEPT - BASE + 0.05
    heard = Evidence(likeness=like, losses=0.0, log_p=0.0, regret=0.0, words=40.0, transcript_log_p=-9.0)
    assert [decide(NEXT, heard, one, False).verdict for one in (short, long)] == ["ask", "accept"]
    worse = replace(heard, likeness=like - 0.1)
    assert [decide(NEXT, worse, one, False).verdict for one in (short, long)] == ["reject", "ask"]


def test_a_sibling_is_noted() -> None:
    far = calibrate([print_at(0.0)], [print_at(1.8)], compare=near)
    sibling = calibrate([print_at(0.0)], [print_at(1.8), print_at(0.25)], compare=near)
    assert far == UNCALIBRATED
    assert sibling.notes


def test_a_corrected_false_fire_does_not_fire_again() -> None:
    impostor = print_at(0.2)
    calibration = calibrate([print_at(0.0)], (), [impostor], compare=near)
    again = Evidence(likeness=0.8, rival_likeness=1.0, log_p=-1.0)
    assert decide(NEXT, again, UNCALIBRATED, False).verdict == "ask"
    assert calibration.accept > 0.8
    assert decide(NEXT, replace(again, rival_likeness=0.0), calibration, False).verdict != "accept"


def test_a_noisy_room_raises_it_but_a_few_misses_in_its_log_do_not() -> None:
    own, rng = [print_at(0.0)], np.random.default_rng(0)
    quiet = [print_at(1.5 + p) for p in rng.normal(0, 0.05, 40)]
    loud = [print_at(0.8 + p) for p in rng.normal(0, 0.1, 40)]
    misses = [print_at(0.05)] * 10
    assert calibrate(own, background=quiet, compare=near) == UNCALIBRATED
    assert calibrate(own, background=quiet + misses, compare=near) == UNCALIBRATED
    assert calibrate(own, background=loud, compare=near).accept > ACCEPT
    assert calibrate(own, background=loud[:5], compare=near) == UNCALIBRATED


@given(st.lists(st.floats(-1, 1), min_size=1), st.lists(st.floats(-1, 1)), st.lists(st.floats(-1, 1)))
def test_calibration_stays_within_reach(own: list[float], others: list[float], impostors: list[float]) -> None:
    found = calibrate(*([print_at(p) for p in places] for places in (own, others, impostors)), compare=near)
    assert ACCEPT <= found.accept <= HIGHEST
    assert found.ask == pytest.approx(found.accept - WIDTH)


@pytest.mark.parametrize(
    ("phrases", "others", "told"),
    [
        (["pause"], [], ["short"]),
        (["next track"], [["previous track"]], ["short", "previous track"]),
        (["turn the volume up"], [["turn the volume down"]], ["mistaken"]),
        (["show my playlists"], [["open the settings"]], []),
        (["play next song"], [["play {song}"]], ["mistaken"]),
        (["play {song}"], [["search for {query}"]], []),
    ],
)
def test_phrases_that_are_easily_mistaken_are_noted(
    phrases: list[str], others: list[list[str]], told: list[str]
) -> None:
    mine = macro("mine", *phrases)
    notes = phrase_notes(mine, [mine, *(macro(f"m{n}", *other) for n, other in enumerate(others))])
    assert len(notes) == len(told), notes
    assert all(word in note for word, note in zip(told, notes, strict=True))


def test_a_calibration_is_compared_by_value() -> None:
    assert Calibration() == UNCALIBRATED
