"""The main job, rehearsed: one person shows how to play a song, another asks for a different one.

Shared by `make demo`, the desktop tests and `make bench-main`. The person acts through `demos.hands`; what
plays is asked of the player over MPRIS and heard on the speakers, both without Encore's help.
"""

from __future__ import annotations

import queue
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demos.errors import RehearsalFailed
from demos.hands import Hands
from demos.player.catalogue import generate
from demos.player.remote import RemotePlayer
from demos.player.tones import identify
from demos.stage import Stage
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Finished,
    Halted,
    Learned,
    ListeningChanged,
    RecordingStarted,
    Rejected,
    StepDone,
    Trouble,
)
from encore_agent.messages import (
    Asked as Question,
)
from encore_agent.service import Service, open_service
from encore_agent.settings import Settings

PLAYER = "encore_player"
"""The player's name on the session bus, as playerctl takes it."""
LISTEN_S = 1.2
"""How long the speakers are listened to; longer than one turn of a track's tone pattern."""
End = Finished | Halted | Question | Rejected | Trouble
"""What ends a request: a question, too, for this person asked clearly enough."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and what came of it."""

    song: str
    """What was asked for."""
    voice: str
    said: str
    events: tuple[AgentEvent, ...]
    """Everything that Encore told, in order."""
    song_playing: str | None
    """Title by MPRIS afterwards, asked with playerctl; None where nothing plays."""
    song_heard: str | None
    """Title of the track whose tones came from the speakers; None for silence or an unknown tone."""
    first_action_ms: float | None
    """From the end of the speech to the first action."""
    playing_ms: float | None
    """From the end of the speech until the effect was verified."""

    @property
    def right(self) -> bool:
        """Whether the song that was asked for plays, by both witnesses."""
        return self.song == self.song_playing == self.song_heard

    @property
    def wrong(self) -> bool:
        """Whether another song plays than the one asked for: the worst outcome."""
        return self.song_playing not in (None, self.song)

    @property
    def accepted(self) -> Accepted | None:
        """What Encore understood, if it did."""
        return next((event for event in self.events if isinstance(event, Accepted)), None)

    @property
    def steps(self) -> list[StepDone]:
        """The steps that were carried out."""
        return [event for event in self.events if isinstance(event, StepDone)]

    @property
    def outcome(self) -> End | None:
        """How it ended; None where nothing was heard."""
        return next((event for event in reversed(self.events) if isinstance(event, End)), None)


