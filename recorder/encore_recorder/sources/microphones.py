"""Which microphones there are, and how one is opened by its name.

PortAudio sees a PulseAudio server, or PipeWire in its place, as one device; the server's own list has the names that
a person knows from the system's settings. Without a server the names are PortAudio's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from encore_recorder.errors import NoMicrophone
from encore_recorder.sources import portaudio

SERVER_DEVICE = "pulse"
"""What PortAudio calls the sound server."""
_ROUTE = "PULSE_SOURCE"
"""The environment variable by which the server's library learns what to open."""
_routing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Source:
    """A microphone of the sound server."""

    id: str
    """The server's own name for it."""
    name: str
    """As a person knows it."""
    default: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """How a microphone is opened."""

    device: int | str | None
    """For PortAudio."""
    source: str | None = None
    """For the sound server; None follows its default."""
    name: str | None = None
    """As a person knows it; None where PortAudio knows."""


def microphones() -> list[str]:
    """Names of the microphones that are there; each may be given to `Microphone`.

    Raises:
        OSError: The PortAudio library is not installed.
    """
    with portaudio.held() as sounddevice:
        try:
            if not _reaches_server(sounddevice):  # which tells at once what came and went; PortAudio does not
                portaudio.renew()
        except (sounddevice.PortAudioError, NoMicrophone):  # it lost the sound system; the next try may do
            return []
        return names_seen(sounddevice)


def names_seen(sounddevice: Any) -> list[str]:
    """The same of an opened PortAudio, without looking again."""
    try:
        return [source.name for source in _server_sources(sounddevice)] or [
            str(about["name"]) for about in sounddevice.query_devices() if about["max_input_channels"] > 0
        ]
    except sounddevice.PortAudioError:  # it could not begin
        return []


def opening(device: int | str | None, sounddevice: Any) -> Opening:
    """How to open a device by its number or name; a part of the name is enough, None is the system's default."""
    if isinstance(device, int):
        return Opening(device)
    sources = _server_sources(sounddevice)
    if device is None:
        return Opening(None, name=next((source.name for source in sources if source.default), None))
    # The whole name first: "Headset" is not "Headset 2".
    for fits in (str.__eq__, str.__contains__):
        for source in sources:
            if fits(source.name.lower(), device.lower()):
                return Opening(SERVER_DEVICE, source.id, source.name)
    return Opening(device)


@contextmanager
def routed(source: str | None) -> Iterator[None]:
    """What is opened within comes from that source of the sound server; None leaves it to the server."""
    if source is None:
        yield
        return
    with _routing:
        before = os.environ.get(_ROUTE)
        os.environ[_ROUTE] = source
        try:
            yield
        finally:
            if before is None:
                del os.environ[_ROUTE]
            else:
                os.environ[_ROUTE] = before


def _server_sources(sounddevice: Any) -> list[Source]:
    """The server's microphones, without the monitors of its outputs; none where PortAudio cannot reach it."""
    if not _reaches_server(sounddevice):
        return []
    try:
        import pulsectl  # type: ignore[import-untyped]
    except (ImportError, OSError):  # the server's library is not installed
        return []
    try:
        with pulsectl.Pulse("encore") as server:
            default = server.server_info().default_source_name
            return [
                Source(source.name, source.description, source.name == default)
                for source in server.source_list()
                if not source.monitor_of_sink_name
            ]
    except pulsectl.PulseError:
        return []


def _reaches_server(sounddevice: Any) -> bool:
    try:
        return any(about["name"] == SERVER_DEVICE for about in sounddevice.query_devices())
    except sounddevice.PortAudioError:  # it could not begin
        return False
