"""What the agent is doing, gathered from its events for all windows to show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from encore_agent.errors import AgentError
from encore_agent.messages import (
    AgentEvent,
    EpisodeStarted,
    Finished,
    Halted,
    Learned,
    ListeningChanged,
    Progress,
    RecordingPaused,
    RecordingStarted,
    RecordingStopped,
    StepDone,
    StepStarted,
    Trouble,
)
from encore_gui.agent_port import Agent
from encore_gui.bridge import Bridge
from encore_models.errors import ModelsError

INTERRUPTED = "the run ended early; a notice says why"


class Activity(StrEnum):
    """The one thing that icon and header show; the most pressing wins."""

    IDLE = "idle"
    LISTENING = "listening"
    MUTED = "muted"
    """It listens, but the microphone is muted."""
    RECORDING = "recording"
    PAUSED = "paused"
    LEARNING = "learning"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class StepProgress:
    """How far one step of an episode is."""

    state: Literal["now", "done", "halted"]
    sentence: str
    note: str = ""
    """Evidence or reason, for a person."""
    picture: Path | None = None


@dataclass(frozen=True, slots=True)
class EpisodeProgress:
    """One run as far as it was told. `after` folds the next event in."""

    episode_id: str
    macro_id: str
    slots: dict[str, str]
    steps: tuple[StepProgress, ...] = ()
    outcome: Finished | Halted | None = None
    """None while it runs."""

    def after(self, event: StepStarted | StepDone | Finished | Halted) -> EpisodeProgress:
        """The progress once `event` happened; events of other episodes change nothing."""
        if event.episode_id != self.episode_id or self.outcome is not None:
            return self
        match event:
            case StepStarted():
                return self._with(event.index, StepProgress("now", event.description))
            case StepDone():
                note = f"{event.evidence} · {event.find_ms + event.act_ms:.0f} ms"
                return self._with(event.index, StepProgress("done", event.description, note, event.picture))
            case Halted():
                return replace(self._halted(event), outcome=event)
        return replace(self, outcome=event)

    def _with(self, index: int, step: StepProgress) -> EpisodeProgress:
        return replace(self, steps=(*self.steps[:index], step))

    def _halted(self, event: Halted) -> EpisodeProgress:
        if event.index >= len(self.steps):
            return self
        sentence = self.steps[event.index].sentence
        return self._with(event.index, StepProgress("halted", sentence, event.reason, event.picture))


class AgentState(QObject):
    """The agent's activity and its latest episodes, kept up to date."""

    changed = Signal()
    """The activity or the progress of long work changed."""
    episode_changed = Signal(str)
    """An episode of the macro with this id moved on."""

    CHECK_MS = 500
    """How often a run is checked for having ended without telling."""

    def __init__(self, agent: Agent, bridge: Bridge, parent: QObject | None = None) -> None:
        """Follow the events that come over `bridge`."""
        super().__init__(parent)
        self._agent = agent
        self._paused = False
        self._learning = False
        self._running: EpisodeProgress | None = None
        self.latest: EpisodeProgress | None = None
        """The episode that runs, or ran last."""
        self._latest: dict[str, EpisodeProgress] = {}
        self.progress: Progress | None = None
        """Long work that is under way; None when there is none."""
        self._check = QTimer(self, interval=self.CHECK_MS)
        self._check.timeout.connect(self._check_run)
        bridge.told.connect(self._on_event)

    @property
    def activity(self) -> Activity:
        """What to show."""
        if self._agent.recording:
            return Activity.PAUSED if self._paused else Activity.RECORDING
        if self._running is not None:
            return Activity.RUNNING
        if self._learning:
            return Activity.LEARNING
        if not self._agent.listening:
            return Activity.IDLE
        return Activity.MUTED if self._agent.muted else Activity.LISTENING

    @property
    def at_rest(self) -> bool:
        """Whether nothing is recorded, learned or run."""
        return self.activity in (Activity.IDLE, Activity.LISTENING, Activity.MUTED)

    @property
    def running(self) -> EpisodeProgress | None:
        """The episode that runs now."""
        return self._running

    def episode(self, macro_id: str) -> EpisodeProgress | None:
        """The latest episode of a macro since Encore was started."""
        return self._latest.get(macro_id)

    def name_of(self, macro_id: str) -> str:
        """A macro's name; its id where it cannot be read."""
        try:
            return self._agent.library.macro(macro_id).name
        except (AgentError, ModelsError):
            return macro_id

    @property
    def run_text(self) -> str:
        """What runs, for a person: the macro's name and its values; empty where nothing does."""
        return self.meaning(self._running.macro_id, self._running.slots) if self._running is not None else ""

    def meaning(self, macro_id: str, slots: dict[str, str]) -> str:
        """A command as a person reads it: the macro's name and the values of its slots."""
        values = ", ".join(value for value in slots.values() if value)
        name = self.name_of(macro_id)
        return f"{name}: {values}" if values else name

    def recording_ends(self) -> None:
        """The recording was asked to end; that takes a moment, and then it is learned from."""
        self._learning = True
        self.changed.emit()

    def work_ends(self) -> None:
        """Long work was given up, so no more is told of it."""
        self.progress = None
        self.changed.emit()

    def _on_event(self, event: AgentEvent) -> None:
        match event:
            case EpisodeStarted():
                self._follow(EpisodeProgress(event.episode_id, event.macro_id, event.slots))
                self._check.start()
            case StepStarted() | StepDone() | Finished() | Halted():
                if self._running is not None:
                    self._follow(self._running.after(event))
            case RecordingStarted():
                self._paused = self._learning = False
            case RecordingPaused(on=on):
                self._paused = on
            case RecordingStopped():
                self._learning = True
            case Learned() | Trouble():
                self._learning, self.progress = False, None
            case Progress():
                self.progress = event if event.done < 1 else None
            case ListeningChanged():
                self.progress = None
        self.changed.emit()

    def _follow(self, episode: EpisodeProgress) -> None:
        self._latest[episode.macro_id] = self.latest = episode
        self._running = episode if episode.outcome is None else None
        if self._running is None:
            self._check.stop()
        self.episode_changed.emit(episode.macro_id)

    def _check_run(self) -> None:
        """A run that ends by an error tells no outcome: give it one, or the window would wait for ever."""
        if self._running is not None and not self._agent.running:
            episode = self._running
            self._follow(episode.after(Halted(episode.episode_id, max(0, len(episode.steps) - 1), INTERRUPTED)))
            self.changed.emit()
