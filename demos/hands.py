"""A scripted person on a stage: speaks into the microphone, moves the mouse, types.

Deliberately not Encore's own way of acting: pointer and keys go through xdotool, so that what Encore records and
replays is tested against somebody else. Movements are human: curved paths, eased speed, pauses,
uneven typing; all of it repeats for the same seed.
"""

from __future__ import annotations

import math
import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from demos.errors import HandFailed
from demos.sound import RATE, Playback
from demos.stage import Stage
from demos.voices import speak, voice_named, write_wav

_STEP_S = 0.010
"""Time between two points of a pointer path."""

_KEYSYMS = {
    "enter": "Return", "esc": "Escape", "tab": "Tab", "space": "space", "backspace": "BackSpace", "delete": "Delete",
    "up": "Up", "down": "Down", "left": "Left", "right": "Right", "home": "Home", "end": "End",
    "pageup": "Prior", "pagedown": "Next",
}  # fmt: skip
"""pyautogui's key names, where xdotool's differ."""

_BUTTONS = {"left": 1, "middle": 2, "right": 3}


@dataclass(frozen=True)
class Spoken:
    """An utterance that was, or is being, said."""

    text: str
    voice: str
    began_s: float
    """First sound of the speech, `time.monotonic()`."""
    ended_s: float
    """Last sound of the speech."""
    _playback: Playback = field(repr=False)

    def wait(self) -> None:
        """Block until the silence after it is over."""
        self._playback.wait()


@dataclass(frozen=True, slots=True)
class Motion:
    """A movement of the hand: when it acted first (press, key down) and when it was done, `time.monotonic()`."""

    began_s: float
    ended_s: float


def pointer_path(start: tuple[int, int], end: tuple[int, int], chance: random.Random) -> list[tuple[int, int]]:
    """Points of a hand's way from `start` to `end`, `_STEP_S` apart, ending exactly at `end`.

    A cubic curve that bows to one side, travelled with the minimum-jerk profile (Flash and Hogan 1985); the time
    grows with the logarithm of the distance (Fitts 1954).
    """
    distance = math.dist(start, end)
    if distance < 1:
        return [end]
    duration = 0.12 + 0.09 * math.log2(1 + distance / 20)
    steps = max(4, round(duration / _STEP_S))
    along = (end[0] - start[0], end[1] - start[1])
    bow = [chance.uniform(-0.12, 0.12), chance.uniform(-0.06, 0.06)]
    controls = [
        (start[0] + along[0] * share - along[1] * side, start[1] + along[1] * share + along[0] * side)
        for share, side in zip((0.3, 0.75), bow, strict=True)
    ]
    points = []
    for step in range(1, steps + 1):
        time_share = step / steps
        t = time_share**3 * (10 - 15 * time_share + 6 * time_share**2)
        weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
        knots = (start, *controls, end)
        points.append(
            (
                round(sum(weight * knot[0] for weight, knot in zip(weights, knots, strict=True))),
                round(sum(weight * knot[1] for weight, knot in zip(weights, knots, strict=True))),
            )
        )
    points[-1] = end
    return points


