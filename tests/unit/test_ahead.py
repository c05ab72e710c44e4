"""Work that is done ahead, and dropped when there is newer one."""

from __future__ import annotations

import queue
import threading

import pytest

from encore_agent.ahead import Ahead, Cancelled
from encore_agent.messages import Trouble


def test_newer_work_begins_once_the_older_one_was_dropped() -> None:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()

    def endless(cancelled: Cancelled) -> None:
        told.put("begun")
        while not cancelled():
            pass
        told.put("dropped")

    before = set(threading.enumerate())
    ahead = Ahead(print)
    ahead.begin(endless)
    assert told.get(timeout=30) == "begun"
    ahead.begin(lambda cancelled: told.put("newer"))
    assert [told.get(timeout=30), told.get(timeout=30)] == ["dropped", "newer"]
    ahead.begin(endless)
    ahead.stop()
    ahead.stop()
    assert set(threading.enumerate()) <= before


def test_what_goes_wrong_is_told(caplog: pytest.LogCaptureFixture) -> None:
    told: queue.SimpleQueue[object] = queue.SimpleQueue()

    def broken(cancelled: Cancelled) -> None:
        raise ValueError("the list is empty")

    ahead = Ahead(told.put)
    ahead.begin(broken)
    event = told.get(timeout=30)
    assert isinstance(event, Trouble)
    assert "the list is empty" in event.message
    ahead.stop()
    assert "failed" in caplog.text
