"""A library to look at and an agent that does as it is told, for the tests of the window.

`python -m tests.gui_sample [empty]` shows the window over them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_agent.library import Library
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Asked,
    Command,
    EpisodeReport,
    EpisodeStarted,
    Evidence,
    Finished,
    Halted,
    HeardChanged,
    LibraryChanged,
    Listener,
    ListeningChanged,
    MicrophoneChanged,
    Mode,
    ModeChanged,
    Moment,
    Muted,
    RecordingPaused,
    RecordingStarted,
    Rejected,
    StepDone,
    StepStarted,
)
from encore_agent.settings import Settings
from encore_models.macro import Macro, Phrase, PlaybackEffect, Slot, Step, Target, WindowIdentity
from encore_models.store import create_macro
from encore_recorder.actions import Click, DoubleClick, Drag, PressKeys, Scroll, TypeText
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import DemonstrationInfo, DemonstrationWriter
from encore_recorder.geometry import Point, Rect

SONGS = (
    "Yesterday", "Let It Be", "Blackbird", "Here Comes the Sun", "Something", "Come Together", "Hey Jude",
    "Eleanor Rigby", "Penny Lane", "In My Life", "Help!", "Michelle",
)  # fmt: skip
WINDOW = WindowIdentity("Player", "Yesterday - Player", Rect(60, 40, 1080, 640))
SEARCH_BOX = Rect(392, 18, 320, 34)
FIRST_ROW = Rect(240, 150, 800, 44)


PROPOSALS = ("play {song}", "could you play {song}", "play me {song}", "start {song}", "let me hear {song}")
SURE = Evidence(likeness=0.94, rival_likeness=0.12, words=97.0, log_p=-0.31, transcript_log_p=-0.22, path="words")
FAR = Evidence(likeness=0.21, rival_likeness=0.33, words=48.0, log_p=-3.4, transcript_log_p=-0.4, path="none")
UNSURE = Evidence(likeness=0.55, rival_likeness=0.41, words=76.0, log_p=-1.9, transcript_log_p=-0.8, path="words")
HEARD = (
    Accepted("play let it be", Command("play-song", {"song": "Let It Be"}, 0.97), 210.0, SURE),
    Asked(
        "paws the music",
        "it sounds like a command, but not clearly",
        (Command("pause", {}, 0.6), Command("play-song", {"song": "The Music"}, 0.4)),
        evidence=UNSURE,
    ),
    Rejected("pay the bill", "no macro has words like these", Command("play-song", {"song": "the bill"}, 0.2), FAR),
    Rejected("", "nobody spoke"),
)
"""What was heard, oldest first."""


def player_picture(typed: str = "") -> NDArray[np.uint8]:
    """A player's window as a demonstration would hold it: BGR [640, 1080, 3]."""
    picture = np.full((640, 1080, 3), (24, 22, 20), np.uint8)
    cv2.rectangle(picture, (0, 0), (219, 639), (12, 10, 10), -1)
    for number, text in enumerate(("Home", "Search", "Your Library", "Liked Songs", "Road trip", "Quiet evening")):
        _write(picture, text, (28, 60 + 38 * number), 0.55, (190, 190, 190))
    left, top = SEARCH_BOX.left, SEARCH_BOX.top
    cv2.rectangle(picture, (left, top), (SEARCH_BOX.right, SEARCH_BOX.bottom), (62, 58, 54), -1)
    _write(picture, typed or "What do you want to play?", (left + 14, top + 23), 0.5, (220, 220, 220))
    for number, song in enumerate(SONGS[:8]):
        y = FIRST_ROW.top + number * 48
        cv2.rectangle(picture, (250, y + 4), (286, y + 40), (40 + 22 * number, 90, 180 - 18 * number), -1)
        _write(picture, song, (304, y + 28), 0.55, (245, 245, 245))
        _write(picture, "The Beatles", (620, y + 28), 0.5, (150, 150, 150))
        _write(picture, f"{2 + number % 3}:{11 + 5 * number:02}", (980, y + 28), 0.5, (150, 150, 150))
    cv2.rectangle(picture, (0, 570), (1079, 639), (34, 30, 28), -1)
    cv2.circle(picture, (540, 604), 18, (240, 240, 240), -1)
    cv2.fillPoly(picture, [np.array([(535, 595), (535, 613), (549, 604)], np.int32)], (30, 30, 30))
    return picture


def _write(
    picture: NDArray[np.uint8], text: str, at: tuple[int, int], size: float, colour: tuple[int, int, int]
) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def play_macro(
    macro_id: str = "play-song", name: str = "Play a song", created: str = "2026-11-20T18:02:11+00:00"
) -> Macro:
    """Search for the song, then double-click its row."""
    search = Target("field", SEARCH_BOX, Point(-60, 0), "What do you want to play?")
    row = Target("row", FIRST_ROW, Point(-300, 0), "Yesterday", "Yesterday The Beatles 2:11", "{song}")
    steps = (
        Step(Click(search.box.center.moved(-60, 0)), WINDOW, "steps/01-before.png", search),
        Step(TypeText("{song}"), WINDOW, "steps/02-before.png", replaces=True),
        Step(DoubleClick(row.box.center.moved(-300, 0)), WINDOW, "steps/03-before.png", row),
    )
    phrases = (Phrase("play {song}"), Phrase("put on {song}"), Phrase("I want to hear {song}"))
    effect = PlaybackEffect("player", "Playing", "{song}")
    return Macro(macro_id, name, phrases, (Slot("song", SONGS),), steps, created, "d1", effect)


