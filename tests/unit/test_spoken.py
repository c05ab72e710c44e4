"""How names are said and when two ways are the same."""

from __future__ import annotations

import pytest

from encore_models.spoken import MOST_FORMS, canonical, spelt_out, spoken_forms


@pytest.mark.parametrize("number", [*range(130), 505, 999, 1000, 1066, 1905, 1979, 1999, 2000, 2001, 2015, 3500, 9999])
def test_a_number_is_the_same_in_words_and_digits(number: int) -> None:
    assert canonical(spelt_out(number)) == str(number)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Track 21", "track twenty one"),
        ("1979", "nineteen seventy-nine"),
        ("Girls & Boys", "girls and boys"),
        ("The Chain", "chain"),
        ("Für Elise", "fur elise"),
        ("Don't Stop Me Now", "dont stop me now"),
        ("yes today", "Yestoday"),
    ],
)
def test_two_ways_to_write_one_name(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), [("Song 2", "Song 3"), ("Yesterday", "Yesterday Once More"), ("A", "B")])
def test_different_names(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Street Spirit (Fade Out)", {"street spirit", "street spirit fade out"}),
        ("Stan (feat. Dido)", {"stan"}),
        ("Let It Be - Remastered 2009", {"let it be"}),
        ("Hey Jude - The Beatles", {"hey jude", "hey jude by the beatles"}),
        ("5:15", {"five fifteen"}),
        ("Cigarettes & Alcohol", {"cigarettes and alcohol"}),
        ("Help!", {"help"}),
        ("Gymnopédie No. 1", {"gymnopedie no. 1", "gymnopédie no. one"}),
    ],
)
def test_ways_to_say_a_name(name: str, forms: set[str]) -> None:
    found = spoken_forms(name)
    assert forms <= set(found)
    assert len(found) <= MOST_FORMS


@pytest.mark.parametrize("name", ["", "...", "()", " - "])
def test_what_cannot_be_said_has_no_form(name: str) -> None:
    assert spoken_forms(name) == ()
