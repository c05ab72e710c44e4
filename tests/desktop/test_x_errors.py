"""A connection to the X server outlives what went wrong on it."""

from __future__ import annotations

import pytest

from demos.stage import Stage
from encore_recorder.errors import ScreenLost
from encore_recorder.sources.display import open_display
from encore_recorder.sources.screen import Screen


def test_a_property_that_became_shorter_while_it_was_read_leaves_the_connection_usable(stage: Stage) -> None:
    from Xlib import X, error

    connection = open_display()
    try:
        root = connection.screen().root
        name = connection.intern_atom("_NET_SUPPORTING_WM_CHECK")
        with pytest.raises(error.BadValue):
            root.get_property(name, X.AnyPropertyType, 1000, 1)  # begins beyond its end
        assert root.get_full_property(name, X.AnyPropertyType) is not None
    finally:
        connection.close()


def test_a_screen_that_was_lost_is_seen_again_when_it_is_reopened(stage: Stage) -> None:
    with Screen() as screen:
        bounds = screen.bounds
        screen.close()
        with pytest.raises(ScreenLost, match="closed"):
            screen.grab()
        screen.reopen()
        assert screen.bounds == bounds
        assert screen.grab().rect == bounds
