"""What the benchmark of the action model found, as JSON and Markdown; `plot.py` draws the picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.action.plot import picture
from tests.benchmarks.action.towers import SMALL_SET

COLUMNS = {
    "name": "combination",
    "next_step_accuracy": "next step %",
    "state_macro_f1": "macro-F1",
    "open_set_auroc": "ROC-AUC",
    "target_hit_model": "target %",
    "target_hit_evidence": "with evidence %",
    "wrong_target": "wrong target, % of decisions",
    "episodes_right": "episodes all right %",
    "episode_success": "played to the end %",
    "episode_false_done": "false done %",
    "wrong": "episodes ended wrong",
    "voice_spread": "groups of voices apart, points",
    "parameters": "parameters",
    "fp32_mb": "MB",
    "int8_mb": "MB int8",
    "fp32_ms": "ms",
    "int8_ms": "ms int8",
    "int8_loss_points": "int8 loses, points",
    "whole_parameters": "parameters with frozen towers",
    "whole_megabytes": "MB int8 with them",
    "whole_milliseconds": "ms int8 with them",
    "training_seconds": "trained s",
}
"""Of the tables of models, by the keys of a row."""
REPLAYED = {
    "name": "",
    "episodes": "episodes",
    "success": "played to the end %",
    "target_hit": "target %",
    "wrong": "episodes ended wrong",
    "false_done": "false done %",
}
"""Of episodes that the finder plays, with advice and without."""
GROUPS = {
    "hard": "Hard cases",
    "voice_group": "Groups of voices",
    "voice": "Voices",
    "application": "Applications",
}
TOWERS = {
    key: title
    for key, title in {"name": "tower", "screen": "screen", "voice": "voice", **COLUMNS}.items()
    if key not in {"target_hit_evidence", "episode_success", "episode_false_done", "wrong", "int8_loss_points"}
} | {"name": "tower"}
SHARES = frozenset(
    "next_step_accuracy target_hit_model target_hit_evidence target_hit wrong_target argument_accuracy episodes_right "
    "episode_success episode_false_done voice_spread recall_at_1 recall_at_5 success false_done".split()
)
"""Told in hundredths."""
TITLES = {
    "of": "",
    "next_step_accuracy": "next step %",
    "target_hit": "target %",
    "wrong_target": "wrong target, % of decisions",
    "argument_accuracy": "argument %",
    "state_macro_f1": "macro-F1",
    "open_set_auroc": "ROC-AUC",
    "episodes_right": "episodes all right %",
    "megabytes": "MB",
    "milliseconds": "ms",
    "most_memory_mb": "most memory, MB",
    "recall_at_1": "first %",
    "recall_at_5": "among five %",
}
"""Of all other tables; a key that is not here is told as it is."""


def write_report(path: Path, told: dict[str, Any]) -> None:
    """Write the JSON file, and beside it tables in Markdown and a picture in SVG.

    Args:
        path: Of the JSON file.
        told: What `bench` told.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2) + "\n")
    path.with_suffix(".md").write_text(markdown(told, path.with_suffix(".svg").name))
    path.with_suffix(".svg").write_text(picture(told))


def markdown(told: dict[str, Any], drawn: str) -> str:
    """All tables.

    Args:
        told: What `bench` told.
        drawn: File of the picture.
    """
    lines = ["# The action model", "", told["about"], "", f"![The same as a picture]({drawn})", ""]
    whole, small = ([row for row in told["rows"] if (row["set"] == SMALL_SET) == other] for other in (False, True))
    lines += [*table(COLUMNS, whole), "", *_fusions(told)]
    ends = told["rows"][0].get("endings")
    if ends:
        lines += ["", f"The default's episodes ended: {', '.join(f'{key} {count}' for key, count in ends.items())}."]
    if told["replayed"]:
        rows = [{"name": name, **figures} for name, figures in told["replayed"].items()]
        lines += ["", "## These episodes, and more, as replays", "", *table(REPLAYED, rows)]
    for key, title in GROUPS.items():
        if told["groups"][key]:
            lines += ["", f"## {title}, the default", "", *_table(told["groups"][key])]
    lines += ["", "## Variants of the default", "", *_table(told["ledger"])]
    lines += ["", "## Demonstrations of applications that it has not seen", "", *_table(told["demonstrations"])]
    lines += ["", "## Fine-tuning beside old demonstrations", "", *_tuning(told["fine_tuning"])]
    if small:
        lines += ["", "## Other towers, on a small set of their own", "", *table(TOWERS, small)]
        lines += ["", "## Speech brought to the space of texts", "", *_table(told["alignment"])]
    if told["frozen"]:
        rows = [{"of": name, **costs} for name, costs in told["frozen"].items()]
        lines += ["", "## Towers that are pretrained and stay as they are", "", *_table(rows)]
    lines += ["", "## What is told", "", *(f"- `{key}`: {text}" for key, text in told["definitions"].items())]
    return "\n".join(lines) + "\n"


def _fusions(told: dict[str, Any]) -> list[str]:
    """Which fusion is the default, and whether another one is better."""
    if told["tied_within_noise"] is None:
        return [f"The default's fusion is `{told['default_fusion']}`, which was not trained beside these."]
    ahead, noise = told["best_fusion_ahead_points"], told["noise_points"]
    return [
        f"Of the fusions trained alike `{told['best_fusion']}` is the best, {ahead:.1f} points before the default's, "
        f"`{told['default_fusion']}`; chance alone makes up to {noise:.1f}, so "
        + ("neither is better." if told["tied_within_noise"] else "it is better.")
    ]


def _tuning(told: dict[str, Any]) -> list[str]:
    """What tuning changed, a line each; and how long it took."""
    rows = []
    for count in ("one", "five"):
        for place in ("own", "others", "old"):
            for when in ("before", "after"):
                rows.append({"new": count, "measured on": place, "": when, **told[count][place][when]})
    beside = told["beside"]
    lines = [
        f"One or five demonstrations of “{told['application']}” beside {told['old_demonstrations']} of training. "
        "`own`: other episodes of that application; `others`: of others that it was never shown; `old`: those of "
        "training.",
        "",
        *_table(rows),
    ]
    if beside["seconds"] is not None:
        lines += [
            "",
            f"`encore learn` with one new demonstration beside {beside['old_demonstrations']} old ones, all of it: "
            f"{beside['seconds']:.1f} s, {beside['processor_seconds']:.1f} s of processor time.",
        ]
    return lines


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A table of whatever its rows hold."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return table({key: TITLES.get(key, key.replace("_", " ")) for key in keys}, rows)


def table(columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = ["| " + " | ".join(columns.values()) + " |", "|---" * len(columns) + "|"]
    return lines + ["| " + " | ".join(_shown(key, row.get(key)) for key in columns) + " |" for row in rows]


def _shown(key: str, value: Any) -> str:
    if value is None:
        return "-"
    if key in SHARES:
        return f"{100 * value:.1f}"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
