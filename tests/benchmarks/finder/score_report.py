"""The finder's figures as they are written and printed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from tests.benchmarks.finder.ours import Measured, miss_name
from tests.benchmarks.finder.score import Outcome, figures, promises, table, upper_bound

COLUMNS = (
    ("queries", "there"),
    ("hit", "hit"),
    ("wrong", "wrong"),
    ("wrong_clicks", "clicks"),
    ("false_hit_queries", "gone"),
    ("false_hits", "clicked"),
    ("ms", "ms"),
)
"""Figures, and what they are called in a table."""
DEFINITIONS = {
    "hit": "share of things that are there whose box holds the click; of empty places also within 12 px (at 100 %)",
    "wrong": "share of things that are there for which something else was clicked",
    "wrong_upper95": "one-sided 95 % bound of that share, Clopper-Pearson",
    "false_hits": "clicks for things that are absent, replaced by look-alikes or covered",
    "real_absent_clicked": "share of such clicks on real programs",
    "fresh": "real programs that came when all else was settled; a first run of the finder was before anyone looked at "
    "them, and with advice the bound for what the model may confirm was raised for one of their false hits",
    "candidate_recall": "share of visible things of all pictures that have a candidate whose centre lies in their box "
    "and that is at most 4 times as large",
    "calibration": "of clicks: the mean probability that the finder gave, the share that was right, and the expected "
    "calibration error over ten bins of equal count",
    "hit_without_player": "hit on what Qt and Chromium draw: the player's icons are of a set that UI-CLIP trained on",
    "states": "on pictures called hover, by how the thing is drawn; a state that a toolkit has no look for is at rest",
    "unchanged": "pictures that are not asked of: the program did not follow the setting, and at most 0.05 % of the "
    "pixels are others",
    "s125, s150": "of real programs: GTK scales only its text (GDK_DPI_SCALE, or GTK 2's resolution), the others all",
    "photographs": "drawn as well: landscapes, lights, faces and foliage of noise and shapes, no photograph is taken",
    "fast_ms": "median on unchanged pictures, for what is in no list; each time is null below 16 searches",
    "full_ms": "median of searches on new pictures with nothing read before, 2 threads; what was shown is known",
    "seen_ms": "the same where a replay remembers how what was shown looks, so that only what is new is looked at",
    "peers": "asked only a part of the queries, as shown and not by title, and encore there as they are, on pictures "
    "never seen: to be compared with each other, not with the figures of all queries",
    "ms": "median; of a peer with reading the page, of the finder in the tables with the page seen before, and without "
    "the last look before a halt, which reads all of the page",
}


def headline(rendered: Measured, real: Measured) -> dict[str, Any]:
    """The figures that the README quotes; shares from 0 to 1."""
    drawn_figures, real_figures = figures(rendered.outcomes), figures(real.outcomes)
    found: dict[str, Any] = {**drawn_figures}
    if there := int(drawn_figures.get("queries", 0)):
        found["wrong_upper95"] = round(upper_bound(int(drawn_figures["wrong_clicks"]), there), 5)
    hard = figures([o for o in rendered.outcomes if o.picture == "hard"])
    found["hit_hard"] = hard.get("hit")
    found["hit_without_player"] = figures([o for o in rendered.outcomes if o.toolkit != "player"]).get("hit")
    found["candidate_recall"] = share_recalled(rendered.recall)
    found["real_queries"] = real_figures.get("queries", 0)
    found["real_hit"], found["real_wrong"] = real_figures.get("hit"), real_figures.get("wrong")
    if gone := int(real_figures.get("false_hit_queries", 0)):
        found["real_absent_clicked"] = round(int(real_figures["false_hits"]) / gone, 4)
        found["real_absent_queries"] = gone
    found["real_recall"] = share_recalled(real.recall)
    return found


def share_recalled(recall: Counter[tuple[str, str, bool]]) -> float | None:
    """Things that a candidate stood for, of all; None where there was nothing."""
    total = recall.total()
    return round(sum(n for (_, _, stood), n in recall.items() if stood) / total, 4) if total else None


def headline_times(times: Mapping[str, Mapping[str, float | None]]) -> dict[str, float | None]:
    """The medians that the README quotes."""
    return {f"{name}_ms" if name == "fast" else name.replace("_", "_ms_"): times[name]["ms"] for name in times}


def tables(outcomes: Sequence[Outcome], toolkits: str = "toolkits") -> dict[str, Any]:
    """The same figures by what changed, by what is looked for, and by where it stands."""
    kinds = sorted({o.kind for o in outcomes})
    touched = [o for o in outcomes if o.picture == "hover" and o.state is not None]
    return {
        "all": figures(outcomes),
        "pictures": table(outcomes, lambda o: o.picture),
        "kinds": table(outcomes, lambda o: o.kind),
        "kinds_by_picture": {
            kind: table((o for o in outcomes if o.kind == kind), lambda o: o.picture) for kind in kinds
        },
        "states": table(touched, lambda o: o.state or "at rest"),
        toolkits: table(outcomes, lambda o: o.toolkit),
        "asked": table(outcomes, lambda o: "by title" if o.said else "as shown"),
        "calibration": {
            "all": promises(outcomes),
            **{kind: promises(o for o in outcomes if o.kind == kind) for kind in kinds},
        },
    }


def recall_tables(recall: Counter[tuple[str, str, bool]], toolkits: str) -> dict[str, Any]:
    """Things that a candidate stood for, of all that are seen on any picture of the screens asked of."""
    return {
        "things": recall.total(),
        "all": share_recalled(recall),
        "kinds": recall_by(recall, 1),
        toolkits: recall_by(recall, 0),
    }


def recall_by(recall: Counter[tuple[str, str, bool]], place: Literal[0, 1]) -> dict[str, float | None]:
    """Recall of each toolkit (0) or kind (1)."""
    names = sorted({key[place] for key in recall})
    return {
        name: share_recalled(Counter({key: n for key, n in recall.items() if key[place] == name})) for name in names
    }


def miss_lines(measured: Sequence[Measured]) -> Iterator[str]:
    """A line for each thing that went wrong, worst first, and for each without a candidate."""
    for verdict in ("wrong", "false hit", "missed"):
        for one in sorted((o for m in measured for o in m.outcomes if o.verdict == verdict), key=miss_name):
            said = f" said {one.said!r}" if one.said else ""
            place = f"{one.picture} of {one.screen}"
            yield f"{verdict} | {one.kind} {one.thing}{said} | {place} | {one.why} | {miss_name(one)}"
    for part in measured:
        yield from (f"no candidate | {line}" for line in part.missing)


def show(results: dict[str, Any], console: Console) -> None:
    """Print what was found."""
    for name in (name for name in ("rendered", "real", "fresh") if name in results):
        for group in ("pictures", "states", "kinds", "toolkits", "programs"):
            if rows := results[name].get(group):
                console.print(as_table(f"{name}, {group}", rows | {"total": results[name]["all"]}))
        console.print(f"{name}, candidate recall: {json.dumps(results[name]['candidate_recall'])}")
        if peers := results[name]["peers"]:
            console.print(as_table(f"{name}, peers", {peer: peers[peer]["all"] for peer in peers}))
    plain = {key: value for key, value in results.items() if isinstance(value, float | int | str | None)}
    console.print_json(json.dumps(plain))
    if not results["complete"]:
        console.print("[red]not complete: the run was stopped, and these are the figures of a part of it[/red]")


def written(value: Any, indent: int = 0) -> str:
    """JSON with the figures of one group on one line."""
    if not isinstance(value, dict) or not any(isinstance(inner, dict | str) for inner in value.values()):
        return json.dumps(value)
    lines = (f"{' ' * indent} {json.dumps(name)}: {written(inner, indent + 1)}" for name, inner in value.items())
    return "{\n" + ",\n".join(lines) + f"\n{' ' * indent}}}"


def as_table(title: str, rows: dict[str, dict[str, float | int]]) -> Table:
    """Figures with a line for each group."""
    drawing = Table(title=title, title_justify="left")
    drawing.add_column("")
    for _, heading in COLUMNS:
        drawing.add_column(heading, justify="right")
    for name, row in rows.items():
        drawing.add_row(name, *(_cell(key, row.get(key)) for key, _ in COLUMNS))
    return drawing


def _cell(key: str, value: float | int | None) -> str:
    if value is None:
        return ""
    return f"{100 * value:.1f} %" if key in ("hit", "wrong") else f"{value}"
