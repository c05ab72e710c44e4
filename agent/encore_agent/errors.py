"""What can go wrong while the agent listens and acts.

Each leaf also inherits the builtin that a caller would expect, and builds its own message: what happened,
where, and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class AgentError(Exception):
    """Root of everything this package raises on purpose."""


class UnknownMacro(AgentError, KeyError):
    """There is no macro of that id."""

    def __init__(self, macro_id: str, known: list[str]) -> None:
        super().__init__(macro_id)
        self._message = f"there is no macro {macro_id!r}; there are: {', '.join(known) or 'none yet, record one first'}"

    def __str__(self) -> str:  # KeyError would print the repr
        return self._message


class UnknownUtterance(AgentError, KeyError):
    """Nothing of that id is in the heard log."""

    def __init__(self, heard_id: int) -> None:
        super().__init__(heard_id)
        self._message = f"nothing of the id {heard_id} was heard; see `encore heard`"

    def __str__(self) -> str:  # KeyError would print the repr
        return self._message


class PrintGone(AgentError, LookupError):
    """Nothing can be learned from an utterance, because its voice print is not there."""

    def __init__(self, heard_id: int, kept: int) -> None:
        super().__init__(
            f"the voice print of utterance {heard_id} is not there: only those of the newest {kept} are kept. "
            "Say it again and correct that one, or add its words with: encore phrase"
        )


class UnknownSlot(AgentError, KeyError):
    """A macro has no slot of that name."""

    def __init__(self, macro_id: str, name: str, known: Sequence[str]) -> None:
        super().__init__(name)
        self._message = f"macro {macro_id!r} has no slot {name!r}; it has: {', '.join(known) or 'none'}"

    def __str__(self) -> str:  # KeyError would print the repr
        return self._message


class UnusableLibrary(AgentError, OSError):
    """The folder that everything is kept in cannot be used."""

    def __init__(self, root: Path, trouble: str, advice: str) -> None:
        super().__init__(f"the data folder {root} cannot be used: {trouble}. {advice}")


class MissingSlot(AgentError, ValueError):
    """A macro was started without a value for one of its slots."""

    def __init__(self, macro_id: str, names: list[str]) -> None:
        super().__init__(f"macro {macro_id!r} needs a value for: {', '.join(names)}")


class EmptyQuery(AgentError, ValueError):
    """A search for nothing."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} holds no letter or digit; name a label or a thing that the recordings show")


class CannotAct(AgentError, RuntimeError):
    """The machine does not let Encore move the mouse or type."""

    def __init__(self, what: str, cause: str) -> None:
        super().__init__(f"{what} failed: {cause}. `encore doctor` says what is missing")


class PersonTookOver(AgentError, InterruptedError):
    """The person touched mouse or keyboard, or pressed stop: Encore lets go."""

    def __init__(self, how: str) -> None:
        super().__init__(f"you took over: {how}")


class UnfitModel(AgentError, ValueError):
    """The action model was trained with another CLIP than the one that sees."""

    def __init__(self, width: int) -> None:
        super().__init__(
            f"the action model was not trained with this CLIP, which describes what it sees by {width} numbers. "
            "Replays go by the evidence on the screen alone"
        )


class BrokenCertainty(AgentError, ValueError):
    """The numbers by which the finder decides cannot be used."""

    def __init__(self, path: Path, trouble: str) -> None:
        super().__init__(
            f"{path} does not say how sure the finder may be: {trouble}. "
            "Install Encore again, or fit the numbers anew: python -m tests.benchmarks.finder.calibrate"
        )
