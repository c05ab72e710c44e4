"""Synthetic episodes: nothing is shared between splits, the labels are right, and the command goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from encore_models.errors import IconsMissing
from encore_models.perception.action_evidence import Fit
from encore_models.perception.screen import Scene
from encore_models.perception.situation import STATES, candidate_in
from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.applications import APPLICATIONS, applications, layouts
from encore_models.training.action.augment import cropped, occluded, other_theme, scaled, shifted, varied_sound
from encore_models.training.action.canvas import TOOLKITS, Toolkit
from encore_models.training.action.episodes import Episodes
from encore_models.training.action.glyphs import FAMILIES, VALIDATION_SETS, Glyphs, glyphs
from encore_models.training.action.make import OtherSamples, main, make, plan_shards
from encore_models.training.action.notices import ASKING, KNOWN_ASKING, KNOWN_PASSING, LOADING, PASSING, draw_notices
from encore_models.training.action.plans import Moment, Plan, decide, moments, plan, split_of
from encore_models.training.action.reading import Reading, misread
from encore_models.training.action.samples import SPLITS, Sample, Split, read_shards
from encore_models.training.action.screens import Look, View, render
from encore_models.training.action.tasks import Intent, after, draw_task, draw_view, next_step
from encore_models.training.action.voices import Spoken, speakers
from encore_models.training.icon_sets import TEST_SETS, TRAIN_SETS
from encore_recorder.geometry import Point, Rect
from tests.unit.action_drawings import Tones, drawings_in
from tests.unit.test_action_samples import sample

SET_OF: dict[Split, str] = {"train": "tabler", "validation": "lucide", "test": "ri"}


@pytest.fixture(scope="module")
def drawn_from(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Split], Glyphs]:
    return drawings_in(tmp_path_factory.mktemp("icons"))


@pytest.fixture(scope="module")
def clip() -> UiClip:
    return UiClip.load()


# Splits


def test_no_split_shares_an_application_layout_icon_set_font_or_voice() -> None:
    found = {
        split: {
            "applications": {application.name for application in applications(split)},
            "layouts": {layout.name for layout in layouts(split)},
            "fonts": FAMILIES[split],
            "voices": {speaker.model for speaker in speakers(split)},
        }
        for split in SPLITS
    }
    for kind in ("applications", "layouts", "fonts", "voices"):
        parts = [set(found[split][kind]) for split in SPLITS]
        assert all(parts), kind
        assert sum(map(len, parts)) == len(set().union(*parts)), kind
    assert sum(len(found[split]["applications"]) for split in SPLITS) == len(APPLICATIONS)


def test_no_split_says_what_another_one_says_of_waiting_and_asking() -> None:
    said: dict[Split, set[str]] = {}
    for split in SPLITS:
        said[split] = {*LOADING[split], *PASSING[split]}
        for asking, reason, answers in ASKING[split]:
            said[split] |= {asking, reason, *answers}
    for one, other in combinations(SPLITS, 2):
        assert not {text.lower() for text in said[one]} & {text.lower() for text in said[other]}
    assert not {*KNOWN_ASKING, *KNOWN_PASSING} & (said["validation"] | said["test"])


def test_test_icons_are_the_ones_that_ui_clip_never_saw(drawn_from: Callable[[Split], Glyphs]) -> None:
    assert {s.name for s in TRAIN_SETS} >= VALIDATION_SETS
    assert not VALIDATION_SETS & {s.name for s in TEST_SETS}
    assert {split: list(drawn_from(split).sets) for split in SPLITS} == {s: [name] for s, name in SET_OF.items()}


def test_the_real_icon_cache_keeps_splits_apart_too() -> None:
    try:
        sets = {split: set(glyphs(split).sets) for split in SPLITS}
    except (IconsMissing, FileNotFoundError) as error:
        pytest.skip(str(error))
    assert sets["test"] <= {s.name for s in TEST_SETS}
    assert sets["validation"] <= VALIDATION_SETS
    assert not sets["train"] & (sets["validation"] | sets["test"])
    assert min(map(len, sets.values())) >= 3


def test_an_episode_is_in_one_split_with_all_its_moments(drawn_from: Callable[[Split], Glyphs], clip: UiClip) -> None:
    episodes = Episodes(clip, Tones(), 3, drawn_from)
    for number in (8, 9):
        samples = list(episodes.samples(number))
        assert {s.split for s in samples} == {split_of(number)}
        assert {s.meta["application"] for s in samples} <= {a.name for a in applications(split_of(number))}
        assert {s.meta["icons"] for s in samples} == {SET_OF[split_of(number)]}
        allowed = {layout.name for layout in layouts(split_of(number))}
        assert {s.meta["layout"] for s in samples} | {s.meta["shown_layout"] for s in samples} <= allowed


# Tasks


@pytest.mark.parametrize("seed", range(12))
def test_tasks_have_three_to_eight_steps_and_say_their_slot(seed: int) -> None:
    rng = np.random.default_rng(seed)
    app = APPLICATIONS[seed % len(APPLICATIONS)]
    view = draw_view(app, rng)
    task = draw_task(app, view, True, rng)
    assert 3 <= len(task.intents) <= 8
    if any(intent.slot for intent in task.intents):
        assert "{}" in task.command
        other = task.today("Something Else")
        assert "Something Else" in task.said("Something Else")
        assert {i.name for i in other.intents if i.slot} == {"Something Else"}


VIEW = View("Home", ("A B", "C D"), ("x", "y"))
STEPS = (Intent("page", "Library"), Intent("toggle", "Shuffle"), Intent("field", ""), Intent("type", "A B"))


def test_some_days_begin_with_an_earlier_search_in_the_field() -> None:
    app, rng = applications("train")[0], np.random.default_rng(5)
    views = [draw_view(app, rng) for _ in range(300)]
    assert 0.2 < sum(bool(view.typed) for view in views) / len(views) < 0.4
    earlier = next(view for view in views if view.typed)
    # Going to a page leaves it there; its text is not what is looked for today, so nothing is left out.
    search = (
        Intent("page", "Radio"),
        Intent("field", "", part="field"),
        Intent("type", "Something Else", action="type"),
    )
    opened = after(search[0], earlier)
    assert opened.typed == earlier.typed
    assert next_step(search, [1, 0, 0], opened) == 1
    assert after(search[2], opened).typed == "Something Else"


def test_what_is_so_already_is_not_done_again() -> None:
    assert next_step(STEPS, [0, 0, 0, 0], VIEW) == 0
    there = after(STEPS[0], VIEW)
    assert next_step(STEPS, [0, 0, 0, 0], there) == 1
    assert next_step(STEPS, [0, 0, 0, 0], after(STEPS[1], there)) == 2
    assert next_step(STEPS, [1, 1, 0, 0], replace(there, typed="A B")) is None
    # What was left out before a step that was done is not gone back to.
    assert next_step(STEPS, [0, 1, 0, 0], replace(VIEW, page="Elsewhere")) == 2
    assert next_step(STEPS, [2, 0, 0, 0], VIEW) == 0


@pytest.fixture
def look(drawn_from: Callable[[Split], Glyphs]) -> Look:
    drawings = drawn_from("train")
    notices = draw_notices("train", np.random.default_rng(1))
    layout = layouts("train")[0]
    return Look(TOOLKITS[0], False, (30, 90, 200), 1.0, drawings.fonts[0], "tabler", layout, (1000, 640), notices)


@pytest.mark.parametrize(
    ("change", "hard", "state"),
    [
        ({}, "", "step"),
        ({"popup": True}, "covered", "stop"),
        ({"toast": "page:Library"}, "toast", "wait"),
        ({"toast": "slider"}, "toast", "step"),
        ({"gone": frozenset({"page:Library"})}, "gone", "stop"),
        ({}, "other command", "stop"),
    ],
)
def test_what_is_right_to_do(
    change: dict[str, object], hard: str, state: str, look: Look, drawn_from: Callable[[Split], Glyphs]
) -> None:
    app = APPLICATIONS[0]
    view = replace(draw_view(app, np.random.default_rng(1)), page="Radio", **change)  # type: ignore[arg-type]
    screen = render(app, view, look, drawn_from("train"))
    decided, step, control = decide([Intent("page", "Library")], Moment(view, (0,), hard), screen)
    assert decided == state
    assert (step, control is not None) == ((0, True) if state == "step" else (-1, False))


def test_a_row_that_is_still_to_come_is_waited_for(look: Look, drawn_from: Callable[[Split], Glyphs]) -> None:
    app, rng = APPLICATIONS[0], np.random.default_rng(1)
    view = draw_view(app, rng)
    row = Intent("row", view.items[0], part="text")
    for loading, state in ((True, "wait"), (False, "step")):
        seen = replace(view, loading=loading, selected="")
        screen = render(app, seen, look, drawn_from("train"))
        assert decide([row], Moment(seen, (0,)), screen)[0] == state


# Screens


def test_perception_finds_what_was_drawn(drawn_from: Callable[[Split], Glyphs], clip: UiClip) -> None:
    found = there = 0
    for number in range(6):
        episode = plan(number, 5, drawn_from)
        screen = render(episode.app, episode.run_view, episode.run_look, drawn_from(episode.split))
        scene = Scene(screen.image, Reading(screen.controls, 0), clip)
        for control in screen.controls:
            if control.key.split(":")[0] in ("page", "command", "toggle", "field", "row") and not control.covered:
                there += 1
                found += candidate_in(scene, control.box, control.area.center) is not None
    assert there > 60
    assert found / there >= 0.95


def test_controls_lie_on_the_picture_and_are_named_once(drawn_from: Callable[[Split], Glyphs]) -> None:
    for number in range(8):
        episode = plan(number, 6, drawn_from)
        screen = render(episode.app, episode.run_view, episode.run_look, drawn_from(episode.split))
        height, width = screen.image.shape[:2]
        inside = Rect(0, 0, width, height)
        keys = [(c.key, c.part) for c in screen.controls if c.key and c.key != "status"]
        assert len(set(keys)) == len(keys)
        assert all(inside.contains(c.box.center) for c in screen.controls if c.key)


@pytest.mark.parametrize("toolkit", TOOLKITS, ids=lambda toolkit: toolkit.name)
def test_what_is_on_looks_other_than_what_is_off(
    toolkit: Toolkit, look: Look, drawn_from: Callable[[Split], Glyphs], clip: UiClip
) -> None:
    """Descriptors do not see colours, so a plate alone would leave the right decision to chance."""
    app = APPLICATIONS[0]
    view = replace(draw_view(app, np.random.default_rng(2)), on=frozenset())
    described = []
    for on in (frozenset[str](), frozenset({"Shuffle"})):
        screen = render(app, replace(view, on=on), replace(look, toolkit=toolkit), drawn_from("train"))
        scene = Scene(screen.image, Reading(screen.controls, 0), clip)
        control = screen.control("toggle:Shuffle", "icon")
        assert control is not None
        found = candidate_in(scene, control.box, control.area.center)
        assert found is not None
        described.append(scene.descriptors[scene.index(found)])
    assert float(described[0] @ described[1]) < 0.95


def test_text_is_read_with_errors_but_mostly_right(look: Look, drawn_from: Callable[[Split], Glyphs]) -> None:
    app = APPLICATIONS[0]
    screen = render(app, draw_view(app, np.random.default_rng(3)), look, drawn_from("train"))
    texts = [control for control in screen.controls if control.text]
    right = sum(
        Reading(screen.controls, seed).read(screen.image, [c.box])[0] == c.text for c in texts for seed in range(10)
    )
    assert 0.8 < right / (10 * len(texts)) < 0.99
    assert misread("moonlight river", np.random.default_rng(0), rate=0.0) == "moonlight river"


# Episodes


def test_samples_agree_with_their_plan(drawn_from: Callable[[Split], Glyphs], clip: UiClip) -> None:
    samples = list(Episodes(clip, Tones(), 1, drawn_from).samples(2))
    episode: Plan = plan(2, 1, drawn_from)
    assert {len(s.steps) for s in samples} == {len(episode.run.intents)}
    states = [STATES[s.state] for s in samples]
    assert "step" in states
    assert "done" in states
    for one in samples:
        if STATES[one.state] != "step":
            assert one.candidate == -1
            continue
        intent = episode.run.intents[one.step]
        assert (one.candidate >= 0) == bool(intent.key)
        assert one.progress[one.step] != 1
        if not intent.key:
            assert not one.steps[one.step].any()
            assert not one.step_places[one.step].any()


def test_the_same_seed_gives_the_same_episode(drawn_from: Callable[[Split], Glyphs], clip: UiClip) -> None:
    one, other = (list(Episodes(clip, Tones(), 4, drawn_from).samples(1)) for _ in range(2))
    assert [s.meta for s in one] == [s.meta for s in other]
    assert all(np.array_equal(a.candidates, b.candidates) for a, b in zip(one, other, strict=True))
    assert plan(1, 4, drawn_from) != plan(1, 5, drawn_from)


def test_all_hard_cases_come_about(drawn_from: Callable[[Split], Glyphs]) -> None:
    found = {m.hard for n in range(40) for m in moments(plan(n, 1, drawn_from), np.random.default_rng(n))}
    assert found == {"", "already", "loading", "toast", "covered", "gone", "no effect", "other command"}


@pytest.mark.skipif(which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_utterances_are_kept(tmp_path: Path) -> None:
    heard: list[int] = []

    def encode(samples: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        heard.append(len(samples))
        return np.ones((len(samples) // 640, 384), np.float32)

    def fits(samples: np.ndarray, phrase: str) -> Fit:  # type: ignore[type-arg]
        heard.append(len(samples))
        return Fit(1.0 if phrase == "open the library" else 0.3, -0.5)

    spoken = Spoken(encode, fits, tmp_path)  # type: ignore[arg-type]
    speaker = next(s for s in speakers("validation") if s.engine == "espeak")
    first = spoken.frames("open the library", speaker, 1)
    again = Spoken(encode, fits, tmp_path).frames("open the library", speaker, 1)  # type: ignore[arg-type]
    assert len(heard) == 1
    assert first.dtype == np.float16
    assert 0 < len(first) <= 100
    np.testing.assert_array_equal(first, again)
    assert len(list(tmp_path.glob("*.npy"))) == 1
    phrases = ("open the library", "close it", "open the library")
    assert [spoken.fit("open the library", speaker, 1, phrase).words for phrase in phrases] == [1.0, 0.3, 1.0]
    assert len(heard) == 3


# Variations


def test_places_move_with_the_picture() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    image[80:90, 100:120] = 0
    box = Rect(100, 80, 20, 10)
    rng = np.random.default_rng(1)
    moved = shifted(image, 17, -9)
    both = moved.then(scaled(moved.image, 1.5))
    for changed in (moved, both, scaled(image, 1.5), cropped(image, box.grown(5), rng)):
        at = changed.box(box)
        assert changed.image[at.center.y, at.center.x].max() < 60
        assert changed.image[at.top - 4, at.center.x].min() > 200
        now = changed.point(Point(110, 85))
        assert max(abs(now.x - at.center.x), abs(now.y - at.center.y)) <= 1
    assert other_theme(image)[0, 0].max() < 40
    assert np.array_equal(occluded(image, [box], rng)[70:100, 90:130], image[70:100, 90:130])
    assert not np.array_equal(occluded(image, [box], rng), image)


def test_sound_varies_in_speed_and_stays_in_scale() -> None:
    tone = np.sin(np.arange(16_000) / 20).astype(np.float32)
    varied = varied_sound(tone, np.random.default_rng(2))
    assert 14_000 < len(varied) < 18_000
    assert len(varied) != len(tone)
    assert float(np.abs(varied).max()) <= 1


# The command


class Source:
    """Gives one sample an episode and notes what it was asked for."""

    def __init__(self, stop_at: int = -1) -> None:
        self.asked: list[int] = []
        self._stop_at = stop_at

    def __call__(self, number: int) -> Iterator[Sample]:
        if number == self._stop_at:
            raise KeyboardInterrupt
        self.asked.append(number)
        yield sample(number, split=split_of(number))


def quietly(what: str, done: float) -> None:
    assert 0 <= done <= 1


def test_a_run_that_was_stopped_goes_on(tmp_path: Path) -> None:
    first = Source(stop_at=13)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, 40, 1, first, quietly, a_shard=4)
    assert not [path for path in tmp_path.iterdir() if path.suffix not in (".npz", ".json")]
    whole = len(list(tmp_path.glob("*.npz")))
    second = Source()
    made = make(tmp_path, 40, 1, second, quietly, a_shard=4)
    assert (made.kept, made.shards) == (whole, 10 - whole)
    episodes = {s: [one.meta["episode"] for one in read_shards(tmp_path, s)] for s in SPLITS}
    assert sorted(chain.from_iterable(episodes.values())) == sorted(f"e{n}" for n in range(40))
    assert make(tmp_path, 40, 1, Source(), quietly, a_shard=4).shards == 0


def test_shares_make_the_same_set_together(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        make(tmp_path / "shared", 40, 1, Source(), quietly, a_shard=4, share=(number, 3))
    make(tmp_path / "alone", 40, 1, Source(), quietly, a_shard=4)
    assert len(list((tmp_path / "shared").glob("*.npz"))) == 10
    for path in (tmp_path / "alone").iterdir():
        assert path.read_bytes() == (tmp_path / "shared" / path.name).read_bytes()


def test_samples_of_two_seeds_are_not_mixed(tmp_path: Path) -> None:
    make(tmp_path, 10, 1, Source(), quietly)
    with pytest.raises(OtherSamples, match="Take another folder"):
        make(tmp_path, 10, 2, Source(), quietly)


@pytest.mark.parametrize("wrong", [["--episodes", "0"], ["--seed", "-1"], ["--share", "3/2"], ["--share", "1"]])
def test_the_command_refuses_what_makes_no_sense(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path / "out"), *wrong])
    assert not (tmp_path / "out").exists()


def test_early_shards_hold_every_split(tmp_path: Path) -> None:
    names = [path.name.split("-")[0] for path, _ in plan_shards(tmp_path, 1600, 20)[:3]]
    assert sorted(names) == sorted(SPLITS)
