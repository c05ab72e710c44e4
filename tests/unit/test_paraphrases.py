"""Other wordings that are offered."""

from __future__ import annotations

import pytest

from encore_models.macro import Phrase
from encore_models.paraphrases import MOST, propose


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("play {song}", {"put on {song}", "i want to hear {song}"}),
        ("Open the settings, please", {"show me the settings", "open the preferences"}),
        ("turn the volume up", {"raise the volume", "increase the volume"}),
        ("next track", {"go to the next track", "next song"}),
        ("make the text bigger", {"enlarge the text"}),
        ("search for {query} in {place}", {"look for {query} in {place}"}),
    ],
)
def test_natural_wordings_are_proposed(phrase: str, expected: set[str]) -> None:
    assert expected <= set(propose(Phrase(phrase)))


@pytest.mark.parametrize(
    "phrase", ["play {song} by {artist}", "open playlist {name}", "delete this picture", "go back"]
)
def test_proposals_keep_the_slots_and_differ(phrase: str) -> None:
    proposals = propose(Phrase(phrase))
    assert 1 <= len(proposals) <= MOST
    assert len(set(proposals)) == len(proposals)
    for proposal in proposals:
        assert sorted(Phrase(proposal).slots) == sorted(Phrase(phrase).slots)
        assert proposal != phrase
        assert " " in proposal


def test_what_means_another_macro_is_not_proposed() -> None:
    others = [Phrase("start {program}"), Phrase("put on {song}")]
    proposals = propose(Phrase("play {song}"), others)
    assert "i want to hear {song}" in proposals
    assert not any(proposal.startswith(("start ", "put on ")) for proposal in proposals)
    assert "show me the settings" not in propose(Phrase("open the settings"), [Phrase("show me the setting")])


def test_nothing_is_made_up_for_words_it_does_not_know() -> None:
    assert propose(Phrase("frobnicate it")) == ()
