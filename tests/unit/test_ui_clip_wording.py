"""Texts as rows of hashed pieces."""

from __future__ import annotations

import numpy as np

from encore_models.perception.wording import BUCKETS, PIECES, WORDS, pieces_of, text_ids


def test_pieces_mark_both_ends_of_a_word() -> None:
    assert pieces_of("mute") == ["=mute", "<mu", "mut", "ute", "te>", "<mut", "mute", "ute>"]


def test_ids_never_change_since_weights_depend_on_them() -> None:
    assert text_ids(["play"])[0, 0].tolist() == [
        3093,
        13725,
        9572,
        9989,
        3645,
        14346,
        6376,
        671,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ]


def test_case_and_punctuation_do_not_matter_and_order_does() -> None:
    same, also, other = text_ids(["Skip-Next!", "skip next", "next skip"])
    np.testing.assert_array_equal(same, also)
    assert (same != other).any()


def test_like_words_share_pieces() -> None:
    playlist, playlists, shuffle = ({*row[0].tolist()} - {0} for row in text_ids(["playlist", "playlists", "shuffle"]))
    assert len(playlist & playlists) > 8
    assert len(playlist & shuffle) < 3


def test_long_texts_are_cut_and_empty_ones_are_nothing() -> None:
    ids = text_ids(["a " * 50 + "extraordinarily" * 9, "?!", ""])
    assert ids.shape == (3, WORDS, PIECES)
    assert ids.max() < BUCKETS
    assert not ids[1:].any()
    assert text_ids([]).shape == (0, WORDS, PIECES)