class Rehearsal:
    """Encore, a player and a person on one stage."""

    def __init__(self, stage: Stage, service: Service, player: RemotePlayer, hands: Hands) -> None:
        """Put the parts together.

        Args:
            stage: Applied to this process.
            service: Encore, with its library on the stage.
            player: Tells the hands where its controls are.
            hands: The person.
        """
        self.stage = stage
        self.service = service
        self.player = player
        self.hands = hands
        self.tracks = generate().tracks
        self._events: queue.SimpleQueue[AgentEvent] = queue.SimpleQueue()
        service.subscribe(self._events.put)

    def show(self, song: str, voice: str) -> Learned:
        """Record "Play <song>" while doing it, and learn.

        Raises:
            RehearsalFailed: Encore could not record or learn it.
        """
        self.service.start_recording()
        self._await(RecordingStarted, 15.0)
        spoken = self.hands.say(f"Play {song}.", voice, wait=False)
        time.sleep(0.4)
        self.hands.click(*self.player.box("Search field").center)
        self.hands.type(song)
        title = self.player.box(f"title: {song}")
        # On the words themselves, as a person does; the artist stands below them.
        self.hands.double_click(title.left + 24, title.top + title.height // 3)
        spoken.wait()
        self.player.wait_until_playing(song)
        time.sleep(1.0)
        self.service.stop_recording()
        learned, _ = self._await(Learned, 120.0)
        assert isinstance(learned, Learned)
        return learned

    def tell_titles(self, learned: Learned) -> None:
        """Give Encore the titles that the person has, as `encore values` does.

        Raises:
            RehearsalFailed: It learned nothing that varies.
        """
        slots = self.service.library.macro(learned.macro_id).slots
        if len(slots) != 1:
            raise RehearsalFailed(
                f"Encore learned “{learned.phrases[0]}”, in which no song varies: it did not hear what was said in the "
                "demonstration. A machine that is very busy cuts speech up; try again when it is less so"
            )
        self.service.add_slot_values(learned.macro_id, slots[0].name, [track.title for track in self.tracks])

    def listen(self) -> None:
        """Turn Encore's ears on.

        Raises:
            RehearsalFailed: There is nothing to listen with.
        """
        self.service.set_listening(True)
        self._await(ListeningChanged, 60.0)

    def ask(
        self, song: str, voice: str, said: str | None = None, *, speed: float = 1.0, patience_s: float = 30.0
    ) -> Asked:
        """Say "Play <song>" and wait for what comes of it; a question that Encore asks is answered with no."""
        said = said or f"Play {song}."
        while not self._events.empty():  # what came of earlier requests
            self._events.get()
        spoken = self.hands.say(said, voice, speed=speed)
        events = self._until_the_end(patience_s)
        first_action, finished = self._first(events, StepDone), self._first(events, Finished)
        if self._first(events, Question) is not None:
            self.service.answer(None, None)
        return Asked(
            song=song,
            voice=voice,
            said=said,
            events=tuple(event for _, event in events),
            song_playing=self.playing(),
            song_heard=self.heard(),
            first_action_ms=1e3 * (first_action - spoken.ended_s) if first_action else None,
            playing_ms=1e3 * (finished - spoken.ended_s) if finished else None,
        )

    # Witnesses

    def playing(self) -> str | None:
        """The title that the player reports over MPRIS, or None while nothing plays."""
        return self.player.title if self.player.status == "Playing" else None

    def heard(self) -> str | None:
        """The title of the track whose tones come out of the speakers."""
        recording = self.stage.record_speakers(LISTEN_S)
        track = identify(recording.samples, recording.rate, self.tracks)
        return track.title if track else None

    def hush(self) -> None:
        """Stop what plays, so that the next request starts from silence."""
        subprocess.run(["playerctl", f"--player={PLAYER}", "pause"], env=self.stage.env, check=False)

    # Waiting

    def _await(self, kind: type[AgentEvent], patience_s: float) -> tuple[AgentEvent, float]:
        deadline = time.monotonic() + patience_s
        while True:
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise RehearsalFailed(f"nothing said {kind.__name__} within {patience_s:g} s") from None
            if isinstance(event, kind):
                return event, time.monotonic()
            if isinstance(event, Trouble):
                raise RehearsalFailed(event.message)

    def _until_the_end(self, patience_s: float) -> list[tuple[float, AgentEvent]]:
        events: list[tuple[float, AgentEvent]] = []
        running = False
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            try:
                event = self._events.get(timeout=deadline - time.monotonic())
            except queue.Empty:
                break
            events.append((time.monotonic(), event))
            running = running or isinstance(event, Accepted)
            # A trouble with something else, such as a microphone that is silent for long, ends no run.
            if isinstance(event, End) and not (running and isinstance(event, Trouble)):
                break
        return events

    @staticmethod
    def _first(events: list[tuple[float, AgentEvent]], kind: type[AgentEvent]) -> float | None:
        return next((moment for moment, event in events if isinstance(event, kind)), None)


@contextmanager
def encore_on(stage: Stage, models: Path) -> Iterator[Service]:
    """Encore with a library of its own on the stage.

    Args:
        stage: Applied to this process.
        models: Where prepared models are kept from run to run.
    """
    service = open_service(Settings(root=stage.home / ".local/share/encore", models=models))
    try:
        yield service
    finally:
        service.close()