class Hands:
    """One person at one stage.

    Args:
        stage: Where they sit; it must be up.
        seed: Same seed, same little irregularities.
        voice: How they sound if `say` names no other voice.
    """

    def __init__(self, stage: Stage, *, seed: int = 0, voice: str = "pico-us") -> None:
        self._stage = stage
        self._chance = random.Random(seed)
        self._voice = voice_named(voice).name
        self._said = 0

    # Voice --------------------------------------------------------------------------------------------------------

    def say(
        self,
        text: str,
        voice: str | None = None,
        *,
        speed: float = 1.0,
        lead_s: float = 0.25,
        trail_s: float = 0.9,
        wait: bool = True,
    ) -> Spoken:
        """Speak into the virtual microphone.

        Args:
            text: What to say.
            voice: A name of `demos.voices.VOICES`; None for the person's own.
            speed: 1 is the voice's natural pace.
            lead_s: Silence before.
            trail_s: Silence after, long enough to end an utterance.
            wait: Return after the trailing silence; False returns as the leading one begins, with the times to come.

        Raises:
            UnknownVoice: there is no such voice.
            SpeechFailed: the speech program failed.
            SoundFailed: the stage's sound server refused it.
        """
        name = voice or self._voice
        samples = speak(text, name, rate=RATE, speed=speed)
        silences = [np.zeros(round(seconds * RATE), np.float32) for seconds in (lead_s, trail_s)]
        wav = write_wav(self._next_wav(), np.concatenate([silences[0], samples, silences[1]]), RATE)
        playback = self._stage.play_into_microphone(wav)
        began = playback.started_s + lead_s
        spoken = Spoken(text, name, began, began + len(samples) / RATE, playback)
        if wait:
            spoken.wait()
        return spoken

    def _next_wav(self) -> Path:
        self._said += 1
        return self._stage.folder / f"utterance-{id(self):x}-{self._said:03}.wav"

    # Mouse --------------------------------------------------------------------------------------------------------

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is."""
        told = dict(
            line.partition("=")[::2]
            for line in self._xdotool("find the pointer", "getmouselocation", "--shell").split()
        )
        return int(told["X"]), int(told["Y"])

    def move(self, x: int, y: int) -> Motion:
        """Bring the pointer to a place."""
        return self._timed("move the pointer", *self._moves(self.pointer(), (x, y)))

    def click(self, x: int, y: int, button: str = "left") -> Motion:
        """Go to a place, rest shortly, press and release."""
        self.move(x, y)
        self._rest()
        return self._timed(f"click at {x}, {y}", *self._press(_BUTTONS[button]))

    def right_click(self, x: int, y: int) -> Motion:
        """Click with the right button."""
        return self.click(x, y, "right")

    def double_click(self, x: int, y: int) -> Motion:
        """Two quick clicks in place."""
        self.move(x, y)
        self._rest()
        gap = self._sleep(0.07, 0.13)
        return self._timed(f"double-click at {x}, {y}", *self._press(1), *gap, *self._press(1))

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> Motion:
        """Press at one place, release at another."""
        self.move(x, y)
        self._rest()
        way = self._moves((x, y), (to_x, to_y))
        grip, release = self._sleep(0.06, 0.1), self._sleep(0.06, 0.1)
        return self._timed(f"drag from {x}, {y}", "mousedown", "1", *grip, *way, *release, "mouseup", "1")

    def scroll(self, x: int, y: int, notches: int) -> Motion:
        """Turn the wheel over a place; positive is up."""
        self.move(x, y)
        self._rest()
        turn = ["click", "4" if notches > 0 else "5"]
        turns = [word for _ in range(abs(notches)) for word in (*turn, *self._sleep(0.04, 0.09))]
        return self._timed("turn the wheel", *turns)

    # Keyboard -----------------------------------------------------------------------------------------------------

    def type(self, text: str) -> Motion:
        """Type text with uneven intervals; a line break presses Enter."""
        began = time.monotonic()
        for letter in text:
            if letter == "\n":
                self._xdotool("press Enter", "key", "Return")
            else:
                self._xdotool(f"type {letter!r}", "type", "--delay", "0", "--", letter)
            time.sleep(self._chance.uniform(0.045, 0.13) + (0.06 if letter == " " else 0.0))
        return Motion(began, time.monotonic())

    def press(self, *keys: str) -> Motion:
        """Press one chord, modifiers first: `press("ctrl", "f")`; pyautogui's names or X keysyms."""
        chord = "+".join(_KEYSYMS.get(key, key) for key in keys)
        return self._timed(f"press {chord}", "key", chord)

    # ---------------------------------------------------------------------------------------------------------------

    def _moves(self, start: tuple[int, int], end: tuple[int, int]) -> list[str]:
        words = []
        for x, y in pointer_path(start, end, self._chance):
            words += ["mousemove", str(x), str(y), "sleep", str(_STEP_S)]
        return words

    def _press(self, button: int) -> list[str]:
        return ["mousedown", str(button), *self._sleep(0.05, 0.1), "mouseup", str(button)]

    def _sleep(self, low_s: float, high_s: float) -> list[str]:
        return ["sleep", f"{self._chance.uniform(low_s, high_s):.3f}"]

    def _rest(self) -> None:
        time.sleep(self._chance.uniform(0.06, 0.16))

    def _timed(self, movement: str, *words: str) -> Motion:
        began = time.monotonic()
        self._xdotool(movement, *words)
        return Motion(began, time.monotonic())

    def _xdotool(self, movement: str, *words: str) -> str:
        argv: Sequence[str] = ("xdotool", *words)
        done = subprocess.run(argv, env=self._stage.env, capture_output=True, text=True, timeout=60, check=False)
        # Some of its commands complain and still return 0.
        if done.returncode != 0 or done.stderr:
            raise HandFailed(movement, done.stderr.strip())
        return done.stdout
