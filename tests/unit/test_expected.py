"""What a decoder is offered to look at several tokens at once."""

from __future__ import annotations

import pytest

from encore_models.perception.expected import MOST, UNEXPECTED, Expected

PLAY, HALF, THE, A, WORLD, AWAY, JUDE, HEY, NEXT, TRACK, STOP = range(11)
KNOWN = Expected(
    [
        (PLAY, HALF, THE, WORLD, AWAY, STOP),
        (PLAY, HEY, JUDE, STOP),
        (PLAY, A),
        (NEXT, TRACK, STOP),
        (TRACK,) * (2 * MOST),
    ]
)


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ((), (PLAY,)),
        ((PLAY, HALF), (THE, WORLD, AWAY, STOP)),
        ((PLAY, HALF, THE, WORLD), (AWAY, STOP)),
        ((NEXT,), (TRACK, STOP)),
        ((NEXT, HALF), ()),
        ((PLAY, A), ()),
        ((STOP,), ()),
        ((TRACK,), (TRACK,) * MOST),
    ],
)
def test_what_goes_on_like_a_known_sentence_is_offered(said: tuple[int, ...], offered: tuple[int, ...]) -> None:
    assert KNOWN.after(said) == offered


def test_of_many_that_go_on_each_in_its_own_way_none_is_offered() -> None:
    assert Expected([(PLAY, number, STOP) for number in range(20)]).after((PLAY,)) == ()


def test_nothing_is_expected() -> None:
    assert UNEXPECTED.after(()) == ()
