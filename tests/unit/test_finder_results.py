"""What the finder benchmark writes: every figure that is quoted, of enough searches, and of pictures that changed."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from encore_models.perception.clip import OURS
from encore_recorder.geometry import Rect
from tests.benchmarks import bench_finder, bench_saying
from tests.benchmarks.bench_finder import Dataset, dataset, default_results, summary
from tests.benchmarks.finder import ours_times
from tests.benchmarks.finder.dataset import (
    SCREENS,
    SHOWN,
    Kind,
    Query,
    Screen,
    State,
    Thing,
    queries,
    read_screens,
    without_unchanged,
    write_screen,
)
from tests.benchmarks.finder.ours import Measured
from tests.benchmarks.finder.ours_times import COUNT, LEAST, SIZES, measure_times, medians, of_size
from tests.benchmarks.finder.score import Outcome, Verdict, outcome
from tests.benchmarks.finder.score_report import show, tables, written

QUOTED = {
    "hit", "wrong", "wrong_upper95", "false_hits", "false_hit_queries", "hit_hard", "real_hit", "real_wrong",
    "real_absent_clicked", "real_recall", "icon_r1_of_100", "ui_concepts_top1", "fast_ms", "full_ms_1280",
    "full_ms_1920", "weights_mb",
}  # fmt: skip
RUN = {"split": "final", "seed": 0, "clip": OURS, "advised": False, "complete": True}
SEARCH = {"ms": 4.0, "seen_ms": 3.0}
SIZE = (90, 62)


def one(verdict: Verdict, picture: str = "theme", kind: Kind = "icon", toolkit: str = "qt") -> Outcome:
    return Outcome("s", toolkit, picture, kind, "play", None, verdict, 1.0)


def measured(*outcomes: Outcome) -> Dataset:
    recall = Counter({("qt", "icon", True): 3, ("qt", "icon", False): 1})
    return Dataset(Path(), [], [], measured=Measured(list(outcomes), recall))


def rendered() -> Dataset:
    return measured(
        one("hit"), one("wrong", "hard"), one("hit", "hard", "row"), one("missed", "hard", toolkit="player"),
        one("false hit", "absent"),
    )  # fmt: skip


def results(run: dict[str, object] = RUN) -> dict[str, object]:
    drawn = rendered()
    drawn.peers["ORB"] = [one("wrong", "hard"), one("hit", "hard", "row")]
    real = measured(one("hit", "icons"), one("rightly absent", "absent"))
    times = {name: medians([SEARCH] * COUNT) for name in ("fast", "full_1280", "full_1920")}
    return summary({"rendered": drawn, "real": real}, times, run)


def test_every_figure_that_is_quoted_is_written() -> None:
    found = json.loads(written(results()))
    assert found.keys() >= QUOTED
    assert {name for name in QUOTED if not isinstance(found[name], float | int)} == set()
    assert (found["hit"], found["hit_hard"], found["hit_without_player"]) == (0.5, 0.3333, 0.6667)
    assert found["rendered"]["candidate_recall"]["kinds"] == {"icon": 0.75}


def test_what_was_seen_with_is_written_and_what_is_known_of_other_weights_is_not() -> None:
    other = results({**RUN, "clip": "some/clip"})
    assert (results()["clip"], other["clip"]) == (OURS, "some/clip")
    assert QUOTED - other.keys() == {"icon_r1_of_100", "ui_concepts_top1", "weights_mb"}


def test_kinds_and_pictures_are_crossed_for_encore_and_for_every_peer() -> None:
    drawn = json.loads(written(results()))["rendered"]
    crossed, peer = drawn["kinds_by_picture"], drawn["peers"]["ORB"]["kinds_by_picture"]
    assert {(kind, name): row.get("hit") for kind, rows in crossed.items() for name, row in rows.items()} == {
        ("icon", "absent"): None,
        ("icon", "hard"): 0.0,
        ("icon", "theme"): 1.0,
        ("row", "hard"): 1.0,
    }
    assert (peer["icon"]["hard"]["wrong"], peer["row"]["hard"]["hit"]) == (1.0, 1.0)


def test_only_encores_own_final_figures_are_the_published_ones() -> None:
    assert default_results(False, "final", OURS).name == "finder.json"
    assert default_results(True, "final", OURS).name == "finder_advised.json"
    assert default_results(False, "dev", OURS).name == "finder_dev.json"
    assert default_results(True, "final", "openai/clip-vit-b").name == "finder_advised_openai_clip_vit_b.json"


def test_another_clips_figures_go_where_its_name_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_finder, "RESULTS", tmp_path)
    monkeypatch.setattr(bench_finder, "drawn", lambda folder, split: folder)
    monkeypatch.setattr(bench_finder, "captured", lambda folder: folder)
    arguments = ["--folder", str(tmp_path / "none"), "--peers", "none", "--no-times", "--clip", "some/clip"]
    assert bench_finder.main(arguments) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["finder_some_clip.json"]
    assert json.loads((tmp_path / "finder_some_clip.json").read_text())["clip"] == "some/clip"


def test_what_is_written_is_read_the_same_with_the_figures_of_a_group_on_a_line() -> None:
    value = {"a": {"b": {"c": 1, "d": None}, "e": {}}, "f": [1, 2], "g": "{", "h": {"i": "words"}}
    assert json.loads(written(value)) == value
    assert '  "b": {"c": 1, "d": null},' in written(value).splitlines()


@pytest.mark.parametrize(("count", "median"), [(0, None), (LEAST - 1, None), (LEAST, 4.0)])
def test_there_is_no_median_of_few_searches(count: int, median: float | None) -> None:
    found = medians([SEARCH] * count)
    assert (found["ms"], found["searches"]) == (median, count)


class Watch:
    """Counts searches in the place of the stopwatch; every other thing is seen as part of a list."""

    def __init__(self, folder: Path, clip: str) -> None:
        self.searched: list[tuple[str, tuple[int, int] | None]] = []
        WATCHES.append(self)

    def in_list(self, query: Query) -> bool:
        return int(query.shown.id) % 2 == 1

    def search(self, query: Query, size: tuple[int, int] | None = None) -> dict[str, float]:
        assert size is not None or len(self.searched) == 0 or not self.in_list(query)
        self.searched.append((query.picture, size))
        return SEARCH


WATCHES: list[Watch] = []


def window(folder: Path, pictures: dict[str, np.ndarray], count: int = 12, split: str = "final") -> Screen:
    things = tuple(Thing(str(n), "icon", Rect(7 * n, 5, 6, 6)) for n in range(count))
    screen = Screen(f"qt_{len(list(folder.iterdir()))}", "qt", split, dict.fromkeys(pictures, things))  # type: ignore[arg-type]
    write_screen(folder, screen, pictures)
    return screen


def blank(shade: int = 200) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), shade, np.uint8)


@pytest.mark.parametrize(("screens", "searches", "median"), [(8, COUNT, 4.0), (1, 6, None)])
def test_times_are_of_many_searches_where_the_screens_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screens: int, searches: int, median: float | None
) -> None:
    monkeypatch.setattr(ours_times, "Stopwatch", Watch)
    pictures = {SHOWN: blank(), "same": blank(), "theme": blank(30)}
    found = measure_times(tmp_path, [window(tmp_path, pictures) for _ in range(screens)])
    assert (found["fast"]["ms"], found["fast"]["searches"]) == (median, searches)
    for size in SIZES:
        assert found[f"full_{size[0]}"]["searches"] == min(COUNT, 12 * screens)
    asked = Counter(WATCHES[-1].searched)
    assert asked["same", None] == searches


def test_full_searches_are_of_the_pictures_nearest_in_area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours_times, "PICTURES", 1)
    small, large = blank(), np.full((124, 180, 3), 9, np.uint8)
    asked = list(queries(window(tmp_path, {SHOWN: small, "theme": small, "s175": large})))
    for size, picture in [(SIZE, "theme"), ((400, 300), "s175")]:
        assert [query.picture for query in of_size(tmp_path, asked, size)] == [picture] * 12


def test_pictures_without_a_change_are_not_asked_of(tmp_path: Path) -> None:
    caret, icon = blank(), blank()
    caret[40, 10:12] = 0  # .04 % of the pixels
    icon[40:44, 10:14] = 0
    screen = window(
        tmp_path,
        {SHOWN: blank(), "same": icon, "moved": blank(), "font": icon, "icons": caret, "theme": blank(199),
         "resized": np.full((70, 90, 3), 200, np.uint8), "absent": blank()},
    )  # fmt: skip
    kept = list(without_unchanged(tmp_path, screen).pictures)
    assert kept == [SHOWN, "same", "moved", "theme", "resized"]
    data = dataset(tmp_path, "final", 1000, 0)
    assert data.unchanged == [f"{screen.id} {name}" for name in ("font", "icons", "absent")]
    assert {query.picture for query in data.asked} == set(kept) - {SHOWN}


def test_a_little_icon_is_a_change(tmp_path: Path) -> None:
    icon = blank()
    icon[40:44, 10:14] = 0
    screen = window(tmp_path, {SHOWN: blank(), "icons": icon})
    assert list(without_unchanged(tmp_path, screen).pictures) == [SHOWN, "icons"]


def test_hits_are_told_by_how_things_are_drawn() -> None:
    states: list[State | None] = ["hover", "pressed", "", None]
    shown = Thing("a", "icon", Rect(0, 0, 9, 9))
    screen = Screen("s", "qt", "final", {})
    asked = [Query(screen, "hover", shown, replace(shown, state=state)) for state in states]
    clicks = [None if state == "pressed" else shown.point for state in states]
    found = [outcome(query, click, 1.0) for query, click in zip(asked, clicks, strict=True)]
    elsewhere = outcome(replace(asked[0], picture="all"), None, 1.0)
    rows = tables([*found, elsewhere])["states"]
    assert {state: row["hit"] for state, row in rows.items()} == {"at rest": 1.0, "hover": 1.0, "pressed": 0.0}
    assert {row["queries"] for row in rows.values()} == {1}


def test_folders_that_do_not_say_how_things_are_drawn_are_read(tmp_path: Path) -> None:
    screen = window(tmp_path, {SHOWN: blank()})
    place = tmp_path / screen.id / "screen.json"
    old = json.loads(SCREENS.dump_json(screen))
    for thing in old["pictures"][SHOWN]:
        del thing["state"]
    place.write_text(json.dumps(old))
    assert {thing.state for thing in read_screens(tmp_path)[0].pictures[SHOWN]} == {None}


@pytest.mark.parametrize("complete", [True, False])
def test_a_part_of_a_run_is_said_to_be_one(complete: bool) -> None:
    out = io.StringIO()
    show(results({**RUN, "complete": complete}), Console(file=out, width=160))
    assert ("not complete" in out.getvalue()) is not complete


def test_what_saying_takes_at_first_is_told() -> None:
    out = io.StringIO()
    bench_saying.show({"thresholds": {}, "first_look_ms": 7035, "player": {"rank_ms": 0.8}}, Console(file=out))
    assert "first_look_ms 7035" in out.getvalue()
