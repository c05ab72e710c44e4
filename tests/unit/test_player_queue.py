"""The stand-in player's order of play."""

from __future__ import annotations

import random

import pytest

from demos.player.catalogue import generate
from demos.player.queue import Queue

A, B, C, D, X, Y = generate().tracks[:6]


@pytest.fixture
def queue() -> Queue:
    return Queue(random.Random(0))


def test_nothing_before_the_first_start(queue: Queue):
    assert queue.current is None
    assert queue.next() is None
    assert queue.previous() is None
    assert queue.coming() == []


def test_goes_through_the_list_and_ends(queue: Queue):
    assert queue.start([A, B, C], 1) == B
    assert queue.coming() == [C]
    assert queue.next() == C
    assert queue.next() is None
    assert queue.current == C
    assert [queue.previous(), queue.previous(), queue.previous()] == [B, A, A]


def test_added_tracks_come_first_and_the_list_goes_on(queue: Queue):
    queue.start([A, B, C], 0)
    queue.added += [X, Y]
    assert queue.coming() == [X, Y, B, C]
    assert [queue.next(), queue.next(), queue.next()] == [X, Y, B]


def test_previous_leads_from_an_added_track_back_to_the_list(queue: Queue):
    queue.start([A, B], 0)
    queue.added.append(X)
    queue.next()
    assert queue.previous() == A


def test_repeat(queue: Queue):
    queue.start([A, B], 1)
    queue.repeat = "all"
    assert queue.next() == A
    queue.repeat = "one"
    assert queue.next(by_itself=True) == A
    assert queue.next() == B, "asked for by the person"


def test_shuffle_keeps_the_current_track_and_plays_each_once(queue: Queue):
    queue.start([A, B, C, D], 2)
    queue.shuffle = True
    assert queue.current == C
    rest = [queue.next() for _ in range(3)]
    assert {track.index for track in rest if track} == {A.index, B.index, D.index}
    queue.shuffle = False
    assert queue.current == rest[-1]
