"""PortAudio, of which a process has one.

It lists the devices when it begins and never again, so whatever came later, the sound server included, is only seen
after it was ended and began anew. That closes every stream in the process, so it is done while nobody has one open.
"""

from __future__ import annotations

import logging
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from encore_recorder.errors import NoMicrophone

log = logging.getLogger(__name__)

_lock = threading.RLock()
_users: weakref.WeakSet[Any] = weakref.WeakSet()


@contextmanager
def held() -> Iterator[Any]:
    """The module `sounddevice`, whose list of devices stays as it is within the block; streams are opened in one.

    Raises:
        OSError: The PortAudio library is not installed.
    """
    with _lock:
        import sounddevice

        yield sounddevice


def use(user: object) -> None:
    """Note that `user` has a stream open; to be called in the block that opened it."""
    _users.add(user)


def leave(user: object) -> None:
    """Note that the stream of `user` is closed."""
    _users.discard(user)


def renew() -> bool:
    """Have PortAudio look which devices there are now.

    Returns:
        Whether it did: not while a stream is open, nor where it has not begun and so knows nothing old.

    Raises:
        NoMicrophone: It cannot begin anew; a later try may do.
    """
    with _lock:
        if _users or "sounddevice" not in sys.modules:
            return False
        import sounddevice

        try:
            sounddevice._terminate()
        except sounddevice.PortAudioError as error:
            log.info("PortAudio had ended already: %s", error)
        try:
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:  # just after a suspend, for example
            raise NoMicrophone(None, str(error)) from error
        return True
