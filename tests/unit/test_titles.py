"""Whether a text on the screen is the title that was asked for."""

from __future__ import annotations

import pytest

from encore_agent.titles import Match, begins_alike, best_matches, match


@pytest.mark.parametrize(
    ("wanted", "read", "found"),
    [
        ("Yesterday", "YESTERDAY!", Match.EXACT),
        ("Café del Mar", "Cafe del Mar", Match.EXACT),
        ("Billie Jean", "Bi1lie Jean", Match.READ_ALIKE),
        ("File", "Eile", Match.READ_ALIKE),
        ("Tabs", "Iabs", Match.READ_ALIKE),
        ("Output", "Qutput", Match.READ_ALIKE),
        ("fast", "east", Match.NONE),
        ("Yesterday", "Yesterday (Remastered 2009)", Match.DECORATED),
        ("Yesterday", "Yesterday - 2015 Mix", Match.DECORATED),
        ("Yesterday", "Yesterday Once More", Match.NONE),
        ("Yesterday", "Yesterday (Live)", Match.NONE),
        ("Yesterday Once More", "Yesterday", Match.NONE),
        ("Recent", "© Recent", Match.READ_ALIKE),
        ("回home", "home", Match.READ_ALIKE),
        ("File System", "回 File System", Match.READ_ALIKE),
        ("A Day", "B Day", Match.NONE),
        ("X Factor", "Factor", Match.NONE),
        ("Ótimo", "timo", Match.NONE),
        ("東京", "京", Match.NONE),
        ("", "", Match.NONE),
        ("?", "?", Match.EXACT),
    ],
)
def test_words_more_or_less_make_it_another_title(wanted: str, read: str, found: Match) -> None:
    assert match(wanted, read) == found


@pytest.mark.parametrize("end", ["…", "...", "..", " (…", " (..", " (.", " (", " [", " ."])
def test_a_text_that_is_cut_off_names_more_than_what_is_left_of_it(end: str) -> None:
    assert match("Burning Signal Report", f"Burning Signal Report{end}") == Match.NONE
    assert match("Burning Signal Report", f"Burning Signal Rep{end}") == Match.SHORTENED
    assert match("Burning Signal Report", f"Burning{end}") == Match.NONE


@pytest.mark.parametrize("end", ["…", "..."])
def test_nothing_is_cut_off_that_is_no_wider_than_the_sign_for_it(end: str) -> None:
    assert match("Frozen Lantern at Dawn", f"Frozen Lantern at Daw{end}") == Match.NONE
    assert match("Frozen Lantern at Dawn", f"Frozen Lantern at Da{end}") == Match.SHORTENED
    assert match(f"Frozen Lantern at Daw{end}", "Frozen Lantern at Dawn") == Match.NONE


def test_a_whole_title_is_not_shorter_than_what_was_left_of_a_longer_one() -> None:
    assert match("Burning Signal Report I…", "Burning Signal Report") == Match.NONE
    assert match("Burning Signal Report I…", "Burning Signal Report…") == Match.SHORTENED


def test_a_shown_title_that_was_cut_off_itself_agrees_as_far_as_it_goes() -> None:
    assert match("Burning Signal Rep…", "Burning Signal Rep...") == Match.READ_ALIKE
    assert match("Burning Signal Rep…", "Burning Signal Report") == Match.SHORTENED
    assert match("Burning…", "Burning Signal Report") == Match.NONE
    assert match("Burning Signal Rep.", "Burning Signal Rep..") == Match.READ_ALIKE
    assert match("Burning Signal Rep.", "Burning Signal Report") == Match.NONE


def test_the_best_matches_are_all_of_the_best_kind() -> None:
    found = best_matches("Yesterday", ["Yesterday (Remastered)", "yesterday", "Tomorrow", "Yesterday"])
    assert found == (Match.EXACT, [1, 3])
    assert best_matches("Yesterday", ["Tomorrow"]) == (Match.NONE, [])


@pytest.mark.parametrize(
    ("wanted", "read", "alike"),
    [
        ("Bit depth", "Bit de…", True),
        ("Manicha...", "Manic...", True),
        ("Manic...", "Manichaean", True),
        ("Bit depth", "Bit rate...", False),
        ("Bit depth", "Bi...", False),
        ("Bit", "Bit depth", False),
        ("Bit depth", "Bit depth", False),
        ("Frozen...", "Froz", False),
    ],
)
def test_what_is_left_of_a_label_begins_the_whole_one(wanted: str, read: str, alike: bool) -> None:
    assert begins_alike(wanted, read) == alike
