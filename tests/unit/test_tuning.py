"""Fine-tuning as the agent sees it: a process that tells JSON lines, and may stop, fail or die without harm."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from encore_agent import cli_learn, tuning
from encore_agent.cli import app
from encore_agent.tuning import MODULE, NoTrainExtra, NotTuned, Tuned, TuningPlaces, WaysDiffer, tune

DONE = {
    "event": "tuned",
    "taken": True,
    "why": "",
    "learned": ["play-song"],
    "steps": 120,
    "seconds": 41.0,
    "loss": {"own": [1.0, 0.2], "old": [0.5, 0.5]},
    "own": {"target_hit": [0.5, 1.0]},
    "old": {"target_hit": [1.0, 1.0]},
}


def telling(*events: dict, after: str = "") -> tuple[str, ...]:
    """A training that tells these events, and then does something."""
    lines = [json.dumps(event) for event in events]
    return (sys.executable, "-c", f"import sys, time, os, signal\nfor l in {lines!r}: print(l, flush=True)\n{after}")


class Run:
    """Runs a training and notes what is told."""

    def __init__(self, folder: Path) -> None:
        self.places = TuningPlaces(folder, folder / "action_model", folder / "hearing")
        self.told: list[tuple[str, float]] = []
        self.notes: list[str] = []
        self.stop = threading.Event()

    def __call__(self, command: tuple[str, ...]) -> Tuned:
        def tell(what: str, done: float) -> None:
            self.told.append((what, done))

        return tune(self.places, tell, self.notes.append, self.stop, command=command)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_what_came_of_it_is_told(run: Run) -> None:
    tuned = run(
        telling({"event": "progress", "what": "learning", "done": 0.5}, {"event": "note", "text": "no speech"}, DONE)
    )
    assert tuned.taken
    assert tuned.learned == ("play-song",)
    assert tuned.own == {"target_hit": (0.5, 1.0)}
    assert tuned.loss["old"] == (0.5, 0.5)
    assert (run.told, run.notes) == ([("learning", 0.5)], ["no speech"])


def test_it_is_told_what_to_learn(run: Run) -> None:
    command = telling(after="print(__import__('json').dumps({'event': 'failed', 'text': ' '.join(sys.argv[1:])}))")
    with pytest.raises(NotTuned) as caught:
        tune(run.places, lambda *_: None, run.notes.append, run.stop, ["a"], ["b", "c"], command)
    told = f"--library {run.places.library} --target {run.places.target} --hearing {run.places.hearing}"
    assert f"{told} --new a --leave-out b --leave-out c" in str(caught.value)


def test_what_a_library_prints_is_passed_over(run: Run) -> None:
    assert run(telling(DONE, after="print('done.'); print('[1]'); print('warned', file=sys.stderr)")).taken


def test_a_failure_keeps_the_model_and_says_why(run: Run) -> None:
    with pytest.raises(NotTuned, match=r"the loss is not finite\. The action model is the one of before"):
        run(telling({"event": "failed", "text": "training stopped at step 3: the loss is not finite"}))


def test_a_death_is_not_taken_for_success(run: Run) -> None:
    with pytest.raises(NotTuned, match="ended with 3: boom"):
        run(telling(after="print('boom', file=sys.stderr); sys.exit(3)"))
    with pytest.raises(NotTuned, match="ended by the system"):
        run(telling(after="os.kill(os.getpid(), signal.SIGKILL)"))
    with pytest.raises(NotTuned, match="ended with 0: it said nothing"):
        run(telling())


def test_it_can_be_stopped(run: Run) -> None:
    threading.Timer(0.3, run.stop.set).start()
    began = time.monotonic()
    with pytest.raises(NotTuned, match="it was stopped"):
        run(telling({"event": "progress", "what": "learning", "done": 0.1}, after="time.sleep(60)"))
    assert time.monotonic() - began < 30


def test_a_contradiction_names_both_ways(run: Run) -> None:
    event = {"event": "contradiction", "text": "differs", "command": "play", "ways": [["a"], ["b", "c"]]}
    with pytest.raises(WaysDiffer) as caught:
        run(telling(event))
    assert (caught.value.command, caught.value.ways) == ("play", (("a",), ("b", "c")))


def test_without_the_train_extra_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "NEEDED", ("torch_of_nobody",))
    with pytest.raises(NoTrainExtra, match=r"torch_of_nobody is not installed.*one demonstration is enough"):
        run((sys.executable, "-m", MODULE))


# The command


def invoked(tmp_path: Path, *arguments: str, answers: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["learn", *arguments, "--data", str(tmp_path)], input=answers)
    return result.exit_code, " ".join(result.output.split())


def test_the_command_says_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, old = {"target_hit": (0.5, 1.0)}, {"next_step_accuracy": (1.0, 0.995)}
    tuned = Tuned(True, "", ("play-song",), 120, 41.0, own, old, {"own": (1.0, 0.2)})
    monkeypatch.setattr(cli_learn, "tune", lambda *_: tuned)
    code, said = invoked(tmp_path)
    assert code == 0
    assert "fine-tuned on play-song in 41 s" in said
    assert "new demonstrations, on what was kept back: target hit 50.0 → 100.0 %, loss 1.000 → 0.200" in said
    assert "older ones, on what was kept back: next step right 100.0 → 99.5 %" in said


def test_the_command_says_what_did_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = Tuned(False, "it would forget older demonstrations", ("play-song",), 120, 41.0)
    monkeypatch.setattr(cli_learn, "tune", lambda *_: tuned)
    assert "the action model stays as it is: it would forget older demonstrations (41 s)" in invoked(tmp_path)[1]


def test_the_command_without_the_extra_is_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "NEEDED", ("torch_of_nobody",))
    code, said = invoked(tmp_path)
    assert code == 1
    assert "torch_of_nobody is not installed" in said
    assert "pip install -e '.[train]'" in said


def test_ways_that_differ_are_an_error_where_nobody_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(*_: object) -> Tuned:
        raise WaysDiffer("“play” was shown in different ways: a against b", "play", (("a",), ("b",)))

    monkeypatch.setattr(cli_learn, "tune", differ)
    code, said = invoked(tmp_path)
    assert (code, "shown in different ways: a against b" in said) == (1, True)


def test_a_person_is_asked_which_way_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_learn.sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr(cli_learn.Prompt, "ask", lambda *_, **__: "2")
    assert cli_learn._asked(WaysDiffer("differs", "play", (("a", "d"), ("b",)))) == ("a", "d")
