"""Questions to programs over the accessibility bus (jeepney), many on their way at once."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol


class Ref(NamedTuple):
    """Where an accessible object lives."""

    bus_name: str
    path: str


class Call(NamedTuple):
    """A question to an object."""

    to: Ref
    interface: str
    member: str
    signature: str | None = None
    body: tuple[Any, ...] = ()


class Wire(Protocol):
    """What carries questions to programs."""

    def ask(self, calls: Sequence[Call], deadline: float) -> list[Any]:
        """First value of each answer; None where there is none until the deadline (of `time.monotonic()`), or an error.

        Raises:
            OSError: The bus went away.
        """

    def close(self) -> None:
        """Let go of the bus."""


def open_wire(deadline: float) -> Wire:
    """A connection to this session's accessibility bus.

    Raises:
        OSError: There is none.
    """
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        raise ConnectionError("DBUS_SESSION_BUS_ADDRESS is not set")
    from jeepney.auth import AuthenticationError
    from jeepney.io.blocking import open_dbus_connection

    bus = Ref("org.a11y.Bus", "/org/a11y/bus")
    try:
        session = _DBusWire(open_dbus_connection("SESSION"))
        try:
            # The first to ask starts the bus, which takes longer than any other answer.
            address = session.ask([Call(bus, bus.bus_name, "GetAddress")], max(deadline, time.monotonic() + 1.0))[0]
        finally:
            session.close()
        if not isinstance(address, str) or not address:
            raise ConnectionError("the session has no accessibility bus (at-spi2-core)")
        return _DBusWire(open_dbus_connection(address))
    except (AuthenticationError, ValueError, RuntimeError) as error:
        raise ConnectionError(f"the accessibility bus does not let us in: {error}") from error


class _DBusWire:
    """Questions over D-Bus, many on their way at once."""

    AT_ONCE = 400

    def __init__(self, bus: Any) -> None:
        self._bus = bus

    def ask(self, calls: Sequence[Call], deadline: float) -> list[Any]:
        answers: list[Any] = [None] * len(calls)
        for start in range(0, len(calls), self.AT_ONCE):
            if time.monotonic() >= deadline:
                break
            self._ask(calls[start : start + self.AT_ONCE], start, answers, deadline)
        return answers

    def close(self) -> None:
        self._bus.close()

    def _ask(self, calls: Sequence[Call], start: int, answers: list[Any], deadline: float) -> None:
        from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call

        waiting: dict[int, int] = {}
        for place, call in enumerate(calls, start):
            address = DBusAddress(call.to.path, bus_name=call.to.bus_name, interface=call.interface)
            serial = next(self._bus.outgoing_serial)
            self._bus.send(new_method_call(address, call.member, call.signature, call.body), serial=serial)
            waiting[serial] = place
        while waiting:
            try:
                reply = self._bus.receive(timeout=max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                return  # what comes later is of no question that is asked then
            answered = waiting.pop(reply.header.fields.get(HeaderFields.reply_serial, -1), None)
            if answered is not None and reply.header.message_type is MessageType.method_return and reply.body:
                answers[answered] = reply.body[0]
