"""What the programs of synthetic episodes write over their windows: that something is still to come, or to be answered.

Each part of the data has words of its own, so what is measured is whether the model knows a note by what it means and
where it stands, not by the very words that it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from encore_models.training.action.samples import Split


@dataclass(frozen=True, slots=True)
class Notices:
    """The words of one program."""

    loading: str
    """In the place of what is still to come."""
    passing: str
    """On a note that goes by itself."""
    asking: str
    """Title of a box of somebody else that must be answered first."""
    reason: str
    """Why, below it."""
    answers: tuple[str, str]
    """What that box offers: to put it off, and to do it."""


LOADING: dict[Split, tuple[str, ...]] = {
    "train": ("Loading…", "Please wait…", "Fetching items…", "Loading results", "Getting things ready…", "Working…",
              "Reading the list…", "Connecting…"),
    "validation": ("Still loading…", "One moment please…", "Retrieving data…"),
    "test": ("Just a moment…", "Loading your content", "Preparing the view…"),
}  # fmt: skip
PASSING: dict[Split, tuple[str, ...]] = {
    "train": ("Saving your changes…", "Saved", "Copied to the clipboard", "You are offline", "Sync in progress",
              "Upload complete", "Message sent", "Added to the list"),
    "validation": ("All changes are saved", "Download started", "Back online"),
    "test": ("Your file was saved", "Syncing…", "Link copied"),
}  # fmt: skip
ASKING: dict[Split, tuple[tuple[str, str, tuple[str, str]], ...]] = {
    "train": (
        ("Update available", "Restart to install it.", ("Later", "Install")),
        ("Allow notifications?", "Your answer is needed first.", ("Not now", "Allow")),
        ("Battery is low", "Plug in your charger.", ("Dismiss", "Settings")),
        ("Rate this app", "It takes a minute only.", ("No thanks", "Rate")),
        ("Sign in again", "Your session has ended.", ("Cancel", "Sign in")),
        ("Connection lost", "Check your network.", ("Ignore", "Retry")),
        ("Back up your data?", "It has been a while.", ("Skip", "Back up")),
        ("Storage is almost full", "Remove what you do not need.", ("Close", "Manage")),
    ),
    "validation": (
        ("A new version is ready", "It fixes some problems.", ("Remind me tomorrow", "Upgrade")),
        ("Share your location?", "This site wants to know where you are.", ("Block", "Share")),
        ("Your trial has ended", "Choose a plan to go on.", ("Maybe later", "Plans")),
    ),
    "test": (
        ("Enable automatic updates?", "We suggest to turn them on.", ("Decline", "Enable")),
        ("Your password has expired", "Choose another one now.", ("Log out", "Change")),
        ("Low disk space", "Only 200 MB are left.", ("Not today", "Clean up")),
    ),
}

KNOWN_PASSING = ("Loading…", "Please wait…", "Saving your changes…", "Sync in progress")
KNOWN_ASKING = ("Allow", "Later", "Not now", "Update available", "Sign in", "Your answer is needed first.")
"""What a model begins with: words of waiting, and of others' questions, all of them of training."""


def draw_notices(split: Split, rng: np.random.Generator) -> Notices:
    """Those of one program of a part of the data."""
    asking, reason, answers = ASKING[split][int(rng.integers(len(ASKING[split])))]
    return Notices(str(rng.choice(LOADING[split])), str(rng.choice(PASSING[split])), asking, reason, answers)
