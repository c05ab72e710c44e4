"""The drawn screens of the finder benchmark: the same from the same seed, and true to themselves.

What needs no program outside is tested everywhere; drawing is skipped where the icons, fonts or the browser are not
at hand, because fetching them takes a network.
"""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from platformdirs import user_cache_path

from encore_models.training.icon_sets import TEST_SETS
from encore_recorder.geometry import Rect
from tests.benchmarks.finder import make_screens, render_html, render_player, render_qt, sheet_words
from tests.benchmarks.finder.dataset import FEW, GONE, PRESENT, REFILLED, SHOWN, TOGETHER, Screen, State, queries
from tests.benchmarks.finder.icon_source import _FACES, ICON_SETS, IconShop, Split, typefaces
from tests.benchmarks.finder.sheet import Drawn, Look, Part, Sheet, Shot, What, arranged, changed, column, row, walk
from tests.benchmarks.finder.sheet_changes import Series, series
from tests.benchmarks.finder.sheet_photos import photo
from tests.benchmarks.finder.sheet_truth import Image, as_drawn, hides, moved, things_of, without

CACHE = user_cache_path("encore")
ICONS = all((CACHE / "icons" / "node_modules" / s.package / "icons.json").is_file() for s in TEST_SETS)
FONTS = all((CACHE / "fonts" / package).is_dir() for faces in _FACES.values() for package, *_ in faces.values())

drawing = pytest.mark.skipif(not (ICONS and FONTS), reason="icons and fonts were not fetched on this machine")
browser = pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")


def test_the_splits_share_no_icon_set_no_font_and_no_title() -> None:
    assert not set(ICON_SETS["dev"]) & set(ICON_SETS["final"])
    assert set(ICON_SETS["dev"]) | set(ICON_SETS["final"]) == {s.name for s in TEST_SETS}
    assert not set(_FACES["dev"]) & set(_FACES["final"])
    dev, final = (set(" ".join(bank).split()) for bank in sheet_words._BANKS.values())
    assert not dev & final


def test_where_a_card_is_clicked_its_title_is_though_the_picture_above_is_larger() -> None:
    card, title = Rect(0, 0, 300, 380), Rect(8, 340, 90, 12)
    controls = [Drawn(260, 6, 30, 30, 1.0), Drawn(250, 336, 30, 30, 1.0)]
    assert not without(card, controls).contains(title.center)
    assert without(card, controls, title) == Rect(0, 36, 250, 344)


def test_a_look_alike_never_reads_the_same() -> None:
    titles = ["Silent River", "Broken Mirrors II", "paper_forest.pdf", "Mara Weaver", "Xyz Grhs"]
    assert all(sheet_words.almost(title) != title for title in titles)
    for label, wording in sheet_words.WORDINGS.items():
        assert len({label, wording.renamed, wording.lookalike}) == 3


def test_changing_a_tree_takes_parts_out_at_any_depth() -> None:
    tree = column(row(Part("text", text="a"), Part("text", text="b")), Part("text", text="a"))
    left = changed(tree, lambda part: None if part.text == "a" else part)
    assert left is not None
    assert [part.text for part in walk(left) if part.text] == ["b"]


@pytest.mark.parametrize("arrangement", ["plain", "swapped", "stacked"])
def test_every_arrangement_keeps_every_part(arrangement: str) -> None:
    nav = [Part("nav", id=f"nav-{n}", kind="text", text=f"Entry {n}") for n in range(9)]
    sheet = Sheet(
        "test",
        (row(*(Part("button", id=f"b{n}", kind="text", text="A long label") for n in range(12))),),
        Part("canvas", id="main", kind="blank"),
        column(*nav),
        column(Part("slider", id="s", kind="slider")),
        row(Part("icon", id="i", kind="icon")),
    )
    ids = sorted(part.id for part in walk(arranged(sheet, arrangement, 900)) if part.id)  # type: ignore[arg-type]
    assert ids == sorted([*(f"nav-{n}" for n in range(9)), *(f"b{n}" for n in range(12)), "main", "s", "i"])


def test_a_row_is_where_none_of_its_controls_is() -> None:
    box = without(Rect(0, 0, 400, 40), [Drawn(300, 8, 24, 24, 1.0), Drawn(340, 8, 24, 24, 1.0)])
    assert box == Rect(0, 0, 300, 40)


