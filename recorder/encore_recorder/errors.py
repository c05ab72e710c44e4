"""What can go wrong while recording or reading a recording; every message says what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class RecorderError(Exception):
    """Root of everything this package raises on purpose."""


class NoDisplay(RecorderError, RuntimeError):
    """There is no X display to look at."""

    def __init__(self, display: str | None, reason: str) -> None:
        where = f"the display {display!r} cannot be used" if display else "there is no display (DISPLAY is not set)"
        super().__init__(f"{where}: {reason}. Start Encore inside of a desktop session that runs on X11.")


class WaylandSession(RecorderError, RuntimeError):
    """The session runs on Wayland, where no program sees other programs' input and windows."""

    def __init__(self) -> None:
        super().__init__(
            "this is a Wayland session, which shows no program the input and the windows of others. "
            'Log out and choose "X11" or "on Xorg" at the login screen; '
            "for an X server of your own inside of it, set XDG_SESSION_TYPE=x11."
        )


class NoMicrophone(RecorderError, RuntimeError):
    """The microphone cannot be opened.

    Attributes:
        seen: Names of the input devices that were there.
    """

    def __init__(self, device: int | str | None, reason: str, seen: Sequence[str] = ()) -> None:
        self.seen = tuple(seen)
        wanted = "the default microphone" if device is None else f"the microphone {device!r}"
        listed = "; ".join(self.seen) if self.seen else "none"
        super().__init__(
            f"{wanted} cannot be opened: {reason}. Microphones seen: {listed}. "
            f"{'Choose one of these' if self.seen else 'Plug one in'}, in the settings or the system's."
        )


class ScreenLost(RecorderError, RuntimeError):
    """The screen can no longer be read as it was when the recording began.

    Attributes:
        reason: What the system says.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"the screen can no longer be read: {reason}. What was recorded until then is kept; "
            "start a new recording on the screen as it is now."
        )


class WindowGone(RecorderError, LookupError):
    """A window that was to be used was closed."""

    def __init__(self, title: str, app_class: str) -> None:
        super().__init__(f"the window {title!r} of {app_class!r} is no longer there. Open it and try again.")


class NotActivated(RecorderError, TimeoutError):
    """The window manager did not bring a window to the front."""

    def __init__(self, title: str, app_class: str, timeout_s: float) -> None:
        super().__init__(
            f"the window {title!r} of {app_class!r} did not come to the front within {timeout_s:g} s. "
            "Close dialogs that hold the focus, or click the window yourself."
        )


class NoWindowManager(RecorderError, RuntimeError):
    """Nobody tells which windows there are."""

    def __init__(self, display: str) -> None:
        super().__init__(
            f"no window manager on {display!r} speaks EWMH (_NET_SUPPORTING_WM_CHECK is missing), "
            "so windows cannot be told apart. Start one, for example openbox."
        )


class DiskFull(RecorderError, OSError):
    """There is no more room for the recording.

    Attributes:
        folder: The demonstration's folder with what was recorded until then.
    """

    def __init__(self, folder: Path, free_bytes: int) -> None:
        self.folder = folder
        super().__init__(
            f"only {free_bytes // 2**20} MB are free where {folder} lies, so the recording was stopped. "
            "What was recorded until then is kept. Make room, then record again."
        )


class BrokenDemonstration(RecorderError, ValueError):
    """A demonstration's folder cannot be used as it is.

    Attributes:
        path: The file or folder at fault.
    """

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}. {advice}")


class StillRecording(RecorderError, RuntimeError):
    """The demonstration is being recorded by a running program."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is still being recorded by a running Encore. Stop that recording first.")


class NoSuchMoment(RecorderError, ValueError):
    """The recording shows nothing at that time."""

    def __init__(self, time_ns: int, first_ns: int, last_ns: int) -> None:
        super().__init__(
            f"there is no picture for {time_ns / 1e9:.3f} s: the recording shows {first_ns / 1e9:.3f} s to "
            f"{last_ns / 1e9:.3f} s. Ask for a time in between."
        )


class NotRecording(RecorderError, RuntimeError):
    """The recorder was told something that it cannot do in its state."""

    def __init__(self, wish: str, state: str) -> None:
        super().__init__(f"cannot {wish}: the recorder is {state}.")
