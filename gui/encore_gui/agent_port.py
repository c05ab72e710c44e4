"""What the window needs of the agent: the part of `encore_agent.service.Service` that it uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from encore_agent.library import Library
from encore_agent.messages import Listener


class Agent(Protocol):
    """The running agent. Every method returns at once; what comes of it is told to the subscribers."""

    library: Library

    @property
    def recording(self) -> bool:
        """Whether a demonstration is being recorded."""

    @property
    def recording_seconds(self) -> float:
        """Seconds since the recording began; 0 where none runs."""

    @property
    def recording_level(self) -> float:
        """Loudness of the recording's microphone, 0 to 1."""

    @property
    def listening(self) -> bool:
        """Whether commands are listened for."""

    @property
    def listening_level(self) -> float:
        """Loudness of the microphone that is listened to, 0 to 1."""

    @property
    def running(self) -> bool:
        """Whether a macro runs."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` every event from now on, from any thread; returns what ends that."""

    def start_recording(self) -> None:
        """Begin a demonstration."""

    def pause_recording(self, on: bool) -> None:
        """Keep nothing from now on, or go on."""

    def stop_recording(self) -> None:
        """End the demonstration and learn from it in the background."""

    def set_listening(self, on: bool) -> None:
        """Listen for commands, or no longer."""

    def set_saying(self, on: bool) -> None:
        """Let controls be called by their names ("click shuffle"), or no longer."""

    def run(self, macro_id: str, slots: dict[str, str]) -> None:
        """Run a macro with typed slot values."""

    def stop_episode(self) -> None:
        """End the running macro before its next action."""

    def rename(self, macro_id: str, name: str) -> None:
        """Give a macro another name."""

    def delete(self, macro_id: str) -> None:
        """Move a macro to the trash."""

    def search(self, text: str) -> None:
        """Find the moments of the demonstrations that show `text`; told as `Found`."""

    def close(self) -> None:
        """Stop everything. May be called twice."""
