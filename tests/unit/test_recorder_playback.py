"""What players say about themselves."""

from __future__ import annotations

import pytest

from encore_recorder.sources.playback import PlaybackState, players, read_state


def test_state_title_and_artists_are_read():
    properties = {
        "PlaybackStatus": ("s", "Playing"),
        "Metadata": ("a{sv}", {"xesam:title": ("s", "Help!"), "xesam:artist": ("as", ["John", "Paul"])}),
    }
    assert read_state("spotify", properties) == PlaybackState("spotify", "Playing", "Help!", "John, Paul")


@pytest.mark.parametrize("metadata", [{}, {"Metadata": ("a{sv}", {})}, {"Metadata": ("s", "")}])
def test_a_player_without_a_track_has_no_title(metadata: dict):
    state = read_state("p", {"PlaybackStatus": ("s", "Stopped"), **metadata})
    assert state == PlaybackState("p", "Stopped", "", "")


def test_an_artist_that_is_one_text_is_taken():
    state = read_state("p", {"PlaybackStatus": ("s", "Paused"), "Metadata": ("a{sv}", {"xesam:artist": ("s", "Nina")})})
    assert state is not None
    assert state.artist == "Nina"


@pytest.mark.parametrize("properties", [{}, {"PlaybackStatus": ("s", "Dancing")}])
def test_what_is_no_player_is_left_out(properties: dict):
    assert read_state("p", properties) is None


def test_without_a_session_bus_there_are_no_players(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    assert players() == []
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    assert players() == []
