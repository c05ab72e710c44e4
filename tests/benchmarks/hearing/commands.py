"""What is said in the hearing benchmark: commands, other ways to say them, titles, and talk that asks for nothing.

Two lists of each kind, one for development and one for the final run, with no command, wording or title in common.
Nothing that a model of Encore is trained on may say any of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from rapidfuzz import fuzz, process

from encore_models.phrases import words_of

Split = Literal["dev", "final"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command that is enrolled, and its sibling, which shares words with it and means something else."""

    text: str
    sibling: str
    registered: tuple[str, ...] = ()
    """Other wordings that the user confirmed as text; nobody ever said them to Encore."""
    unregistered: tuple[str, ...] = ()
    """Other wordings that Encore was never told of."""


@dataclass(frozen=True, slots=True)
class Title:
    """A song that can be asked for."""

    text: str
    artist: str
    said: str
    """As a person says it: "nineteen seventy nine"."""


@dataclass(frozen=True, slots=True)
class Request:
    """A way to ask for a title."""

    title: Title
    wording: Literal["plain", "by", "filler"]
    text: str


_DEV = (
    Spoken(
        "open the calendar",
        "open the calculator",
        ("show me the calendar", "bring up the calendar"),
        ("let me see my calendar",),
    ),
    Spoken(
        "make the text bigger",
        "make the text smaller",
        ("increase the font size", "larger text"),
        ("I need bigger letters",),
    ),
    Spoken("go back", "go home", ("back one page", "return to where I was"), ("take me back",)),
    Spoken(
        "shuffle this playlist",
        "repeat this playlist",
        ("play this in random order", "turn shuffle on"),
        ("mix these songs up",),
    ),
    Spoken("lock the screen", "clear the screen", ("lock my computer", "lock it now"), ("secure the computer",)),
    Spoken(
        "send the report", "print the report", ("mail the report", "send off the report"), ("the report should go out",)
    ),
    Spoken(
        "start the timer", "reset the timer", ("begin counting down", "set the timer going"), ("let the timer run",)
    ),
    Spoken("zoom in", "zoom out", ("magnify this", "closer please"), ("enlarge the picture",)),
    Spoken(
        "call the office", "email the office", ("phone the office", "ring the office"), ("get the office on the line",)
    ),
    Spoken(
        "delete this picture",
        "rename this picture",
        ("remove this photo", "get rid of this image"),
        ("throw this picture away",),
    ),
    Spoken("skip this song", "like this song", ("not this song", "jump over this one"), ("something else please",)),
    Spoken(
        "show the weather for today",
        "show the news for today",
        ("what is the weather like", "today's forecast"),
        ("will it rain today",),
    ),
    Spoken("connect the headphones", "connect the keyboard"),
    Spoken("close all windows", "minimize all windows"),
    Spoken("select everything", "copy everything"),
)
_FINAL = (
    Spoken(
        "open the settings",
        "close the settings",
        ("show me the preferences", "go to the options"),
        ("I want to change my settings",),
    ),
    Spoken(
        "turn the volume up",
        "turn the volume down",
        ("make it louder", "increase the volume"),
        ("I can hardly hear this",),
    ),
    Spoken("next track", "next page", ("play the following track", "go to the next one"), ("move on to another song",)),
    Spoken(
        "pause the music", "change the music", ("stop playing for a moment", "hold the music"), ("quiet for a minute",)
    ),
    Spoken(
        "show my downloads",
        "show my documents",
        ("open the downloads folder", "what have I downloaded"),
        ("where are my downloaded files",),
    ),
    Spoken(
        "start a new document",
        "start a new folder",
        ("create an empty document", "give me a blank page"),
        ("let's write something new",),
    ),
    Spoken(
        "mute the microphone",
        "mute the speakers",
        ("turn off the microphone", "switch my mic off"),
        ("nobody should hear me",),
    ),
    Spoken("save this file", "share this file", ("keep my changes", "store the file"), ("write it to the disk",)),
    Spoken(
        "scroll to the top",
        "scroll to the bottom",
        ("go to the beginning", "jump to the start"),
        ("all the way up please",),
    ),
    Spoken(
        "play my favourite songs",
        "play my recent songs",
        ("put on the songs I love", "start my favourites"),
        ("I want to hear my best loved music",),
    ),
    Spoken(
        "reply to this message",
        "forward this message",
        ("answer this message", "write back"),
        ("respond to that mail",),
    ),
    Spoken(
        "switch to the browser",
        "switch to the terminal",
        ("bring the browser to the front", "show the web browser"),
        ("get me on the internet",),
    ),
    Spoken("add a bookmark here", "remove the bookmark here"),
    Spoken("take a screenshot", "take a note"),
    Spoken("undo that", "redo that"),
)
_SPOKEN: dict[Split, tuple[Spoken, ...]] = {"dev": _DEV, "final": _FINAL}

