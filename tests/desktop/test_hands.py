"""The scripted person is heard, seen and felt on the stage."""

from __future__ import annotations

import time

import numpy as np
import pytest

from demos.errors import HandFailed
from demos.hands import Hands
from demos.stage import Stage
from demos.voices import VOICES, speak

RATE = 16_000
BLOCK = 480


class Ear:
    """Records the default microphone; knows when each sample was taken to a few tens of milliseconds."""

    def __enter__(self) -> Ear:
        import sounddevice

        self._blocks: list[np.ndarray] = []
        self._starts: list[float] = []
        self._stream = sounddevice.InputStream(
            samplerate=RATE, channels=1, blocksize=BLOCK, latency=0.05, callback=self._take
        )
        self._stream.start()
        return self

    def _take(self, data, frames, at, status) -> None:
        self._starts.append(time.monotonic() - (len(self._blocks) + 1) * BLOCK / RATE)
        self._blocks.append(data[:, 0].copy())

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate(self._blocks)

    @property
    def start_s(self) -> float:
        return float(np.median(self._starts))


def _similarity(heard: np.ndarray, said: np.ndarray) -> tuple[float, int]:
    """Best normalised correlation of `said` in `heard`, and where."""
    products = np.correlate(heard, said, "valid")
    at = int(np.abs(products).argmax())
    piece = heard[at : at + len(said)]
    return float(products[at] / np.linalg.norm(piece) / np.linalg.norm(said)), at


def test_speech_arrives_whole_and_at_the_told_time(stage: Stage):
    with Ear() as ear:
        spoken = Hands(stage).say("Play Yesterday Once More", "flite-slt", trail_s=0.3)
    similarity, at = _similarity(ear.heard, speak("Play Yesterday Once More", "flite-slt", rate=RATE))
    assert similarity > 0.98
    assert ear.start_s + at / RATE == pytest.approx(spoken.began_s, abs=0.15)
    assert spoken.ended_s - spoken.began_s == pytest.approx(
        len(speak("Play Yesterday Once More", "flite-slt")) / 48_000
    )


def test_speech_does_not_come_out_of_the_speakers(stage: Stage):
    with stage.recording_speakers() as recording:
        Hands(stage).say("anybody there", trail_s=0.1)
    assert len(recording.samples) > recording.rate / 2
    assert np.abs(recording.samples).max() < 1e-3


def test_speaking_in_the_background_leaves_the_hands_free(stage: Stage):
    spoken = Hands(stage).say("play the blue moon", wait=False)
    assert time.monotonic() < spoken.began_s + 0.1
    spoken.wait()
    assert time.monotonic() > spoken.ended_s


@pytest.mark.parametrize("engine", ["flite", "espeak"])
def test_speech_programs_speak(engine: str):
    name = next(name for name, voice in VOICES.items() if voice.engine == engine)
    fast, slow = (speak("play next", name, speed=speed) for speed in (1.3, 0.8))
    assert 0.3 < len(fast) / 48_000 < 0.8 * len(slow) / 48_000


def test_mouse_and_keyboard_are_felt(stage: Stage):
    from pynput import keyboard, mouse

    clicks: list[tuple[int, int, str, bool]] = []
    turns: list[int] = []
    typed: list[str] = []

    def on_press(key: object) -> None:
        typed.append(getattr(key, "char", None) or getattr(key, "name", "?"))

    watching_mouse = mouse.Listener(
        on_click=lambda x, y, button, pressed: clicks.append((x, y, button.name, pressed)),
        on_scroll=lambda x, y, dx, dy: turns.append(dy),
    )
    watching_keys = keyboard.Listener(on_press=on_press)
    with watching_mouse, watching_keys:
        watching_mouse.wait()
        watching_keys.wait()
        hands = Hands(stage, seed=5)
        hands.double_click(301, 203)
        assert hands.pointer() == (301, 203)
        hands.right_click(310, 210)
        hands.press("esc")
        hands.drag(20, 30, 60, 90)
        hands.scroll(300, 200, -2)
        hands.type("blue\n")
        hands.press("ctrl", "f")
        time.sleep(0.1)
    # pynput's listeners notice only with the next event that they were stopped.
    hands.move(400, 300)
    hands.press("shift")
    for listener in (watching_mouse, watching_keys):
        listener.join(5)
        assert not listener.is_alive()
    assert clicks[:4] == [(301, 203, "left", down) for down in (True, False, True, False)]
    assert clicks[4:6] == [(310, 210, "right", down) for down in (True, False)]
    assert [click for click in clicks[6:] if click[2] == "left"] == [(20, 30, "left", True), (60, 90, "left", False)]
    assert turns == [-1, -1]
    assert typed == ["esc", *"blue", "enter", "ctrl", "f"]


def test_refused_movement_says_why(stage: Stage):
    with pytest.raises(HandFailed, match=r"press nosuchkey"):
        Hands(stage).press("nosuchkey")
