"""What can go wrong on the demonstration stage."""

from __future__ import annotations

from collections.abc import Sequence


class DemoError(Exception):
    """Root of every error that the demonstrations raise on purpose."""


class MissingPrograms(DemoError, RuntimeError):
    """Programs of the private desktop are not installed."""

    def __init__(self, programs: Sequence[str], packages: Sequence[str]) -> None:
        super().__init__(
            f"The private desktop needs {', '.join(programs)}, not found on PATH. "
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(packages)}"
        )
        self.programs = tuple(programs)
        self.packages = tuple(packages)


class StageFailed(DemoError, RuntimeError):
    """A part of the private desktop did not come up."""

    def __init__(self, part: str, seconds: float, log: str) -> None:
        super().__init__(f"The private desktop's {part} was not ready after {seconds:g} s. Its log ends with:\n{log}")


class SoundFailed(DemoError, RuntimeError):
    """A sound could not be played or recorded on the stage."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(f"{what} on the private desktop failed: {detail or 'no reason given'}")


class UnknownVoice(DemoError, ValueError):
    """No scripted person speaks with this voice."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no voice {name!r}. Known voices: {', '.join(known)}")


class SpeechFailed(DemoError, RuntimeError):
    """A speech program gave no sound."""

    def __init__(self, voice: str, text: str, detail: str) -> None:
        super().__init__(f"The voice {voice!r} could not say {text!r}: {detail or 'no reason given'}")


class HandFailed(DemoError, RuntimeError):
    """A pointer or keyboard movement was refused by the desktop."""

    def __init__(self, movement: str, detail: str) -> None:
        super().__init__(f"The scripted hand could not {movement}: {detail or 'no reason given'}")


class RehearsalFailed(DemoError, RuntimeError):
    """Encore did not do its part of a rehearsal."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the rehearsal ended early: {what}")


class PlayerFailed(DemoError, RuntimeError):
    """The stand-in player did not do what was waited for."""

    def __init__(self, what: str, seconds: float, status: int | None, detail: str) -> None:
        ended = "" if status is None else f"; it ended with status {status}"
        super().__init__(f"The player was not {what} after {seconds:g} s{ended}. {detail}")