def test_a_row_is_covered_with_its_title_and_a_button_as_a_whole() -> None:
    cover = Rect(0, 0, 100, 100)
    assert hides(cover, Rect(0, 50, 400, 30), Rect(10, 55, 60, 20))
    assert not hides(cover, Rect(0, 50, 400, 30), Rect(60, 55, 60, 20))
    assert hides(cover, Rect(10, 10, 30, 30), None)
    assert not hides(cover, Rect(80, 10, 60, 30), None)


def test_a_moved_window_keeps_its_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    larger, _ = moved(image, [], (30, 20, 10, 5), 0)
    assert larger.shape == (65, 100, 3)
    assert np.array_equal(larger[20:60, 30:90], image)


def test_a_photograph_is_the_same_every_time_and_none_is_flat() -> None:
    for seed in range(4):
        first = photo(seed)
        assert np.array_equal(first, photo(seed))
        assert first.std() > 15


def check(screen: Screen, images: Mapping[str, Image]) -> None:
    """What must hold of any screen."""
    assert set(images) == set(screen.pictures) == {SHOWN, *PRESENT, *TOGETHER, *GONE, REFILLED, FEW}
    for name, things in screen.pictures.items():
        height, width = images[name].shape[:2]
        whole = Rect(0, 0, width, height)
        assert len({thing.id for thing in things}) == len(things)
        for thing in things:
            assert thing.box.intersection(whole) == thing.box, (name, thing)
            assert thing.box.contains(thing.point), (name, thing)
    asked = list(queries(screen))
    kinds = {query.shown.kind for query in asked}
    assert {"icon", "row", "row_icon"} <= kinds
    for query in asked:
        assert (query.answer is None) == (query.picture in GONE)
    assert {thing.state for thing in screen.pictures["hover"]} - {"", None}
    shown = {thing.id: thing for thing in screen.pictures[SHOWN]}
    for target, title in screen.slots.items():
        assert shown[target].row != title
    listed, filled, few = (
        {thing.row for thing in screen.pictures[name] if thing.kind == "row"} for name in (SHOWN, REFILLED, FEW)
    )
    assert few < listed
    assert filled - listed, "some rows are new"
    assert screen.toolkit == "player" or listed & filled <= set(screen.slots.values()), "only what is asked for stays"
    for name in ("absent", "lookalike"):
        there = {thing.id for thing in screen.pictures[name]}
        assert {thing.id for thing in shown.values() if thing.query} - there, f"nothing is gone on {name}"


def drawn_alike(
    kit: ModuleType, look: tuple[str, bool], controls: Sequence[What], states: Sequence[State], other: State = ""
) -> list[str]:
    """Controls that a toolkit draws in a state as it draws them in another one, with a skin, dark or not."""

    def board(touched: bool) -> Part:
        lines = [
            [
                Part(what, id=f"{what} {state} {chosen}", kind="text", text="Word", state=state if touched else other,
                     chosen=chosen, width=90)
                for what in controls for state in states if (what, state) != ("field", "pressed")
            ]
            for chosen in (False, True)
        ]  # fmt: skip
        return column(*(row(*line, gap=14) for line in lines), pad=20, gap=20, tone="window")

    whole = Look(*look, 200, 3, typefaces("dev")[0], 13, 18, IconShop(ICON_SETS["dev"][0]))
    shots = [Shot("hover", board(touched), whole, (2000, 160)) for touched in (False, True)]
    (before, _), (image, places) = dict(kit.draw_all(shots, [])).values()
    things = list(things_of(shots[1], places, []))
    assert len(things) == 2 * sum((what, state) != ("field", "pressed") for what in controls for state in states)
    return [thing.id for thing in as_drawn(things, image, before) if not thing.state]


@drawing
@browser
@pytest.mark.parametrize("look", [("flat", False), ("outlined", True), ("soft", False)])
def test_the_browser_has_a_look_for_every_state_of_every_control(look: tuple[str, bool]) -> None:
    controls: tuple[What, ...] = ("button", "tab", "nav", "slider", "check", "field")
    assert drawn_alike(render_html, look, controls, ("hover", "pressed", "focused")) == []


