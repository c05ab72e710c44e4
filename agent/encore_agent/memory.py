"""Giving memory back: what a model needed for a moment stays with the process unless it is told to let go."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Return free memory to the system, where the C library can; a few milliseconds.

    After some commands it is about 60 MB, a fifth of what a listening Encore holds.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    """The GNU C library's `malloc_trim`; other libraries have none."""
    if sys.platform != "linux":
        return None
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
