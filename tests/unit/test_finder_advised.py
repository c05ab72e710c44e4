"""The finder with the shipped action model beside it, on a window of our own."""

from __future__ import annotations

import pytest

from encore_agent.find import Absent, Finder, Found
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Rect
from tests.benchmarks.finder.advised import Adviser
from tests.benchmarks.finder.dataset import Query, Screen, Thing
from tests.unit.test_find_kinds import CLIP, Window

LABELS = ("Library", "Radio", "Albums", "Artists", "Podcasts", "Settings")


@pytest.fixture(scope="module")
def adviser() -> Adviser:
    return Adviser(CLIP)


def window(*labels: str) -> Window:
    drawn = Window()
    for row, text in enumerate(labels):
        drawn.write(text, 60, 60 + 50 * row)
    return drawn.sign(400, 80, 0).sign(460, 80, 1).sign(520, 80, 2)


def asked(said: str | None = None) -> Query:
    thing = Thing("radio", "text", Rect(55, 105, 70, 25), "Radio")
    pictures = {"shown": (thing,), "same": (thing,)}
    return Query(Screen("a window", "drawn", "dev", pictures), "same", thing, thing, said)


def judged(adviser: Adviser, query: Query, shown: Window, now: Window) -> Found | Absent:
    before, after = shown.scene, now.scene
    target = describe_target(before, query.shown.point)
    return adviser.judged(query, target, before, after, Finder(now).find(target, before, after, query.said))


def test_what_has_not_changed_is_clicked_and_what_is_gone_is_not(adviser: Adviser) -> None:
    shown = window(*LABELS)
    found = judged(adviser, asked(), shown, window(*LABELS))
    assert isinstance(found, Found)
    assert asked().shown.box.contains(found.point)
    gone = judged(adviser, asked(), shown, window("Library", "Genres", *LABELS[2:]))
    assert isinstance(gone, Absent)
    assert "the action model says" in gone.reason


def test_what_follows_speech_is_asked_for_by_its_title(adviser: Adviser) -> None:
    result = judged(adviser, asked("Albums"), window(*LABELS), window(*LABELS))
    place = result.point if isinstance(result, Found) else None
    assert place is None or Rect(55, 155, 80, 25).contains(place)
    assert len(adviser._courses) == 2  # the demonstration of what follows speech is another one
