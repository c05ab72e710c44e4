"""Events cross from the agent's threads to the window's, in order, and none after the end."""

from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from encore_agent.messages import AgentEvent, Trouble
from encore_gui.bridge import Bridge
from tests.gui_sample import FakeAgent


def told_by(bridge: Bridge) -> tuple[list[AgentEvent], set[int]]:
    events: list[AgentEvent] = []
    threads: set[int] = set()

    def note(event: AgentEvent) -> None:
        events.append(event)
        threads.add(threading.get_ident())

    bridge.told.connect(note)
    return events, threads


def test_events_of_other_threads_arrive_in_order_on_the_bridges_thread(qtbot: QtBot, agent: FakeAgent) -> None:
    bridge = Bridge(agent.subscribe)
    events, threads = told_by(bridge)
    sent = [Trouble(str(number)) for number in range(200)]
    thread = threading.Thread(target=lambda: agent.tell(*sent))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(events) == len(sent))
    assert events == sent
    assert threads == {threading.get_ident()}
    bridge.close()


def test_an_event_told_on_the_windows_own_thread_waits_its_turn(qtbot: QtBot, agent: FakeAgent) -> None:
    bridge = Bridge(agent.subscribe)
    events, _ = told_by(bridge)
    agent.tell(Trouble("now"))
    assert events == []
    qtbot.waitUntil(lambda: len(events) == 1)
    bridge.close()


def test_jobs_of_other_threads_run_on_the_bridges_thread(qtbot: QtBot, agent: FakeAgent) -> None:
    bridge = Bridge(agent.subscribe)
    ran: list[int] = []
    thread = threading.Thread(target=lambda: bridge.post(lambda: ran.append(threading.get_ident())))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: ran == [threading.get_ident()])
    bridge.close()


def test_nothing_crosses_a_closed_bridge(qtbot: QtBot, agent: FakeAgent) -> None:
    bridge = Bridge(agent.subscribe)
    events, _ = told_by(bridge)
    agent.tell(Trouble("under way"))
    bridge.close()
    bridge.close()
    agent.tell(Trouble("late"))
    bridge.post(lambda: events.append(Trouble("late job")))
    qtbot.wait(20)
    assert events == []
