"""What the benchmark of the action model found, as JSON, Markdown and pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

COLUMNS = {
    "name": "combination",
    "next_step_accuracy": "next step",
    "state_macro_f1": "macro-F1",
    "open_set_auroc": "ROC-AUC",
    "target_hit_model": "target",
    "target_hit_evidence": "with evidence",
    "wrong_target": "wrong target",
    "episode_success": "episodes",
    "episode_false_done": "false done",
    "wrong": "ended wrong",
    "voice_spread": "voices apart",
    "parameters": "parameters",
    "fp32_mb": "MB",
    "int8_mb": "MB int8",
    "fp32_ms": "ms",
    "int8_ms": "ms int8",
    "int8_loss_points": "int8 loses",
    "training_seconds": "trained s",
}
"""Of the table, by the keys of a row."""
PLOTTED = {"next_step_accuracy": "#3465a4", "target_hit_evidence": "#73a946", "open_set_auroc": "#d08770"}
BAR, GAP, LEFT, SCALE = 14, 18, 220, 480
"""Height of a bar, room between rows, of names, and length of a whole bar, in pixels."""


def write_report(path: Path, told: dict[str, Any]) -> None:
    """Write the JSON file, and beside it tables in Markdown and a picture in SVG.

    Args:
        path: Of the JSON file.
        told: What `bench` told.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2) + "\n")
    path.with_suffix(".md").write_text(markdown(told))
    path.with_suffix(".svg").write_text(picture(told["rows"], told["demonstrations"]))


def markdown(told: dict[str, Any]) -> str:
    """All tables."""
    lines = ["# The action model", "", told["about"], ""]
    lines += table(COLUMNS, told["rows"])
    lines += ["", f"## Hard cases of {told['default']}", ""]
    lines += table(_headed("case", told["hard"]), told["hard"])
    lines += ["", f"## Variants of {told['default']}", ""]
    lines += table(_headed("variant", told["ledger"]), told["ledger"])
    lines += ["", "## Demonstrations of one's own", ""]
    lines += table(_headed("way", told["demonstrations"]), told["demonstrations"])
    if told["towers"]:
        lines += ["", "## Towers, small, on a small set of their own, without what ours compared beforehand", ""]
        lines += table(_headed("name", told["towers"]), told["towers"])
        lines += ["", "## Speech brought to texts", ""]
        lines += table(_headed("way", told["alignment"]), told["alignment"])
    return "\n".join(lines) + "\n"


def _headed(first: str, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    keys = dict.fromkeys([first, *(key for row in rows for key in row)])
    return {key: key.replace("_", " ") for key in keys}


def table(columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = ["| " + " | ".join(columns.values()) + " |", "|---" * len(columns) + "|"]
    return lines + ["| " + " | ".join(_shown(row.get(key)) for key in columns) + " |" for row in rows]


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1 else f"{value:.1f}"
    return str(value)


def picture(rows: Sequence[dict[str, Any]], points: Sequence[dict[str, Any]]) -> str:
    """Bars of shares of 1, one group a row; below, success against the number of demonstrations."""
    named = [(row["name"], {key: row[key] for key in PLOTTED}) for row in rows]
    named += [
        (f"{point['demonstrations']} shown, {point['way']}", {"next_step_accuracy": point.get("next_step_accuracy")})
        for point in points
    ]
    high = GAP + sum(len(shares) * BAR + GAP for _, shares in named) + GAP
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + SCALE + 80}" height="{high}" font-size="12">']
    parts.append('<rect width="100%" height="100%" fill="white"/>')
    top = GAP
    for name, shares in named:
        parts.append(f'<text x="8" y="{top + BAR}" font-family="sans-serif">{escape(name)}</text>')
        parts += _bars(shares, top)
        top += len(shares) * BAR + GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bars(shares: dict[str, float | None], top: int) -> list[str]:
    parts = []
    for place, (key, share) in enumerate(shares.items()):
        if share is None:
            continue
        y = top + place * BAR
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{share * SCALE:.1f}" height="{BAR - 2}" fill="{PLOTTED[key]}"/>')
        label = escape(f"{100 * share:.1f} % {COLUMNS[key]}")
        parts.append(f'<text x="{LEFT + 4}" y="{y + BAR - 4}" font-size="10" font-family="sans-serif">{label}</text>')
    return parts
