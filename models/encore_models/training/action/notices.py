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
    plate: tuple[str, str] = ("ink", "ground")
    """Colours of a note, of a theme: below its words, and these."""
    shade: float = 0.35
    """How dark all but the box is made."""
    off: tuple[int, int] = (0, 0)
    """How far the box is from the middle of the window."""


_WAITING = (
    "Loading Fetching Opening Reading Reloading Refreshing Connecting Searching Buffering Downloading Processing "
    "Starting Updating Indexing Scanning Importing Gathering Receiving Checking Querying"
).split()
_AWAITED = ("items", "the list", "results", "messages", "files", "pictures", "your library", "your account", "the page")
_CHANGED = ("Changes", "Message", "Item", "Picture", "Note", "Contact", "Entry", "Folder", "Document", "Event")
_HAPPENED = "saved sent deleted added removed moved renamed archived exported restored".split()

LOADING: dict[Split, tuple[str, ...]] = {
    "train": (
        *(f"{doing}…" for doing in _WAITING),
        *(f"{doing} {what}…" for doing in _WAITING for what in _AWAITED),
        "Please wait…", "Please wait a little", "Hold on…", "Hang on…", "One second…", "Wait a second…",
        "Almost there…", "Getting things ready…", "Getting ready…", "Nearly done…", "This may take a while",
        "Working…", "Working on it…", "Not ready yet", "Waiting for an answer", "Waiting for the server…",
        "Stand by…", "Bear with us",
    ),
    "validation": ("Still loading…", "One moment please…", "Retrieving data…"),
    "test": ("Just a moment…", "Loading your content", "Preparing the view…"),
}  # fmt: skip
PASSING: dict[Split, tuple[str, ...]] = {
    "train": (
        *(f"{what} {done}" for what in _CHANGED for done in _HAPPENED),
        "Saving your changes…", "Saved", "Copied to the clipboard", "You are offline", "Sync in progress", "Undone",
        "Upload complete", "Message sent", "Added to the list", "Connected", "No connection", "Working offline",
        "Saving…", "Reconnecting…", "Sending…", "Sync finished", "Export finished", "Import finished", "Printing…",
        "Everything is up to date", "3 items selected", "Moved to the trash", "Nothing to undo", "Reminder set",
        "Now playing on this device", "Signed in",
    ),
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
        ("We use cookies", "Choose what you agree to.", ("Reject all", "Accept all")),
        ("Something went wrong", "The server did not answer.", ("Close", "Try again")),
        ("What is new", "See what changed in this version.", ("Skip", "Show me")),
        ("Subscribe to our newsletter", "News once a month.", ("No", "Subscribe")),
        ("Unsaved work was found", "Open it again?", ("Discard", "Recover")),
        ("Use your microphone?", "The application asks for it.", ("Deny", "Grant")),
        ("Restart required", "Some changes need it.", ("Wait", "Restart")),
        ("Verify your address", "We sent you a message.", ("Resend", "Continue")),
        ("Upgrade to premium", "No more breaks between songs.", ("Not interested", "See offers")),
        ("Send a crash report?", "It helps us to mend this.", ("Never", "Send")),
        ("Open with another program?", "This one is not the default.", ("Keep", "Pick one")),
        ("The disk was not ejected", "Do so before you unplug it.", ("OK", "Help")),
        ("You were signed out", "Somebody used your account.", ("Exit", "Log in")),
        ("Take a short tour?", "Learn the most important things.", ("Another time", "Begin")),
        ("Import your contacts?", "They were found on this computer.", ("Leave them", "Import")),
        ("Your payment failed", "Enter another card.", ("Cancel", "Pay")),
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

PLATES = (("ink", "ground"), ("chosen", "chosen_ink"), ("card", "ink"))
SHADES = (0.0, 0.2, 0.35, 0.5)

KNOWN_PASSING = ("Loading…", "Please wait…", "Saving your changes…", "Sync in progress")
KNOWN_ASKING = ("Allow", "Later", "Not now", "Update available", "Sign in", "Your answer is needed first.")
"""What a model begins with: words of waiting, and of others' questions, all of them of training."""


def draw_notices(split: Split, rng: np.random.Generator) -> Notices:
    """Those of one program of a part of the data."""
    return Notices(
        str(rng.choice(LOADING[split])),
        str(rng.choice(PASSING[split])),
        *ASKING[split][int(rng.integers(len(ASKING[split])))],
        PLATES[int(rng.integers(len(PLATES)))],
        float(rng.choice(SHADES)),
        (int(rng.integers(-120, 121)), int(rng.integers(-60, 61))),
    )
