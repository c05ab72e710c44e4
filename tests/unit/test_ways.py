"""Whether demonstrations of one command do the same: by deeds, by texts, and by looks where nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from encore_agent import cli_learn
from encore_agent import service as service_module
from encore_agent.contradictions import contradiction
from encore_agent.messages import AgentEvent, Learned
from encore_agent.service import Service, open_service
from encore_agent.settings import Settings
from encore_models.errors import BrokenMacro
from encore_models.macro import Macro, Phrase, Slot, Step, Target, TargetKind
from encore_models.store import create_macro
from encore_models.training.action.aligned import Shown
from encore_models.ways import Contradiction, Way, check_consistent, same_command
from encore_recorder.actions import Click, PressKeys, Scroll, TypeText
from encore_recorder.geometry import Point, Rect
from tests.unit.test_action_demonstrations import CLIP, SIGNS, shown


def not_looked(*_: object) -> Any:
    raise AssertionError("looks are compared where texts tell")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return shown(tmp_path_factory.mktemp("three"))


def way(one: Shown, name: str = "") -> Way:
    return Way(name or one.path.name, one.macro, one.learning.pictures.__getitem__)


def changed(way: Way, name: str, change: Callable[[Target], Target]) -> Way:
    """The same with another first target."""
    first, *rest = way.macro.steps
    assert first.target is not None
    return replace(way, name=name, macro=replace(way.macro, steps=(replace(first, target=change(first.target)), *rest)))


def check(*ways: Way) -> None:
    check_consistent(ways, lambda: CLIP)


def test_contradictions_are_named(tmp_path: Path, three: Shown) -> None:
    one, again = way(three), way(shown(tmp_path, SIGNS, "demo-2"))
    check(one, again)
    fewer = way(shown(tmp_path, SIGNS[:2], "demo-3"))
    with pytest.raises(Contradiction, match=r"“press all” was shown in different ways: demo-1, demo-2 against demo-3"):
        check(one, again, fewer)
    check(one, way(shown(tmp_path, SIGNS[:2], "demo-4", phrase="press two")))


def test_other_drawings_without_a_name_are_another_way(three: Shown, tmp_path: Path) -> None:
    one = way(three)
    assert [step.target.text for step in three.macro.steps if step.target] == ["", "", ""]
    end = Way("end", replace(one.macro, steps=(*one.macro.steps[:2], one.macro.steps[0])), one.picture)
    with pytest.raises(Contradiction, match="demo-1 against end"):
        check(one, end)
    # On a larger and dark screen it is the same drawing.
    scale = 1.5

    def dark(name: str) -> np.ndarray:
        return 255 - cv2.resize(one.picture(name), None, fx=scale, fy=scale)  # type: ignore[call-overload]

    def moved(step: Step) -> Step:
        assert step.target is not None
        box = step.target.box
        larger = Rect(*(round(scale * side) for side in (box.left, box.top, box.width, box.height)))
        return replace(step, target=replace(step.target, box=larger))

    check(one, Way("dark", replace(one.macro, steps=tuple(map(moved, one.macro.steps))), dark))


def test_what_cannot_be_seen_is_not_said_to_differ(three: Shown) -> None:
    def gone(name: str) -> np.ndarray:
        raise BrokenMacro(three.path, f"the picture {name} is missing")

    one = way(three)
    turned = replace(one.macro, steps=one.macro.steps[::-1])
    check(one, Way("gone", turned, gone))
    check(one, Way("blank", turned, lambda name: np.full_like(one.picture(name), 90)))
    with pytest.raises(Contradiction):
        check(one, Way("turned", turned, one.picture))


def pressed(way: str, kind: TargetKind = "text", phrase: str = "go", **told: Any) -> Way:
    target = Target(kind, Rect(0, 0, 9, 9), Point(0, 0), **told)
    return done(way, Click(Point(1, 1)), target, phrase)


def done(name: str, action: Any, target: Target | None = None, phrase: str = "go") -> Way:
    window: Any = None
    slots = tuple(Slot(name) for name in ("song", "title"))
    step = Step(action, window, "before.png", target)
    macro = Macro(name, name, (Phrase(phrase),), slots, (step,), "2026-01-01T00:00:00+00:00", "d")
    return Way(name, macro, not_looked)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pressed("a", text="Settings"), pressed("b", text="Settlngs")),
        (pressed("a", text="Save as…"), pressed("b", text="save as...")),
        (pressed("a", "field", text="yesterday"), pressed("b", "field", text="tomorrow")),
        (pressed("a", "row", template="{song}"), pressed("b", "row", template="{title}", text="Yesterday")),
        (pressed("a", "icon", name="Play"), pressed("b", "text", name="play", text="Phy")),
        (done("a", TypeText("{song}")), done("b", TypeText("{title}"))),
        (done("a", Scroll(Point(1, 1), 0, -3)), done("b", Scroll(Point(2, 2), 0, -4))),
    ],
)
def test_another_day_is_no_other_way(one: Way, other: Way) -> None:
    check_consistent([one, other], not_looked)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pressed("a", text="Save"), pressed("b", text="Open")),
        (pressed("a", text="Track 1"), pressed("b", text="Track 2")),
        (pressed("a", text="+"), pressed("b", text="−")),
        (pressed("a", "row", template="{song}"), pressed("b", "row", text="Yesterday")),
        (pressed("a", "row_icon", row_text="Yesterday"), pressed("b", "row_icon", row_text="Michelle")),
        (pressed("a", "icon", name="Play"), pressed("b", "icon", name="Delete")),
        (pressed("a", "field"), pressed("b", "blank")),
        (pressed("a"), done("b", PressKeys(("enter",)))),
        (done("a", PressKeys(("ctrl", "f"))), done("b", PressKeys(("ctrl", "g")))),
        (done("a", TypeText("one")), done("b", TypeText("two"))),
        (done("a", Click(Point(1, 1))), done("b", Click(Point(1, 1), "right"))),
        (done("a", Scroll(Point(1, 1), 0, -3)), done("b", Scroll(Point(1, 1), 0, 3))),
    ],
)
def test_what_does_something_else_is_another_way(one: Way, other: Way) -> None:
    with pytest.raises(Contradiction, match="a against b"):
        check_consistent([one, other], not_looked)


def test_any_phrase_that_both_have_is_their_command() -> None:
    def called(*phrases: str) -> Macro:
        return replace(pressed("a").macro, phrases=tuple(map(Phrase, phrases)))

    one = called("play {song}", "put on {song}")
    assert same_command(one, called("sing {title}", "Put on {title}!")) == "put on {song}"
    assert same_command(one, called("play")) == ""
    assert same_command(one, called("{song} play")) == ""
    assert same_command(one, called("play {song} now")) == ""


def test_of_three_ways_two_are_named() -> None:
    ways = [pressed(name, text=text) for name, text in (("a", "Save"), ("b", "Open"), ("c", "Close"), ("d", "Open"))]
    with pytest.raises(Contradiction) as caught:
        check_consistent(ways, not_looked)
    assert caught.value.ways == (("a",), ("b", "d"))


# What the agent makes of it


@pytest.fixture
def service(tmp_path: Path, three: Shown) -> Any:
    """Over a library with one macro of three clicks."""
    service = open_service(Settings.default(tmp_path / "encore"))
    add(service, three, "press", "press all")
    yield service
    service.close()


def add(service: Service, one: Shown, name: str, phrase: str) -> None:
    macro = replace(one.macro, id=name, phrases=(Phrase(phrase),))
    create_macro(macro, one.learning.pictures, service.library.macros_folder / name)


def test_a_contradiction_is_told_as_it_is_learned(
    service: Service, three: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[AgentEvent] = []
    service.subscribe(told.append)
    for sense in ("voice", "printer"):
        monkeypatch.setattr(service.senses, sense, lambda *_: None)
    monkeypatch.setattr(service._episodes, "prepare", lambda macro: None)
    again = three.learning
    other = shown(tmp_path, (SIGNS[1], SIGNS[0], SIGNS[2]), "demo-2").learning
    for learning, name in ((again, "again"), (other, "other")):
        learned = replace(learning, macro=replace(learning.macro, id=name))
        monkeypatch.setattr(service_module, "learn", lambda *_, learned=learned: learned)
        service.learn(None)  # type: ignore[arg-type]
    same, differs = (event.notes for event in told if isinstance(event, Learned))
    assert not any("different ways" in note for note in same)
    (note,) = (note for note in differs if "different ways" in note)
    assert note == (
        "“press all” was shown in different ways: other against again, press. Which one is right? "
        "Delete the others, or give them another command."
    )


@pytest.mark.parametrize(
    ("answer", "stays", "deleted"), [("1", True, "press"), ("2", False, "turned"), ("both", True, "")]
)
def test_the_person_is_asked_which_is_right(
    service: Service, three: Shown, monkeypatch: pytest.MonkeyPatch, answer: str, stays: bool, deleted: str
) -> None:
    turned = replace(three.macro, steps=three.macro.steps[::-1])
    learning = replace(three.learning, macro=turned)
    add(service, replace(three, learning=learning), "turned", "press all")
    add(service, replace(three, learning=learning), "back", "press them back")
    monkeypatch.setattr(cli_learn.Prompt, "ask", lambda *_, **__: pytest.fail("nobody is there"))
    monkeypatch.setattr(cli_learn.sys, "stdin", type("Pipe", (), {"isatty": lambda self: False})())
    assert cli_learn.settled(service, "turned")
    monkeypatch.setattr(cli_learn.sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    assert cli_learn.settled(service, "back")
    monkeypatch.setattr(cli_learn.Prompt, "ask", lambda *_, choices, **__: answer if answer in choices else "")
    assert cli_learn.settled(service, "turned") is stays
    left = {macro.id for macro in service.library.macros()}
    assert {"press", "turned", "back"} - left == ({deleted} if deleted else set())
    if not deleted:
        assert contradiction(service.library, "turned", lambda: CLIP) is not None


def test_a_macro_that_is_found_wrong_is_not_learned_from(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tuned: list[Any] = []
    monkeypatch.setattr(cli_learn, "_tuned", lambda settings, learned: tuned.append(learned))
    monkeypatch.setattr(cli_learn, "running_service", lambda *_: Running())
    for right in (True, False):
        monkeypatch.setattr(cli_learn, "settled", lambda running, name, right=right: right)
        cli_learn.learn("demo", tmp_path)
    assert tuned == [["new"]]


class Running:
    """A service that learns one macro from anything."""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @property
    def library(self) -> Any:
        return self

    def demonstration(self, name: str) -> Any:
        return self

    def learn(self, recorded: object, phrase: str | None) -> Macro:
        return replace(pressed("new").macro, id="new")
