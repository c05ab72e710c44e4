"""The finder benchmark's arithmetic: verdicts, recall, bounds, and what is asked."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections import Counter

import numpy as np
import pytest

from encore_models.perception.candidates import Candidate
from encore_models.perception.text import TextLine
from encore_recorder.geometry import Point, Rect
from tests.benchmarks.bench_finder import PEERS, peer_names
from tests.benchmarks.finder.dataset import SHOWN, Kind, Query, Screen, Thing, queries
from tests.benchmarks.finder.ours import Measured
from tests.benchmarks.finder.ours_times import fitted
from tests.benchmarks.finder.peers import RecordedPlace, anchor_of, follow, needle_box
from tests.benchmarks.finder.sampling import balanced, choose, choose_for_peers, stratum
from tests.benchmarks.finder.score import Outcome, Verdict, figures, judge, recalled, table, upper_bound
from tests.benchmarks.finder.score_report import headline, miss_lines, share_recalled

BUTTON = Thing("play", "icon", Rect(100, 50, 20, 10))
SCREEN = Screen("s", "qt", "dev", {})


def query(shown: Thing, answer: Thing | None, picture: str = "moved") -> Query:
    return Query(SCREEN, picture, shown, answer)


def outcome(verdict: Verdict, picture: str = "moved", kind: str = "icon", ms: float = 1.0) -> Outcome:
    return Outcome("s", "qt", picture, kind, "play", None, verdict, ms)


@pytest.mark.parametrize(
    ("answer", "click", "verdict"),
    [
        (BUTTON, Point(100, 50), "hit"),
        (BUTTON, Point(119, 59), "hit"),
        (BUTTON, Point(120, 50), "wrong"),
        (BUTTON, Point(100, 60), "wrong"),
        (BUTTON, None, "missed"),
        (None, Point(100, 50), "false hit"),
        (None, None, "rightly absent"),
    ],
)
def test_verdicts(answer: Thing | None, click: Point | None, verdict: Verdict) -> None:
    assert judge(query(BUTTON, answer), click) == verdict


@pytest.mark.parametrize(
    ("side", "away", "verdict"), [(10, 12, "hit"), (10, 13, "wrong"), (20, 24, "hit"), (20, 25, "wrong")]
)
def test_a_click_on_an_empty_place_may_miss_by_twelve_pixels_at_100_percent(
    side: int, away: int, verdict: Verdict
) -> None:
    shown, now = Thing("b", "blank", Rect(0, 0, 10, 10)), Thing("b", "blank", Rect(200, 200, side, side))
    middle = now.box.center
    assert judge(query(shown, now), Point(middle.x + away, middle.y)) == verdict


def test_near_a_button_is_not_on_it() -> None:
    small = Thing("b", "icon", Rect(200, 200, 4, 4))
    assert judge(query(small, small), Point(206, 202)) == "wrong"


@pytest.mark.parametrize(
    ("box", "stands"),
    [
        (Rect(104, 52, 12, 6), True),
        (Rect(95, 45, 30, 20), True),  # three times as large
        (Rect(80, 40, 60, 30), False),  # nine times, though its centre is inside
        (Rect(120, 50, 20, 10), False),
    ],
)
def test_a_candidate_stands_for_what_a_click_on_it_hits(box: Rect, stands: bool) -> None:
    assert recalled(BUTTON, [Candidate(box, "icon")]) is stands


def test_nothing_stands_where_there_are_no_candidates() -> None:
    assert not recalled(BUTTON, [])


def test_shares_are_of_what_is_there_and_false_hits_of_what_is_gone() -> None:
    verdicts: list[Verdict] = ["hit", "hit", "wrong", "missed", "false hit", "rightly absent", "rightly absent"]
    found = figures([outcome(verdict, ms=n) for n, verdict in enumerate(verdicts)])
    assert found == {
        "queries": 4,
        "hit": 0.5,
        "wrong": 0.25,
        "wrong_clicks": 1,
        "false_hit_queries": 3,
        "false_hits": 1,
        "ms": 3,
    }


def test_what_was_not_asked_has_no_share() -> None:
    assert figures([]) == {}
    assert "hit" not in figures([outcome("rightly absent")])
    assert "false_hits" not in figures([outcome("hit")])


def test_tables_are_apart() -> None:
    by = table([outcome("hit", "theme"), outcome("missed", "s150"), outcome("hit", "s150")], lambda o: o.picture)
    assert {name: row["hit"] for name, row in by.items()} == {"s150": 0.5, "theme": 1.0}


@pytest.mark.parametrize(
    ("events", "trials", "bound"),
    # R: binom.test(events, trials, alternative = "less")$conf.int[2]
    [(0, 903, 0.003312), (0, 300, 0.009936), (0, 1, 0.95), (1, 10, 0.394163), (5, 100, 0.102253), (3, 3, 1.0)],
)
def test_upper_bound_is_that_of_clopper_and_pearson(events: int, trials: int, bound: float) -> None:
    assert upper_bound(events, trials) == pytest.approx(bound, abs=2e-6)


@pytest.mark.parametrize(("events", "trials"), [(0, 0), (2, 1), (-1, 3)])
def test_no_bound_of_what_is_no_share(events: int, trials: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        upper_bound(events, trials)


def many(toolkits: dict[str, int]) -> list[Query]:
    """Queries of screens; for each toolkit so many icons, rows for a tenth of them, on two pictures and on one gone."""
    asked = []
    for toolkit, count in toolkits.items():
        screen = Screen(toolkit, toolkit, "dev", {})
        kinds: list[Kind] = ["icon"] * count + ["row"] * (count // 10)
        for number, kind in enumerate(kinds):
            thing = Thing(f"{kind}:{number}", kind, Rect(0, 0, 9, 9))
            asked += [Query(screen, picture, thing, thing) for picture in ("theme", "hard")]
            asked.append(Query(screen, "absent", thing, None))
    return asked


def test_everything_is_asked_equally_often() -> None:
    chosen = choose(many({"qt": 500, "html": 60}), 400, seed=1)
    there = Counter(stratum(one) for one in chosen if one.answer is not None)
    # All six rows of html on each picture, and of the rest the same number.
    assert {key: n for key, n in there.items() if n == 6}.keys() == {("html", "row", p) for p in ("theme", "hard")}
    assert {n for n in there.values() if n != 6} == {31, 32}


def test_a_small_group_is_used_up_and_a_large_one_fills_in() -> None:
    items = ["a"] * 3 + ["b"] * 100
    assert Counter(balanced(items, 20, str, 0)) == {"a": 3, "b": 17}
    assert balanced(items, 1000, str, 0) == items


def test_at_least_300_of_what_is_gone_are_asked() -> None:
    chosen = choose(many({"qt": 500}), 700)
    assert len(chosen) == 700
    assert sum(one.answer is None for one in chosen) == 300
    assert sum(one.answer is None for one in choose(many({"qt": 1000}), 2000)) == 500


def test_the_same_seed_asks_the_same() -> None:
    asked = many({"qt": 200, "player": 30})
    assert choose(asked, 100, 3) == choose(asked, 100, 3)
    assert choose(asked, 100, 3) != choose(asked, 100, 4)
    assert len(set(map(id, choose(asked, 300, 3)))) == 300


def test_peers_are_not_asked_for_what_was_said() -> None:
    title = Thing("row:a", "row", Rect(0, 0, 9, 9), row="a")
    things = (title, Thing("row:b", "row", Rect(0, 20, 9, 9), row="b"))
    screen = Screen("s", "qt", "dev", {SHOWN: things, "theme": things}, {"row:a": "b"})
    asked = list(queries(screen))
    assert any(one.said for one in asked)
    assert all(one.said is None for one in choose_for_peers(asked, 100))
    assert len(choose_for_peers(many({"qt": 300}), 260)) == 260


def test_recall_is_a_share_of_all_things() -> None:
    assert share_recalled(Counter({("qt", "icon", True): 3, ("qt", "icon", False): 1})) == 0.75
    assert share_recalled(Counter()) is None


def test_the_headline_has_the_figures_of_both() -> None:
    drawn = Measured([outcome("hit"), outcome("missed", "hard"), outcome("false hit", "absent")])
    real = Measured([outcome("hit"), outcome("rightly absent", "absent"), outcome("false hit", "absent")])
    found = headline(drawn, real)
    assert (found["hit"], found["hit_hard"], found["false_hits"], found["false_hit_queries"]) == (0.5, 0.0, 1, 1)
    assert (found["real_hit"], found["real_wrong"], found["real_absent_clicked"]) == (1.0, 0.0, 0.5)
    assert found["wrong_upper95"] == pytest.approx(0.77639, abs=1e-5)


def test_misses_are_told_worst_first() -> None:
    drawn = Measured([outcome("missed"), outcome("hit"), outcome("wrong"), outcome("false hit")], missing=["x"])
    assert [line.split(" | ")[0] for line in miss_lines([drawn])] == ["wrong", "false hit", "missed", "no candidate"]


def test_peers_have_names() -> None:
    assert peer_names("all") == tuple(PEERS)
    assert peer_names("none") == ()
    assert peer_names("ORB, OCR anchor") == ("ORB", "OCR anchor")
    with pytest.raises(ArgumentTypeError, match="no peer 'orb'"):
        peer_names("orb")


def picture(width: int, height: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    return np.arange(width * height * 3, dtype=np.uint64).astype(np.uint8).reshape(height, width, 3)


def test_recorded_coordinates_end_with_the_window() -> None:
    peer = RecordedPlace()
    assert peer.find(BUTTON, picture(200, 100)).point == BUTTON.point
    assert peer.find(BUTTON, picture(105, 100)).point is None


def test_a_large_control_is_cut_out_around_the_click() -> None:
    row = Thing("r", "row", Rect(0, 0, 1000, 40), click=Point(500, 20))
    assert needle_box(row, picture(1000, 80)) == Rect(350, 0, 300, 40)
    assert needle_box(BUTTON, picture(300, 100)) == BUTTON.box
    assert needle_box(Thing("b", "blank", Rect(0, 0, 20, 20)), picture(300, 100)) == Rect(0, 0, 34, 34)


def test_the_nearest_line_is_followed_to_where_it_went() -> None:
    lines = [TextLine("Volume", Rect(10, 10, 40, 10), 1.0), TextLine("Other", Rect(10, 80, 40, 10), 1.0)]
    thing = Thing("t", "icon", Rect(60, 8, 14, 14))
    anchor = anchor_of(thing, lines)
    assert anchor is not None
    assert anchor.line.text == "Volume"
    now = picture(300, 200)
    assert follow(anchor, [TextLine("Volumes", Rect(110, 110, 40, 10), 1.0)], now) == thing.point.moved(100, 100)
    assert follow(anchor, [TextLine("Volume", Rect(110, 110, 80, 20), 1.0)], now) == Point(224, 120)
    assert follow(anchor, [TextLine("Speed", Rect(110, 110, 40, 10), 1.0)], now) is None
    assert follow(None, lines, now) is None


@pytest.mark.parametrize("size", [(40, 30), (100, 90), (30, 90)])
def test_pictures_are_brought_to_a_size(size: tuple[int, int]) -> None:
    found = fitted(picture(60, 50), size)
    assert found.shape == (size[1], size[0], 3)
    shared = (slice(0, min(50, size[1])), slice(0, min(60, size[0])))
    assert np.array_equal(found[shared], picture(60, 50)[shared])