def pause_macro() -> Macro:
    """One click on a small icon; nothing to fill in."""
    icon = Target("icon", Rect(522, 586, 37, 37), Point(0, 0), look_alikes=1, role="push button", name="Pause")
    step = Step(Click(Point(540, 604)), WINDOW, "steps/01-before.png", icon)
    return Macro(
        "pause", "Pause the music", (Phrase("pause the music"),), (), (step,), "2026-11-20T19:30:00+00:00", "d2"
    )


def tidy_macro() -> Macro:
    """One of every kind of step."""
    steps = (
        Step(
            Scroll(Point(600, 400), 0, -3),
            WINDOW,
            "steps/01-before.png",
            Target("row", Rect(240, 390, 800, 44), Point(0, 0), "Something"),
        ),
        Step(
            Click(Point(70, 130), "right"),
            WINDOW,
            "steps/02-before.png",
            Target("text", Rect(26, 122, 110, 18), Point(0, 0), "Your Library"),
        ),
        Step(
            Drag(Point(320, 365), Point(80, 210)),
            WINDOW,
            "steps/03-before.png",
            Target("row", Rect(240, 342, 800, 44), Point(-320, 0), "Something"),
        ),
        Step(PressKeys(("ctrl", "shift", "n")), WINDOW, "steps/04-before.png"),
        Step(TypeText("{playlist}\n"), WINDOW, "steps/05-before.png"),
    )
    name = "Put the song that plays into a playlist whose name is rather long"
    phrase = Phrase("add this to {playlist}")
    return Macro("add-to-playlist", name, (phrase,), (Slot("playlist"),), steps, "2026-11-21T08:00:00+00:00", "d3")


def add(library: Library, macro: Macro) -> Macro:
    """Put a macro with its pictures into the library."""
    pictures = {step.before: player_picture("Yesterday" if index else "") for index, step in enumerate(macro.steps)}
    create_macro(macro, pictures, library.macros_folder / macro.id)
    return macro


def sample_library(root: Path) -> Library:
    """Three macros and a little history."""
    library = Library(root)
    for macro in (play_macro(), pause_macro(), tidy_macro()):
        add(library, macro)
    for outcome in HEARD:
        library.note_heard(outcome)
    library.note_episode(run_report(library, "Let It Be", halted=False))
    library.note_episode(run_report(library, "Yellow Submarine", halted=True))
    return library


