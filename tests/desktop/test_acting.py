"""What Encore's hands do, as the X server tells it."""

from __future__ import annotations

import time

from demos.stage import Stage
from encore_agent.act import PyAutoGuiActuator
from encore_recorder.actions import DoubleClick
from encore_recorder.events import PointerButton
from encore_recorder.geometry import Point
from encore_recorder.sources.inputs import InputSource

APART_NS = 20_000_000
"""Far more than the whole milliseconds in which programs tell the times of clicks."""


def test_the_clicks_of_a_double_click_are_not_at_one_time(stage: Stage) -> None:
    events: list[object] = []
    with InputSource(events.append):
        PyAutoGuiActuator().perform(DoubleClick(Point(640, 700)))
        time.sleep(0.3)
    pressed = [event.time_ns for event in events if isinstance(event, PointerButton) and event.pressed]
    assert len(pressed) == 2
    assert pressed[1] - pressed[0] > APART_NS
