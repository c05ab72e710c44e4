"""The stand-in player's tones, and the deck that plays them."""

from __future__ import annotations

import numpy as np
import pytest

from demos.player.audio import RATE, Deck
from demos.player.catalogue import generate
from demos.player.tones import LEVEL, identify, pattern, render

TRACKS = generate().tracks


def test_every_track_sounds_different():
    assert len({frozenset(pattern(track)) for track in TRACKS}) == len(TRACKS)


@pytest.mark.parametrize("start_s", [0.0, 0.31, 17.7])
@pytest.mark.parametrize("track", TRACKS[::29], ids=str)
def test_a_second_from_anywhere_identifies_the_track(track, start_s):
    assert identify(render(track, start_s, RATE, RATE), RATE, TRACKS) == track


def test_identified_at_another_rate_softly_and_with_noise():
    track = TRACKS[41]
    samples = 0.05 * render(track, 1.0, 16_000, 16_000)
    noise = np.random.default_rng(0).normal(0, 0.05 * LEVEL / 10, len(samples)).astype(np.float32)
    assert identify(samples + noise, 16_000, TRACKS) == track


def test_what_is_no_track_is_none():
    second = np.arange(RATE) / RATE
    assert identify(np.zeros(RATE, np.float32), RATE, TRACKS) is None
    assert identify(np.sin(2 * np.pi * 1000 * second).astype(np.float32), RATE, TRACKS) is None
    noise = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    assert identify(noise, RATE, TRACKS) is None
    assert identify(render(TRACKS[5], 0, RATE // 4, RATE), RATE, TRACKS) is None, "too short"
    assert identify(render(TRACKS[5], 0, RATE, RATE), RATE, TRACKS[6:]) is None, "not among the candidates"


def test_stretches_join_without_a_click():
    track = TRACKS[9]
    whole = render(track, 0.0, RATE, RATE)
    parts = np.concatenate([render(track, start / RATE, 4800, RATE) for start in range(0, RATE, 4800)])
    np.testing.assert_allclose(parts, whole, atol=2e-3)
    assert np.abs(np.diff(whole)).max() < 0.1


def test_deck_moves_only_while_it_plays():
    deck = Deck()
    assert not deck.pull(4800).any()
    deck.load(TRACKS[0])
    assert deck.pull(4800).any()
    assert deck.position_s == pytest.approx(0.1)
    deck.pause()
    assert not deck.pull(4800).any()
    assert deck.position_s == pytest.approx(0.1)
    deck.resume()
    deck.seek(50.0)
    assert (deck.playing, deck.position_s) == (True, 50.0)


def test_deck_stops_at_the_end():
    deck = Deck()
    deck.load(TRACKS[0])
    deck.seek(1e6)
    assert deck.position_s == TRACKS[0].duration_s
    deck.pull(480)
    assert deck.finished
    assert not deck.playing


def test_deck_obeys_the_volume():
    deck = Deck()
    deck.load(TRACKS[0])
    deck.volume = 3.0
    assert deck.volume == 1.0
    loud = np.abs(deck.pull(RATE)).max()
    deck.volume = 0.5
    assert np.abs(deck.pull(RATE)).max() == pytest.approx(loud / 4, rel=0.05)