def add_demonstration(library: Library, demonstration_id: str = "20261120-180211") -> tuple[Moment, ...]:
    """Put a short recording into the library; returns moments of it, as a search finds them."""
    screen = Rect(0, 0, 1080, 640)
    info = DemonstrationInfo(
        demonstration_id, "", "2026-11-20T18:02:11+00:00", "recording", screen, (screen,), clock_origin_ns=1, fps=5
    )
    writer = DemonstrationWriter(library.demonstrations_folder / demonstration_id, info)
    for number in range(20):
        bgr = player_picture("yesterday" if number >= 10 else "")
        writer.picture(np.dstack([bgr, np.full(bgr.shape[:2], 255, np.uint8)]), number * SECOND // 5)
    writer.close()
    return (
        Moment(demonstration_id, 2 * SECOND, 3 * SECOND, 0.95, "reads “yesterday”", SEARCH_BOX),
        Moment(demonstration_id, 0, 3 * SECOND, 0.85, "is part of “Yesterday The Beatles”", FIRST_ROW),
    )


def run_report(library: Library, song: str, halted: bool) -> EpisodeReport:
    """A run with its pictures on disk."""
    folder = library.new_episode_folder()
    picture = folder / ("halted.png" if halted else "03.png")
    cv2.imwrite(str(picture), player_picture(song))
    done = tuple(step_done(folder.name, index) for index in range(2 if halted else 3))
    reason = f"Double-click the row “{song}”: no row on the screen reads like it; nearest: “Yesterday”"
    outcome = (
        Halted(folder.name, 2, reason, picture) if halted else Finished(folder.name, f"MPRIS: {song} is Playing", 2140)
    )
    return EpisodeReport(folder.name, "play-song", {"song": song}, done, outcome)


def step_done(episode_id: str, index: int) -> StepDone:
    """A step that went well."""
    sentences = ("Click the field “What do you want to play?”", "Type “Let It Be”", "Double-click the row “Let It Be”")
    evidence = ("same picture (0.99), same text", "the field reads 'Let It Be'", "row text equal, looks 0.93")
    return StepDone(episode_id, index, sentences[index], None, evidence[index], 180.0, 40.0)


class FakeAgent:
    """Notes what it is asked and tells only what the test tells it to."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.asked: list[tuple[object, ...]] = []
        self.recording = False
        self.recording_seconds = 0.0
        self.recording_level = 0.0
        self.listening = False
        self.listening_level = 0.0
        self.running = False
        self.settings = Settings(library.root, library.root / "models")
        self.mode: Mode = "hands_free"
        self.muted = False
        self.microphone: str | None = None
        self.plugged = ["Built-in microphone", "USB headset"]
        self.wake_phrase: str | None = None
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def tell(self, *events: AgentEvent) -> None:
        for event in events:
            for listener in list(self._listeners):
                listener(event)

    def start_recording(self) -> None:
        self.asked.append(("start_recording",))
        self.recording = True
        self.tell(RecordingStarted("d9"))

    def pause_recording(self, on: bool) -> None:
        self.asked.append(("pause_recording", on))
        self.tell(RecordingPaused(on))

    def stop_recording(self) -> None:
        self.asked.append(("stop_recording",))
        self.recording = False

    def set_listening(self, on: bool) -> None:
        self.asked.append(("set_listening", on))
        self.listening = on
        self.tell(ListeningChanged(on))

    def set_mode(self, mode: Mode) -> None:
        self.asked.append(("set_mode", mode))
        self.mode = mode
        self.tell(ModeChanged(mode))

    def mute(self, on: bool) -> None:
        self.asked.append(("mute", on))
        self.muted = on
        self.tell(Muted(on))

    def microphones(self) -> list[str]:
        return list(self.plugged)

    def set_microphone(self, name: str | None) -> None:
        self.asked.append(("set_microphone", name))
        self.microphone = name
        self.tell(MicrophoneChanged(name or self.plugged[0]))

    def push_to_talk(self, pressed: bool) -> None:
        self.asked.append(("push_to_talk", pressed))

    def answer(self, heard_id: int | None, chosen: Command | None) -> None:
        self.asked.append(("answer", heard_id, chosen))

    def missed(self, heard_id: int, macro_id: str) -> None:
        self.asked.append(("missed", heard_id, macro_id))
        self.library.heard_log.corrected(heard_id, "missed")
        self.tell(HeardChanged())

    def false_fire(self, heard_id: int) -> None:
        self.asked.append(("false_fire", heard_id))
        self.library.heard_log.corrected(heard_id, "false_fire")
        self.tell(HeardChanged())

    def undo_correction(self, heard_id: int) -> None:
        self.asked.append(("undo_correction", heard_id))
        self.library.heard_log.corrected(heard_id, "")
        self.tell(HeardChanged())

    def proposals(self, macro_id: str) -> tuple[str, ...]:
        self.asked.append(("proposals", macro_id))
        return PROPOSALS if macro_id == "play-song" else ()

    def add_phrase(self, macro_id: str, text: str) -> None:
        self.asked.append(("add_phrase", macro_id, text))
        self.library.add_phrase(macro_id, text)
        self.tell(LibraryChanged())

    def enrol_wake(self) -> None:
        self.asked.append(("enrol_wake",))
        self.listening = True

    def stop_enrolling_wake(self) -> None:
        self.asked.append(("stop_enrolling_wake",))

    def forget_wake(self) -> None:
        self.asked.append(("forget_wake",))
        self.wake_phrase = None

    def search(self, text: str) -> None:
        self.asked.append(("search", text))

    def set_saying(self, on: bool) -> None:
        self.asked.append(("set_saying", on))

    def run(self, macro_id: str, slots: dict[str, str]) -> None:
        self.asked.append(("run", macro_id, slots))
        self.running = True

    def stop_episode(self) -> None:
        self.asked.append(("stop_episode",))

    def rename(self, macro_id: str, name: str) -> None:
        self.asked.append(("rename", macro_id, name))
        self.library.rename(macro_id, name)
        self.tell(LibraryChanged())

    def delete(self, macro_id: str) -> None:
        self.asked.append(("delete", macro_id))
        self.library.delete(macro_id)
        self.tell(LibraryChanged())

    def close(self) -> None:
        self.asked.append(("close",))
        self.library.close()

    def play_out(self, halt: bool, macro_id: str = "play-song") -> None:
        """Tell a whole run: it halts at the third step, or ends well."""
        self.tell(EpisodeStarted("e1", macro_id, {"song": "Let It Be"}))
        for index in range(3):
            done = step_done("e1", index)
            self.tell(StepStarted("e1", index, done.description))
            if index < 2 or not halt:
                self.tell(done)
        self.running = False
        if halt:
            picture = self.library.episodes_folder / "e1-halted.png"
            cv2.imwrite(str(picture), player_picture("Let It Be"))
            self.tell(Halted("e1", 2, "no row on the screen reads like it; nearest: “Yesterday”", picture))
        else:
            self.tell(Finished("e1", "MPRIS: Let It Be is Playing", 2140.0))


def main() -> None:
    """Show the window over the sample."""
    from encore_gui.app import run_window

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "encore"
        library = Library(root) if "empty" in sys.argv[1:] else sample_library(root)
        run_window(Settings(root=root, models=root / "models"), lambda _: FakeAgent(library))


if __name__ == "__main__":
    main()