@drawing
@pytest.mark.parametrize("dark", [False, True])
def test_qt_draws_what_the_pointer_is_on_and_what_it_holds(dark: bool) -> None:
    controls: tuple[What, ...] = ("button", "nav", "slider")
    assert drawn_alike(render_qt, ("flat", dark), controls, ("hover",)) == []
    assert drawn_alike(render_qt, ("flat", dark), controls, ("pressed",), "hover") == []


Made = tuple[Screen, Mapping[str, Image]]


@pytest.fixture(scope="module")
def qt_screen() -> Made:
    return next(iter(make_screens.make("dev", 1, 3, ["qt"])))


@drawing
def test_what_qt_draws_is_true_to_itself(qt_screen: Made) -> None:
    check(*qt_screen)


@drawing
@browser
def test_what_the_browser_draws_is_true_to_itself() -> None:
    check(*next(iter(make_screens.make("final", 1, 5, ["html"]))))


@drawing
def test_what_the_player_shows_is_true_to_itself() -> None:
    screen, images = next(iter(make_screens.make("dev", 1, 5, ["player"])))
    check(screen, images)
    assert {thing.state for thing in screen.pictures["hover"]} >= {"", "hover", "pressed"}


def test_what_is_held_down_in_the_player_looks_otherwise_than_under_the_pointer() -> None:
    hovered = render_player.PlayerShot("hover", "Deep Focus", 1, "dark", (1000, 640), hovered=("Shuffle",))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), render_player._start, (100,)) as pool:
        (over, things), (down, _) = pool.map(render_player.draw, [hovered, replace(hovered, pressed=("Shuffle",))])
    box = next(thing.box for thing in things if thing.name == "Shuffle")
    place = slice(box.top, box.bottom), slice(box.left, box.right)
    assert (over[place] != down[place]).any()


def test_screens_of_several_seeds_can_be_told_apart() -> None:
    screen = Screen("html_dev_02", "html", "dev", {})
    assert [make_screens.of_seed(screen, seed).id for seed in (0, 7)] == ["html_dev_02", "html_dev_02_7"]


@drawing
def test_what_is_scaled_is_larger_by_as_much(qt_screen: Made) -> None:
    screen, _ = qt_screen
    shown = {thing.id: thing.box for thing in screen.pictures[SHOWN] if thing.kind != "row"}
    for name, ratio in (("s125", 1.25), ("s150", 1.5), ("s175", 1.75)):
        for thing in screen.pictures[name]:
            if thing.id in shown:
                assert abs(thing.box.left - ratio * shown[thing.id].left) <= 5, (name, thing)


@drawing
@pytest.mark.parametrize("split", ["dev", "final"])
def test_the_same_seed_plans_the_same(split: Split) -> None:
    def plan(number: int, seed: int) -> Series:
        return series(split, number, seed, "qt", typefaces(split))

    for number in range(6):
        first, again, other = plan(number, 3), plan(number, 3), plan(number, 4)
        assert [shot.root for shot in first.shots] == [shot.root for shot in again.shots]
        assert (first.targets, first.slots) == (again.targets, again.slots)
        assert first.shots[0].root != other.shots[0].root


@drawing
@pytest.mark.parametrize("split", ["dev", "final"])
def test_what_replaces_a_target_does_not_look_the_same(split: Split) -> None:
    for number in range(6):
        plan = series(split, number, 7, "html", typefaces(split))
        shots = {shot.picture: shot for shot in plan.shots}
        parts = {name: {part.id: part for part in walk(shots[name].root) if part.id} for name in (SHOWN, "lookalike")}
        look = shots[SHOWN].look
        for target in set(plan.targets) - parts["lookalike"].keys():
            old, new = parts[SHOWN][target], parts["lookalike"].get(f"x{target}")
            if new is not None and old.kind in ("icon", "row_icon"):
                assert look.icons.svg(old.icon) != look.icons.svg(new.icon)
            elif new is not None:
                assert old.text != new.text


def test_screens_are_written_where_they_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        make_screens.main(["--folder", str(tmp_path), "--only", "gtk"])
    assert "gtk" in capsys.readouterr().err
