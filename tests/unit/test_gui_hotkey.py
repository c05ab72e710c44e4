"""Chords as they are written, before any display is involved."""

from __future__ import annotations

import pytest

from encore_agent.hotkey import LISTEN, RECORD, STOP, Hotkey, UnknownHotkey, lock_states


def test_a_chord_is_read_in_any_order_and_case() -> None:
    assert Hotkey.parse("Alt+CTRL+r") == Hotkey.parse("ctrl+alt+R") == RECORD
    assert RECORD.keys == ("ctrl", "alt", "r")
    assert STOP.keys == Hotkey.parse("ctrl+alt+esc").keys == ("ctrl", "alt", "esc")


def test_the_defaults_read_as_menus_write_them() -> None:
    assert [str(hotkey) for hotkey in (RECORD, LISTEN, STOP)] == ["Ctrl+Alt+R", "Ctrl+Alt+L", "Ctrl+Alt+Esc"]


@pytest.mark.parametrize("chord", ["r", "", "ctrl", "ctrl+", "ctrl+a+b", "ctrl+alt"])
def test_a_chord_without_a_modifier_or_with_no_single_key_is_refused(chord: str) -> None:
    with pytest.raises(UnknownHotkey, match="Write it like ctrl"):
        Hotkey.parse(chord)


def test_all_states_of_the_lock_keys() -> None:
    assert sorted(lock_states([2, 16])) == [0, 2, 16, 18]
    assert lock_states([]) == (0,)
