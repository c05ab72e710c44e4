"""What the demonstration says at its end: sentences, no program text."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from demos.rehearsal import Asked as Rehearsed
from demos.rehearsal import End
from demos.report import told, write_report
from encore_agent.messages import Asked, Command, Finished, Halted, Rejected, StepDone, Trouble
from encore_models.macro import Macro, Phrase, Step, WindowIdentity
from encore_recorder.actions import PressKeys
from encore_recorder.geometry import Rect


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Finished("e", "MPRIS: Yesterday is Playing", 2800.0), "done, MPRIS: Yesterday is Playing"),
        (Finished("e", None, 2800.0), "done, not verified"),
        (Halted("e", 2, "no row reads like it", Path("a.png")), "halted at step 3: no row reads like it"),
        (Asked("play", "it could be “Yesterday”", (Command("play", {}, 0.4),)), "asked: it could be “Yesterday”"),
        (Rejected("lay", "no command sounds like it"), "not understood: no command sounds like it"),
        (Trouble("the microphone is gone"), "the microphone is gone"),
        (None, "nothing was heard"),
    ],
)
def test_every_end_is_told_in_words(outcome: End | None, words: str) -> None:
    assert told(outcome) == words


@pytest.mark.parametrize(
    ("pictures", "end"), [((b"step", b"halt"), None), ((b"step", None), None), ((b"step",), Finished("e", None, 9.0))]
)
def test_the_report_holds_every_picture_of_the_run_and_that_of_its_halt(
    tmp_path: Path, pictures: tuple[bytes | None, ...], end: End | None
) -> None:
    files: list[Path | None] = []
    for number, content in enumerate(pictures):
        path = tmp_path / f"{number}.png"
        path.write_bytes(content or b"")
        files.append(path if content else None)
    (tmp_path / "screen.png").write_bytes(b"screen")
    end = end or Halted("e", 1, "no row reads <Yesterday>", files[1])
    done = StepDone("e", 0, "Press Return", None, "keyboard", 1.0, 1.0, files[0])
    asked = Rehearsed("Yesterday", "amy", "play yesterday", (done, end), None, None, None, None)
    step = Step(PressKeys(("Return",)), WindowIdentity("player", "Player", Rect(0, 0, 9, 9)), "before.png")
    macro = Macro("m", "Play", (Phrase("play"),), (), (step,), "2026-01-01T00:00:00+00:00", "demo-1")
    report = write_report(tmp_path / "report.html", macro, asked, tmp_path / "screen.png").read_text(encoding="utf-8")
    inside = [content for content in (b"step", b"halt", b"screen") if base64.b64encode(content).decode() in report]
    assert inside == [*(content for content in pictures if content), b"screen"]
    halted = b"halt" in pictures
    assert ("Halted at step 2" in report) == halted
    assert ("(no row reads &lt;Yesterday&gt;)" in report) == halted
