"""The hearing benchmark's figures as they are quoted and printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.hearing.sounds import CLEAN, CONDITIONS

AIMS = {
    "top1": (">=", 0.99),
    "miss_at_1pct_far_siblings": ("<=", 0.05),
    "paraphrase_top1": (">=", 0.97),
    "slot50_clean": (">=", 0.99),
    "slot500_clean": (">=", 0.97),
    "slot50_10db": (">=", 0.95),
    "slot500_10db": (">=", 0.88),
    "false_accepts_per_hour": ("<=", 0.05),
    "hours": (">=", 12.0),
    "miss_same_voice": ("<=", 0.015),
    "miss_other_voices": ("<=", 0.025),
    "speedup_openai_whisper": (">=", 8.0),
    "speedup_faster_whisper": (">=", 5.0),
    "decision_ms_p50": ("<=", 350.0),
    "rss_mb": ("<=", 350.0),
}
"""What the project wants to reach."""
TABLES = ("prints_alone", "siblings", "commands", "paraphrases", "titles_50", "titles_500", "unknown", "talk", "peers")
"""That are printed beside the headline."""
DEFINITIONS = {
    "top1": "of 30 commands with one enrolment each, the likest print is the right one; other voices, clean to 5 dB of "
    "noise, other paces than the enrolment's",
    "miss_at_1pct_far_siblings": "15 commands enrolled by one voice; they and 15 siblings that share words with them "
    "said by two others, clean to 5 dB; share of the commands that do not come first or stay below the sureness which "
    "1 % of the siblings reach, one threshold for all conditions; prints_alone.siblings: the same by likeness only",
    "paraphrase_top1": "the first choice for wordings registered as text, said by another voice than the one enrolled, "
    "clean to 5 dB, among 30 commands and a request with a slot",
    "slot50_clean": "the first choice has the right title of 50 known ones; 8 of 10 requests plain, 1 with the artist, "
    "1 with fillers; 5 pairs of the titles are the most alike of 500. fired_right and fired_wrong: what happened",
    "unknown": "50 titles that Encore does not know, by every voice; it knows the other ones of 50 or 500, or 8 that "
    "were played before, the 3 most alike among them. another_fired: with one that is known; heard_right: the words",
    "false_accepts_per_hour": "macros that fired hands-free, without a wake phrase, on the hours; 30 commands, other "
    "wordings of 12, and a request with 50 titles are known. What falls silent is understood early, "
    "as the listener does, and ends there where it is sure. Exact Poisson interval",
    "hours": "of sound without any command, speech over music counted in; streams.without_mixes: only once",
    "miss_same_voice": "commands that did not fire, said by the voice that enrolled them at another pace; clean to "
    "10 dB; destructive ones are always asked about, which is no miss",
    "speedup_openai_whisper": "median ratio of the times for the same requests of 1.5 to 2.5 s for one of 50 titles; "
    "two threads each, all of them resident and warm: the first questions are asked once before, and Encore has gone "
    "through the titles it knows, which it does in the background when they become known",
    "decision_ms_p50": "from the last sample of the speech to the decision, the real listener in real time",
    "rss_mb": "resident memory of that process after it heard everything",
    "intervals": "95 %: Wilson for shares, Garwood for rates",
}


def headline(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that the README quotes; None where the part was not measured."""
    ten_db = CONDITIONS[2].name
    paths = {
        "top1": "prints_alone/top1/all/share",
        "miss_at_1pct_far_siblings": "siblings/miss/share",
        "paraphrase_top1": "paraphrases/registered/top1/share",
        "slot50_clean": f"titles_50/{CLEAN.name}/right/share",
        "slot500_clean": f"titles_500/{CLEAN.name}/right/share",
        "slot50_10db": f"titles_50/{ten_db}/right/share",
        "slot500_10db": f"titles_500/{ten_db}/right/share",
        "false_accepts_per_hour": "streams/all/an_hour",
        "hours": "streams/all/hours",
        "miss_same_voice": "commands/same_voice/miss/share",
        "miss_other_voices": "commands/other_voices/miss/share",
        "speedup_openai_whisper": "peers/speedup/openai-whisper",
        "speedup_faster_whisper": "peers/speedup/faster-whisper",
        "decision_ms_p50": "listening/decision_ms/p50",
        "rss_mb": "listening/rss_mb",
    }
    return {name: _at(figures, path) for name, path in paths.items()}


def _at(figures: Mapping[str, Any], path: str) -> Any:
    found: Any = figures
    for key in path.split("/"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def reached(name: str, value: float) -> bool:
    """Whether a figure is what was aimed at."""
    way, aim = AIMS[name]
    return value >= aim if way == ">=" else value <= aim


def show(results: Mapping[str, Any], console: Console) -> None:
    """Print what was found."""
    table = Table(title=f"hearing, {results['split']}", title_justify="left")
    for heading in ("figure", "found", "aim", ""):
        table.add_column(heading)
    for name, (way, aim) in AIMS.items():
        value = results.get(name)
        mark = "" if value is None else "reached" if reached(name, value) else "missed"
        table.add_row(name, "-" if value is None else f"{value:g}", f"{way} {aim:g}", mark)
    console.print(table)
    for name in TABLES:
        if name in results:
            console.print(
                f"[bold]{name}[/bold] {json.dumps(_short(results[name]), ensure_ascii=False)}", soft_wrap=True
            )
    for line in results.get("streams", {}).get("fired", ()):
        console.print(f"fired: {line}", soft_wrap=True)


def _short(figures: Any) -> Any:
    """Without lists of examples."""
    if isinstance(figures, Mapping):
        if "share" in figures:
            return f"{figures['share']} [{figures['low']}-{figures['high']}] of {figures['of']}"
        return {name: _short(value) for name, value in figures.items() if not isinstance(value, list)}
    return figures
