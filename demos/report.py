"""The HTML report of a rehearsal: what was shown, what was asked, what happened, with pictures."""

from __future__ import annotations

import base64
from pathlib import Path

import jinja2

from demos.rehearsal import Asked
from encore_agent.describe import describe_step
from encore_models.macro import Macro

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Encore: rehearsal</title>
<style>
 :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
 body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
 table { border-collapse: collapse; } td, th { text-align: left; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); }
 th { font-weight: 600; white-space: nowrap; vertical-align: top; }
 figure { margin: 1.5rem 0; } img { max-width: 100%; border: 1px solid var(--line); border-radius: 8px; }
 figcaption { margin-bottom: .4rem; } .quiet { opacity: .7; } .ok { color: #1a8f4c; } .bad { color: #c8373a; }
</style></head><body>
<h1>{{ "The right song plays" if asked.right else "The song that was asked for does not play" }}</h1>
<table>
 {% for name, value in rows %}<tr><th>{{ name }}</th><td>{{ value }}</td></tr>{% endfor %}
</table>
<h2>What was learned</h2>
<p>“{{ macro.phrases[0].text }}”, from one demonstration:</p>
<ol>{% for step in learned %}<li>{{ step }}</li>{% endfor %}</ol>
<h2>What was done</h2>
{% for step in steps %}
<figure><figcaption><strong>{{ loop.index }}. {{ step.description }}</strong>
<span class="quiet">({{ step.evidence }}; found in {{ "%.0f"|format(step.find_ms) }} ms)</span></figcaption>
{% if step.image %}<img src="{{ step.image }}" alt="{{ step.description }}">{% endif %}</figure>
{% endfor %}
<h2>At the end</h2>
<figure><img src="{{ screen }}" alt="The screen at the end"></figure>
</body></html>
"""


def table(asked: Asked) -> list[tuple[str, str]]:
    """The short table: what was heard, understood, done, and how long it took."""
    accepted = asked.accepted
    slots = ", ".join(f"{k} = {v}" for k, v in accepted.command.slots.items()) if accepted else "-"
    return [
        ("said", f"“{asked.said}” ({asked.voice})"),
        ("heard", f"“{accepted.text}”" if accepted else "not understood"),
        ("slot", slots),
        ("steps", str(len(asked.steps))),
        ("outcome", str(asked.outcome)),
        ("playing (MPRIS)", asked.song_playing or "nothing"),
        ("playing (tone on the speakers)", asked.song_heard or "nothing"),
        ("end of speech to first action", _ms(asked.first_action_ms)),
        ("end of speech to song playing", _ms(asked.playing_ms)),
    ]


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
    page = jinja2.Environment(autoescape=True).from_string(_PAGE)
    path.write_text(
        page.render(
            asked=asked,
            rows=table(asked),
            macro=macro,
            learned=[describe_step(step) for step in macro.steps],
            steps=steps,
            screen=_inline(screen),
        ),
        encoding="utf-8",
    )
    return path


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"


def _inline(picture: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
