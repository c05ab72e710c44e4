"""The HTML report of a rehearsal: what was shown, what was asked, what happened, with pictures."""

from __future__ import annotations

import base64
from pathlib import Path

import jinja2

from demos.rehearsal import Asked, End
from encore_agent.describe import describe_step
from encore_agent.messages import Asked as Question
from encore_agent.messages import Finished, Halted, Rejected, Trouble
from encore_models.macro import Macro

_PAGE = Path(__file__).parent / "report.html.jinja"


def table(asked: Asked) -> list[tuple[str, str]]:
    """The short table: what was heard, understood, done, and how long it took."""
    accepted = asked.accepted
    slots = ", ".join(f"{k} = {v}" for k, v in accepted.command.slots.items()) if accepted else "-"
    return [
        ("said", f"“{asked.said}” ({asked.voice})"),
        ("heard", f"“{accepted.text}”" if accepted else "not understood"),
        ("slot", slots),
        ("steps", str(len(asked.steps))),
        ("outcome", told(asked.outcome) if asked.outcome or not accepted else "not done in time"),
        ("playing (MPRIS)", asked.song_playing or "nothing"),
        ("playing (tone on the speakers)", asked.song_heard or "nothing"),
        ("end of speech to first action", _ms(asked.first_action_ms)),
        ("end of speech to song playing", _ms(asked.playing_ms)),
    ]


def told(outcome: End | None) -> str:
    """How a request ended, in words."""
    match outcome:
        case Finished(verified_by=verified):
            return f"done, {verified or 'not verified'}"
        case Halted(index=index, reason=reason):
            return f"halted at step {index + 1}: {reason}"
        case Question(reason=reason):
            return f"asked: {reason}"
        case Rejected(reason=reason):
            return f"not understood: {reason}"
        case Trouble(message=message):
            return message
        case None:
            return "nothing was heard"


def write_report(path: Path, macro: Macro, asked: Asked, screen: Path) -> Path:
    """Write the report, one file with its pictures inside."""
    steps = [
        {
            "description": step.description,
            "evidence": step.evidence,
            "find_ms": step.find_ms,
            "image": _inline(step.picture) if step.picture else None,
        }
        for step in asked.steps
    ]
    page = jinja2.Environment(autoescape=True).from_string(_PAGE.read_text(encoding="utf-8"))
    path.write_text(
        page.render(
            asked=asked,
            rows=table(asked),
            macro=macro,
            learned=[describe_step(step) for step in macro.steps],
            steps=steps,
            halted=_halted(asked.outcome),
            screen=_inline(screen),
        ),
        encoding="utf-8",
    )
    return path


def _halted(outcome: End | None) -> dict[str, str] | None:
    """Where it halted and why, with the picture; None where it did not, or has none."""
    match outcome:
        case Halted(index=index, reason=reason, picture=Path() as picture):
            return {"step": str(index + 1), "reason": reason, "image": _inline(picture)}
    return None


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"


def _inline(picture: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
