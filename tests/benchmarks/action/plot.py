"""The picture of the benchmark of the action model, in SVG: bars of the combinations, lines over demonstrations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from tests.benchmarks.action.learning import BY_DEFAULT, BY_RULE, DRAWN
from tests.benchmarks.action.towers import SMALL_SET

BARS = {
    "next_step_accuracy": ("next step", "#2f5d8a"),
    "target_hit_model": ("target", "#6fa287"),
    "episodes_right": ("episodes all right", "#d9a441"),
    "open_set_auroc": ("ROC-AUC", "#b5607a"),
}
"""Keys of a row, what they are called, and their colours."""
WAYS = {BY_DEFAULT: "#2f5d8a", BY_RULE: "#6fa287", DRAWN: "#b5607a"}
INK, PALE, GROUND = "#222831", "#d5dae0", "#ffffff"
WIDE, LEFT, RIGHT = 900, 210, 60
"""Pixels: of the picture, and of its margins."""
BAR, GAP = 11, 14
LINES_HIGH = 240


def picture(told: Mapping[str, Any]) -> str:
    """All of it.

    Args:
        told: What `bench` told.
    """
    parts: list[str] = []
    whole, small = ([row for row in told["rows"] if (row["set"] == SMALL_SET) == other] for other in (False, True))
    top = _bars(parts, 0, "The default, fusions trained alike, and the rule alone", whole)
    if small:
        top = _bars(parts, top, "Other towers, small, on a small set of their own", small)
    top = _lines(parts, top, "Next step right, by demonstrations of an application never seen", told["demonstrations"])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {top}" width="{WIDE}" height="{top}" '
    ground = f'<rect width="{WIDE}" height="{top}" fill="{GROUND}"/>'
    return "\n".join([f'{head}font-family="sans-serif" font-size="12" fill="{INK}">', ground, *parts, "</svg>"]) + "\n"


def _bars(parts: list[str], top: int, title: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """A group of bars for each row; gives where it ends."""
    parts.append(_text(20, top + 32, title, size=15, weight="bold"))
    _legend(parts, top + 50, ((name, colour) for name, colour in BARS.values()))
    scale, y = WIDE - LEFT - RIGHT, top + 72
    foot = y + len(rows) * (len(BARS) * BAR + GAP)
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = LEFT + share * scale
        parts.append(f'<line x1="{x:.0f}" y1="{y - 4}" x2="{x:.0f}" y2="{foot - GAP + 4}" stroke="{PALE}"/>')
        parts.append(_text(x, foot + 6, f"{100 * share:.0f} %", anchor="middle", size=10))
    for row in rows:
        parts.append(_text(LEFT - 10, y + len(BARS) * BAR / 2 + 4, row["name"], anchor="end"))
        for key, (_, colour) in BARS.items():
            share = row.get(key)
            if share is not None:
                parts.append(
                    f'<rect x="{LEFT}" y="{y}" width="{share * scale:.1f}" height="{BAR - 2}" fill="{colour}"/>'
                )
                parts.append(_text(LEFT + share * scale + 4, y + BAR - 2, f"{100 * share:.1f}", size=9))
            y += BAR
        y += GAP
    return foot + 20


def _lines(parts: list[str], top: int, title: str, points: Sequence[Mapping[str, Any]]) -> int:
    """A line for each way of learning; gives where it ends."""
    parts.append(_text(20, top + 32, title, size=15, weight="bold"))
    _legend(parts, top + 50, WAYS.items())
    counts = sorted({point["demonstrations"] for point in points})
    shares = [point["next_step_accuracy"] for point in points if point["next_step_accuracy"] is not None]
    if not shares:
        return top + 70
    low = min(0.9, math.floor(10 * min(shares)) / 10)
    foot, scale = top + 74 + LINES_HIGH, WIDE - LEFT - RIGHT
    far = math.log1p(max(1, counts[-1]))

    def at(count: int, share: float) -> tuple[float, float]:
        return LEFT + scale * math.log1p(count) / far, foot - LINES_HIGH * (share - low) / (1 - low)

    for share in (low + part * (1 - low) / 4 for part in range(5)):
        _, y = at(0, share)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDE - RIGHT}" y2="{y:.1f}" stroke="{PALE}"/>')
        parts.append(_text(LEFT - 10, y + 4, f"{100 * share:.1f} %", anchor="end", size=10))
    for count in counts:
        parts.append(_text(at(count, low)[0], foot + 18, str(count), anchor="middle", size=10))
    parts.append(_text(LEFT + scale / 2, foot + 36, "demonstrations", anchor="middle", size=11))
    for way, colour in WAYS.items():
        found = sorted((p["demonstrations"], p["next_step_accuracy"]) for p in points if p["way"] == way)
        places = [at(*one) for one in found if one[1] is not None]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
    return foot + 56


def _legend(parts: list[str], y: int, entries: Iterable[tuple[str, str]]) -> None:
    x = 20
    for name, colour in entries:
        parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(x + 15, y, name, size=11))
        x += 30 + 7 * len(name)


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