_TALK: dict[Split, tuple[str, ...]] = {
    "dev": (
        "We marked the party in the calendar last week",
        "The text on the bigger poster was hard to read",
        "They want to go back to school in September",
        "My sister made a playlist for the wedding",
        "Somebody has to lock the garden gate at night",
        "The report was sent to nobody in particular",
        "He forgot the timer and burnt the potatoes",
        "The new office is on the third floor",
        "I took a picture of the lake this morning",
        "That song was on the radio all summer",
        "The weather was awful when we arrived",
        "She left her headphones on the train",
        "All the windows in this house are old",
        "He lost everything in the fire",
        "A zoom lens would be too heavy for the trip",
        "You cannot select your neighbours",
        "The skipper of this boat is my uncle",
        "Clearly the screen door needs some paint",
        "I called, but the office was closed",
        "Play is important for small children",
    ),
    "final": (
        "The settings of this novel are mostly rural",
        "Turn left where the road goes up the hill",
        "The next track leads through the forest",
        "After a short pause the music went on",
        "He showed me the documents from the bank",
        "They start a new school in the spring",
        "The speaker had no microphone and was hard to hear",
        "You can save a lot of time with this knife",
        "We walked to the top of the tower",
        "These are my favourite biscuits",
        "I never got a reply to this letter",
        "The browser in the book shop bought nothing",
        "Her bookmark fell out on page ninety",
        "Take a seat, the doctor will be here soon",
        "Nobody can undo that kind of damage",
        "The volume of the box is two litres",
        "I think the file is in the tool box",
        "The players lost their last game",
        "Scrolls of paper were found in the cave",
        "What a nice message to share",
    ),
}
_FILLERS = ("please {}", "{} please", "okay {}", "um {}", "could you {}", "hey {} now")

TITLES_KNOWN = (50, 500)
"""How many titles the user's lists hold."""
_ALIKE = 5
"""Pairs of titles among the 50 that are written most like each other."""
_ASKED_OF_500 = 100


def spoken(split: Split) -> tuple[Spoken, ...]:
    """The 15 commands that are enrolled, each with its sibling: 30 in all."""
    return _SPOKEN[split]


def commands(split: Split) -> tuple[str, ...]:
    """All 30, enrolled ones first."""
    return (*(one.text for one in spoken(split)), *(one.sibling for one in spoken(split)))


def talk(split: Split) -> tuple[str, ...]:
    """Sentences that share words with the commands and ask for nothing."""
    return _TALK[split]


def everything_said(split: Split) -> Iterator[str]:
    """Every text of a split; what a model of Encore must not have been trained on."""
    for one in spoken(split):
        yield from (one.text, one.sibling, *one.registered, *one.unregistered)
    yield from talk(split)
    yield from (title.text for title in titles(split))


@cache
def titles(split: Split) -> tuple[Title, ...]:
    """500 titles; the first 50 of them are the shorter list."""
    found = list(_read(Path(__file__).with_name(f"titles_{split}.txt")))
    chance = random.Random(f"titles {split}")
    chance.shuffle(found)
    found = found[: TITLES_KNOWN[1]]
    alike = _most_alike(found)
    chosen = [*alike, *(title for title in found if title not in alike)][: TITLES_KNOWN[0]]
    return (*chosen, *(title for title in found if title not in chosen))


def requests(split: Split, known: int) -> list[Request]:
    """How titles of a list are asked for: 8 of 10 plainly, 1 with its artist, 1 with words that mean nothing.

    Args:
        split: Whose titles.
        known: 50 or 500; of the 500 every fifth is asked for.
    """
    listed = titles(split)[:known]
    chance = random.Random(f"requests {split} {known}")
    asked = listed if known == TITLES_KNOWN[0] else chance.sample(listed, _ASKED_OF_500)
    made = []
    for index, title in enumerate(asked):
        plain = f"play {title.said}"
        if index % 10 == 3:
            made.append(Request(title, "by", f"{plain} by {title.artist}"))
        elif index % 10 == 7:
            made.append(Request(title, "filler", chance.choice(_FILLERS).format(plain)))
        else:
            made.append(Request(title, "plain", plain))
    return made


def _read(path: Path) -> Iterator[Title]:
    """Lines of `artist: title; title~as it is said; ...`."""
    for line in path.read_text("utf-8").splitlines():
        artist, listed = line.split(": ", 1)
        for entry in listed.split("; "):
            text, _, said = entry.partition("~")
            yield Title(text, artist, said or text)


def _most_alike(found: list[Title]) -> list[Title]:
    """Titles in the pairs that are written most like each other, one pair a title."""
    letters = ["".join(words_of(title.text)) for title in found]
    pairs = sorted(
        (
            (score, index, other)
            for index, text in enumerate(letters)
            for _, score, other in process.extract(text, letters, scorer=fuzz.ratio, limit=3)
            if other > index
        ),
        reverse=True,
    )
    chosen: list[Title] = []
    for _, index, other in pairs:
        if found[index] not in chosen and found[other] not in chosen and len(chosen) < 2 * _ALIKE:
            chosen += [found[index], found[other]]
    return chosen
