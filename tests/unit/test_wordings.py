"""Labels that mean the same, and labels that only look it."""

from __future__ import annotations

import pytest

from encore_agent.wordings import same_wording


@pytest.mark.parametrize(
    ("shown", "now"),
    [
        ("Settings", "Preferences"),
        ("Delete", "Remove"),
        ("Inbox (3)", "Inbox (12)"),
        ("Orders", "All orders"),
        ("Search products", "Find products"),
        ("Upload", "Upload files"),
        ("Add to cart", "Put in cart"),
        ("Apply", "APPLY NOW"),
        ("Save", "save…"),
        ("Log in", "Sign in"),
        ("View", "Display"),
        ("Show previews", "Display previews"),
    ],
)
def test_wordings_of_the_same(shown: str, now: str) -> None:
    assert same_wording(shown, now)
    assert same_wording(now, shown)


@pytest.mark.parametrize(
    ("shown", "now"),
    [
        ("Delete", "Deleted"),
        ("Save", "Save as"),
        ("Open", "Open with"),
        ("Select all", "Select none"),
        ("Select", "Select all"),
        ("Delete", "Delete all"),
        ("Export", "Import"),
        ("File", "Files"),
        ("Mute", "Unmute"),
        ("Log in", "Log out"),
        ("View", "Show"),
        ("Follow", "Following"),
        ("", ""),
        ("3", "5"),
    ],
)
def test_labels_that_only_look_the_same(shown: str, now: str) -> None:
    assert not same_wording(shown, now)
    assert not same_wording(now, shown)
