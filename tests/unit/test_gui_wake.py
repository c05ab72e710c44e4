"""Teaching the wake phrase: three times, with what was wrong, and no trace where it is given up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from encore_agent.messages import Progress, Trouble
from encore_gui.bridge import Bridge
from encore_gui.state import AgentState
from encore_gui.wake_dialog import WakeDialog
from tests.gui_sample import FakeAgent


@pytest.fixture
def bridge(agent: FakeAgent, qtbot: QtBot) -> Iterator[Bridge]:
    bridge = Bridge(agent.subscribe)
    yield bridge
    bridge.close()


def opened(agent: FakeAgent, bridge: Bridge, qtbot: QtBot) -> WakeDialog:
    dialog = WakeDialog(agent, bridge, AgentState(agent, bridge, bridge))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_it_listens_and_shows_each_time(agent: FakeAgent, bridge: Bridge, qtbot: QtBot) -> None:
    agent.muted = True
    dialog = opened(agent, bridge, qtbot)
    assert agent.asked == [("mute", False), ("enrol_wake",)]
    agent.tell(Progress("say your wake phrase (2 of 3)", 1 / 3))
    qtbot.waitUntil(lambda: dialog.said.count == 1)
    agent.tell(Trouble("“hey” sounded different from before; say the same words each time"))
    qtbot.waitUntil(lambda: "different" in dialog.status.text())
    assert dialog.said.count == 1
    agent.wake_phrase = "hey encore"
    agent.tell(Progress("the wake phrase is “hey encore”", 1.0))
    qtbot.waitUntil(lambda: dialog.said.count == 3)
    assert dialog.status.text() == "Encore knows “hey encore” now."
    dialog.use.click()
    assert agent.asked[-1] == ("set_mode", "wake")
    assert agent.listening


def test_other_work_is_not_taken_for_it(agent: FakeAgent, bridge: Bridge, qtbot: QtBot) -> None:
    dialog = opened(agent, bridge, qtbot)
    agent.tell(Progress("looking through a recording", 1.0), Progress("say your wake phrase (2 of 3)", 1 / 3))
    qtbot.waitUntil(lambda: dialog.said.count == 1)
    assert not dialog.use.isVisible()


def test_giving_up_leaves_everything_as_it_was(agent: FakeAgent, bridge: Bridge, qtbot: QtBot) -> None:
    dialog = opened(agent, bridge, qtbot)
    agent.tell(Progress("say your wake phrase (1 of 3)", 0.0))
    qtbot.waitUntil(lambda: dialog._state.progress is not None)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog._state.progress is None
    assert agent.asked[-2:] == [("stop_enrolling_wake",), ("set_listening", False)]


def test_one_who_listened_before_listens_on(agent: FakeAgent, bridge: Bridge, qtbot: QtBot) -> None:
    agent.listening = True
    dialog = opened(agent, bridge, qtbot)
    agent.tell(Progress("the wake phrase is “x y”", 1.0))
    qtbot.waitUntil(lambda: dialog.leave.text() == "Close")
    dialog.leave.click()
    assert agent.asked == [("enrol_wake",)]
    assert agent.listening
