"""pynput's keys -> names and characters."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import pytest

from encore_recorder.sources.keys import KeyReader, character_of


@dataclass
class Named:
    """Like a member of `pynput.keyboard.Key`."""

    name: str


@dataclass
class Code:
    """Like a `pynput.keyboard.KeyCode`."""

    char: str | None = None
    vk: int | None = None
    is_dead: bool = False
    combining: str = ""

    @classmethod
    def from_char(cls, char: str) -> Code:
        return cls(char)

    def join(self, key: Code) -> Code:
        joined = unicodedata.normalize("NFC", key.char + self.combining)
        if len(joined) > 1:
            raise ValueError(key)
        return Code(joined)


ACUTE = Code("´", is_dead=True, combining="\N{COMBINING ACUTE ACCENT}")
ALTGR = Code(None, 0xFE03)


def typed(reader: KeyReader, *keys: object) -> str:
    text = ""
    for key in keys:
        text += reader.pressed(key)[1] or ""
        reader.released(key)
    return text


@pytest.mark.parametrize(
    ("key", "name", "text"),
    [
        (Code("a"), "a", "a"),
        (Code("A"), "a", "A"),
        (Code("!"), "!", "!"),
        (Code("é"), "é", "é"),
        (Named("space"), "space", " "),
        (Code(" "), "space", " "),
        (Named("enter"), "enter", None),
        (Named("page_down"), "pagedown", None),
        (Named("cmd"), "win", None),
        (Named("ctrl_r"), "ctrlright", None),
        (Named("media_play_pause"), "playpause", None),
        (ALTGR, "altgr", None),
        (Code(None, 269025048), "<269025048>", None),
        (Code(None, 0), "<0>", "\N{REPLACEMENT CHARACTER}"),
        (None, "<0>", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_names_are_pyautoguis(key: object, name: str, text: str | None):
    assert KeyReader().pressed(key) == (name, text)
    assert KeyReader().released(key) == name


def test_pyautogui_knows_every_name_that_is_said_to_be_its_own():
    # Its import needs a display, its source does not.
    import importlib.util
    from pathlib import Path

    from encore_recorder.sources.keys import SPECIAL

    spec = importlib.util.find_spec("pyautogui")
    source = (Path(spec.submodule_search_locations[0]) / "__init__.py").read_text(encoding="utf-8")
    known = source[source.index("KEY_NAMES = [") :]
    known = known[: known.index("]\n")]
    assert [name for name in SPECIAL.values() if f'"{name}"' not in known] == ["altgr"]


def test_a_dead_key_and_a_letter_are_one_character():
    reader = KeyReader()
    assert typed(reader, ACUTE, Code("e"), Code("e")) == "ée"
    assert typed(reader, ACUTE, Named("space")) == "´"
    assert typed(reader, ACUTE, Code("q")) == "´q"


def test_a_dead_key_types_nothing_yet():
    assert KeyReader().pressed(ACUTE) == ("´", "")


def test_caps_lock_turns_letters_around():
    reader = KeyReader(caps_lock=True)
    assert typed(reader, Code("a"), Code("A"), Code("1"), Code("ß")) == "Aa1ß"
    assert typed(reader, Named("caps_lock"), Code("a")) == "a"


def test_altgr_looks_the_character_up():
    reader = KeyReader(lambda keysym, shift: {(0xE0, False): "@"}.get((keysym, shift)))
    reader.pressed(ALTGR)
    assert reader.pressed(Code("à", 0xE0)) == ("@", "@")
    assert reader.pressed(Code("x", 0x78)) == ("x", "x")
    reader.released(ALTGR)
    assert reader.pressed(Code("à", 0xE0)) == ("à", "à")


@pytest.mark.parametrize(
    ("keysym", "character"),
    [(0x40, "@"), (0xE9, "é"), (0x20AC, "€"), (0x010020AC, "€"), (0x01003042, "あ"), (0xFF0D, None), (0, None)],
)
def test_keysyms_of_characters(keysym: int, character: str | None):
    assert character_of(keysym) == character
