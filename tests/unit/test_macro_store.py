"""A macro's folder is whole or not there, and says what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encore_models.errors import BrokenMacro
from encore_models.macro import (
    FORMAT_VERSION,
    Macro,
    Phrase,
    PlaybackEffect,
    Slot,
    Step,
    Target,
    WindowIdentity,
    fill,
)
from encore_models.store import create_macro, read_macro, read_picture, write_macro
from encore_recorder.actions import DoubleClick, Drag, PressKeys, Scroll, TypeText
from encore_recorder.geometry import Point, Rect

PICTURE = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)


def example() -> Macro:
    window = WindowIdentity("player", "Player – ♫", Rect(-5, 0, 60, 40))
    target = Target(
        "row", Rect(1, 2, 3, 4), Point(-1, 0), "Yesterday", "Yesterday  The Band", "{song}", 2, "list item", "{song}"
    )
    name = "steps/01-before.png"
    actions = [
        DoubleClick(Point(2, 3), ("ctrl",)),
        TypeText("{song}"),
        PressKeys(("ctrl", "f")),
        Scroll(Point(0, 0), 0, -3),
        Drag(Point(0, 0), Point(5, 5)),
    ]
    steps = tuple(Step(action, window, name, target if i == 0 else None) for i, action in enumerate(actions))
    return Macro(
        "play-song", "Play {song}", (Phrase("play {song}"),), (Slot("song", ("Yesterday",)),), steps,
        "2026-01-01T00:00:00+00:00", "demo-1", PlaybackEffect("spotify", "Playing", "{song}"),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_macro(example(), {"steps/01-before.png": PICTURE}, tmp_path / "play-song")
    return tmp_path / "play-song"


def test_what_is_written_is_read(folder: Path) -> None:
    assert read_macro(folder) == example()
    assert np.array_equal(read_picture(folder, "steps/01-before.png"), PICTURE)
    assert list(folder.parent.iterdir()) == [folder]


def test_a_macro_of_an_older_version_is_read(folder: Path) -> None:
    text = json.loads((folder / "macro.json").read_text())
    for step in text["steps"]:
        del step["after"], step["on"]
        if step["target"] is not None:
            del step["target"]["role"], step["target"]["name"]
    (folder / "macro.json").write_text(json.dumps(text))
    target = read_macro(folder).steps[0].target
    assert target is not None
    assert (target.text, target.role, target.name) == ("Yesterday", "", "")


def test_the_picture_after_a_step_has_to_be_there_where_it_is_named(tmp_path: Path) -> None:
    first, *others = example().steps
    switch = replace(first, after="steps/01-after.png", on=Rect(1, 2, 4, 4))
    macro = replace(example(), steps=(switch, *others))
    create_macro(macro, {switch.before: PICTURE, switch.after: PICTURE}, tmp_path / "play-song")
    assert read_macro(tmp_path / "play-song") == macro
    (tmp_path / "play-song" / switch.after).unlink()
    with pytest.raises(BrokenMacro, match=r"01-after\.png is missing"):
        read_macro(tmp_path / "play-song")


def test_nothing_is_overwritten(folder: Path) -> None:
    with pytest.raises(FileExistsError, match="choose another id"):
        create_macro(example(), {}, folder)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        create_macro(example(), {"steps/01-before.png": PICTURE, "no/such/folder.png": PICTURE}, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda f: (f / "macro.json").write_text("{"), "damaged"),
        (lambda f: (f / "macro.json").unlink(), "cannot be read"),
        (lambda f: (f / "steps/01-before.png").unlink(), "is missing"),
        (lambda f: write_macro(replace(example(), version=FORMAT_VERSION + 1), f), "newer Encore"),
    ],
)
def test_a_broken_macro_says_what_is_wrong(folder: Path, damage, told: str) -> None:
    damage(folder)
    with pytest.raises(BrokenMacro, match=told):
        read_macro(folder)


def test_a_macro_checks_itself() -> None:
    with pytest.raises(ValueError, match="no steps"):
        replace(example(), steps=())
    with pytest.raises(ValueError, match=r"uses the slots \['song'\]"):
        replace(example(), slots=())
    with pytest.raises(ValueError, match="needs a word"):
        Phrase("{song}")
    with pytest.raises(ValueError, match="lower case"):
        Slot("Song Title")


def test_slots_are_filled() -> None:
    assert fill("{song} by {artist}", {"song": "A", "artist": "B"}) == "A by B"
    with pytest.raises(KeyError):
        fill("{song}", {})
