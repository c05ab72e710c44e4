"""The windows that a replay looks at: found, brought to the front, and grabbed; or why that cannot be."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from encore_agent.errors import AgentError
from encore_models.macro import Step
from encore_recorder.errors import ScreenLost
from encore_recorder.events import Window
from encore_recorder.frame import Frame
from encore_recorder.geometry import Rect
from encore_recorder.sources.window import WindowSystem


class Eyes(Protocol):
    """What the replay needs of the screen (see `encore_recorder.sources.screen.Screen`)."""

    @property
    def bounds(self) -> Rect:
        """All monitors together."""

    def grab(self, rect: Rect | None = None) -> Frame:
        """The screen as it is now, or a part of it.

        Raises:
            ScreenLost: It cannot be read any more.
        """


class Halt(AgentError):
    """Ends the episode; carries what the report shows."""

    def __init__(self, reason: str, picture: NDArray[np.uint8] | None = None) -> None:
        super().__init__(reason)
        self.picture = picture


class Viewer:
    """Looks at windows."""

    def __init__(self, eyes: Eyes, windows: WindowSystem) -> None:
        """Nothing is looked at yet."""
        self._eyes, self._windows = eyes, windows

    def front(self, step: Step) -> Window:
        """The step's window, in front.

        Raises:
            Halt: Its program shows none.
        """
        candidates = [w for w in self._windows.windows() if w.app_class == step.window.app_class]
        if not candidates:
            raise Halt(
                f"no window of {step.window.app_class} is open; start the program and say it again",
                self.everything(),
            )
        focused = self._windows.focused()
        window = next((w for w in candidates if w == focused), candidates[0])
        if window != focused:
            self._windows.activate(window)
        return window

    def again(self, window: Window) -> Window:
        """The window as it lies now; its title and place may have changed.

        Raises:
            Halt: It was closed.
        """
        same = [w for w in self._windows.windows() if (w.app_class, w.pid) == (window.app_class, window.pid)]
        if not same:
            raise Halt(f"the window of {window.app_class} was closed", self.everything())
        return same[0]

    def grab(self, window: Window) -> Frame:
        """What of the window is on the screen: it may hang over an edge, so the picture may begin inside of it.

        Raises:
            Halt: Nothing of it is, or the screen is lost.
        """
        if window.rect.intersection(self._eyes.bounds) is None:
            raise Halt(f"the window of {window.app_class} lies outside of the screen; bring it back and say it again")
        try:
            return self._eyes.grab(window.rect)
        except ScreenLost as error:
            raise Halt(
                f"the screen can no longer be seen ({error.reason}): was a monitor unplugged or switched? "
                "Look where the window is now, and say it again"
            ) from error

    def everything(self) -> NDArray[np.uint8] | None:
        """The whole screen for the report; None where it cannot be seen."""
        try:
            return self._eyes.grab().image
        except ScreenLost:
            return None
