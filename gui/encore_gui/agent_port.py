"""What the window needs of the agent: the part of `encore_agent.service.Service` that it uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from encore_agent.library import Library
from encore_agent.messages import Command, Listener, Mode
from encore_agent.settings import Settings


class Agent(Protocol):
    """The running agent. Every method returns at once; what comes of it is told to the subscribers."""

    settings: Settings
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

    @property
    def mode(self) -> Mode:
        """When speech is taken for a command."""

    def set_mode(self, mode: Mode) -> None:
        """Take speech for a command at other times; told as `ModeChanged`."""

    @property
    def muted(self) -> bool:
        """Whether what the microphone hears is thrown away."""

    def mute(self, on: bool) -> None:
        """Throw away what the microphone hears, or no longer; told as `Muted`."""

    def microphones(self) -> list[str]:
        """Names of the microphones that are there now."""

    @property
    def microphone(self) -> str | None:
        """The chosen one; None for the system's default."""

    def set_microphone(self, name: str | None) -> None:
        """Listen to another one; told as `MicrophoneChanged`."""

    def push_to_talk(self, pressed: bool) -> None:
        """The key to talk went down or up."""

    def answer(self, heard_id: int | None, chosen: Command | None) -> None:
        """Answer an `Asked`: carry out this one of its commands, or none of them."""

    def missed(self, heard_id: int, macro_id: str) -> None:
        """What was heard did mean this macro: learn from it; told as `HeardChanged`."""

    def false_fire(self, heard_id: int) -> None:
        """What was heard was not meant: be wary of the like; told as `HeardChanged`."""

    def undo_correction(self, heard_id: int) -> None:
        """Forget again what was learned from an utterance by `missed` or `false_fire`; told as `HeardChanged`."""

    def proposals(self, macro_id: str) -> tuple[str, ...]:
        """Other wordings of a macro's command, best first, for the person to confirm."""

    def add_phrase(self, macro_id: str, text: str) -> None:
        """Add another wording of a macro's command.

        Raises:
            ValueError: It holds no word, or a slot that the macro does not have.
        """

    @property
    def wake_phrase(self) -> str | None:
        """The words of the wake phrase; None where none was learned."""

    def enrol_wake(self) -> None:
        """Listen, and learn the wake phrase from what is said next; told as `Progress`, or `Trouble` where unfit."""

    def stop_enrolling_wake(self) -> None:
        """Learn it no longer; a wake phrase that there was stays."""

    def forget_wake(self) -> None:
        """Forget the wake phrase."""

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
