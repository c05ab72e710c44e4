"""Where a recording comes from: one thin backend a device, all with the same shape."""

from __future__ import annotations

from typing import Protocol, Self


class Source(Protocol):
    """Something that hands on what it sees from `__enter__` to `__exit__`, on threads of its own."""

    def __enter__(self) -> Self:
        """Begin; when this returns, nothing is missed any more.

        Raises:
            RecorderError: The device cannot be used.
        """

    def __exit__(self, *_: object) -> None:
        """End; when this returns, nothing more is handed on. Idempotent, raises nothing."""

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
