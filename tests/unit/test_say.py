"""What is asked for by words, and which control a name means."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_agent.say import BUILT_IN, Cancel, Number, Say, ShowNumbers, asked_by, bare_name, reply_in
from encore_agent.say_find import Option, Ranking, _as_read, everything, rank
from encore_agent.say_names import CONCEPTS, SHARED
from encore_agent.say_sights import Names, Sights, concept_of
from encore_models.perception.screen import Scene
from encore_models.perception.text import TextLine
from encore_models.phrases import best_match
from encore_recorder.geometry import Rect

Vectors = NDArray[np.float32]
HEADS = [names[0] for names in CONCEPTS]


def asked(text: str) -> Say | ShowNumbers | None:
    matches = [match for phrase in BUILT_IN.phrases if (match := best_match(phrase, text)) is not None]
    best = max(matches, key=lambda match: (match.likeness, -len("".join(match.slots.values()))), default=None)
    return asked_by(best) if best is not None and best.likeness == 100 else None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Click shuffle.", Say("click", "shuffle")),
        ("Press the heart", Say("click", "heart")),
        ("please click on the search field", Say("click", "search field")),
        ("Double-click Yesterday Once More!", Say("double click", "yesterday once more")),
        ("right click my library", Say("right click", "library")),
        ("tap play", Say("click", "play")),
        ("Show numbers.", ShowNumbers()),
        ("Clay is used for making pots", None),
        ("play Yesterday", None),
    ],
)
def test_what_is_asked_for(text: str, said: Say | ShowNumbers | None) -> None:
    assert asked(text) == said


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("three", Number(3)),
        ("Number three.", Number(3)),
        ("3.", Number(3)),
        ("To.", Number(2)),
        ("number for", Number(4)),
        ("Click seven", Number(7)),
        ("twenty one", Number(21)),
        ("Number 42, please.", Number(42)),
        ("Cancel.", Cancel()),
        ("never mind", Cancel()),
        ("Yesterday", None),
        ("two songs", None),
        ("...", None),
    ],
)
def test_answers_to_numbers(text: str, reply: Number | Cancel | None) -> None:
    assert reply_in(text) == reply


def test_every_saying_is_told_to_the_history_in_words() -> None:
    assert Say("click", "heart").words() == {"action": "click", "name": "heart"}
    assert Number(2).words() == {"number": "2"}
    assert ShowNumbers().words() == {"action": "show numbers"}
    assert Cancel().words() == {"action": "cancel"}


def test_a_bare_name_keeps_at_least_one_word() -> None:
    assert bare_name("the my heart") == "heart"
    assert bare_name("the") == "the"


def test_no_name_means_two_things() -> None:
    names = [name for concept in CONCEPTS for name in concept]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert {head for group in SHARED for head in group} <= set(HEADS)


def test_names_are_known_by_their_other_names_plural_and_nouns() -> None:
    assert {HEADS[c] for n in ("like", "favourites", "heart button") if (c := concept_of(n)) is not None} == {"heart"}
    assert concept_of("banana") is None


class Drawn:
    """A namer that knows what was drawn where: each concept is a direction, an unknown word no direction at all."""

    def __init__(self, drawn: dict[Rect, dict[str, float]]) -> None:
        self._drawn = drawn

    def meanings(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
        rows = np.zeros((len(boxes), len(HEADS)), np.float32)
        for number, box in enumerate(boxes):
            for place, meaning in self._drawn.items():
                if place.grown(4).contains(box.center):
                    for name, near in meaning.items():
                        rows[number, HEADS.index(name)] = near
        return rows

    def words(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), len(HEADS)), np.float32)
        for number, text in enumerate(texts):
            concept = concept_of(text)
            if concept is not None:
                rows[number, concept] = 1
        return rows


class Written:
    """A reader that knows what stands where."""

    def __init__(self, written: dict[Rect, str]) -> None:
        self._written = written

    def read(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> list[str]:
        return [next((t for r, t in self._written.items() if r.contains(box.center)), "") for box in boxes]

    def read_page(self, image: NDArray[np.uint8]) -> list[TextLine]:
        return []


class NoLooks:
    """Nothing is compared by its looks here."""

    def describe(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
        return np.zeros((len(boxes), 1), np.float32)


def sights(icons: dict[Rect, dict[str, float]], labels: dict[Rect, str] | None = None) -> Sights:
    """A light window, 600 x 300, with a drawing of ink at each icon, and strokes at each label."""
    image = np.full((300, 600, 3), 245, np.uint8)
    for box in icons:
        cv2.circle(image, (box.center.x, box.center.y), box.width // 2 - 1, (30, 30, 30), 3)
    for box in labels or {}:
        for left in range(box.left, box.right - 3, 7):
            image[box.top : box.bottom, left : left + 3] = 30
    scene = Scene(image, Written(labels or {}), NoLooks())
    return Sights(scene, Names(Drawn(icons)))


HEART, SECOND, THIRD = Rect(40, 40, 20, 20), Rect(140, 40, 20, 20), Rect(240, 40, 20, 20)
LABEL, OTHER = Rect(40, 200, 80, 12), Rect(300, 200, 120, 12)


def names_of(ranking: Ranking) -> list[str]:
    return [option.name for option in ranking.options]


def only(ranking: Ranking) -> Option:
    assert ranking.decision == "clear", ranking
    (option,) = ranking.options
    return option


class TestRank:
    def test_one_drawing_that_is_clearly_it(self) -> None:
        seen = sights({HEART: {"heart": 0.8, "star": 0.4}, SECOND: {"shuffle": 0.8}})
        assert HEART.grown(4).contains(only(rank(seen, "like")).box.center)

    def test_the_same_drawing_twice_is_asked_about(self) -> None:
        seen = sights({HEART: {"heart": 0.8}, SECOND: {"heart": 0.79}, THIRD: {"shuffle": 0.8}})
        ranking = rank(seen, "heart")
        assert (ranking.decision, len(ranking.options)) == ("several", 2)

    def test_what_is_nearer_to_something_else_is_not_clicked(self) -> None:
        seen = sights({HEART: {"play": 0.7, "next": 0.8}})
        assert rank(seen, "play").decision != "clear"

    def test_things_that_share_a_drawing_do_not_speak_against_each_other(self) -> None:
        seen = sights({HEART: {"volume": 0.8, "mute": 0.74}})
        assert rank(seen, "mute").decision == "clear"

    def test_what_is_not_there_is_told_with_what_is_nearest(self) -> None:
        seen = sights({HEART: {"heart": 0.8}}, {LABEL: "Road trip"})
        ranking = rank(seen, "printer")
        assert (ranking.decision, ranking.options) == ("nothing", ())
        assert "Road trip" in ranking.nearest

    def test_a_label_by_its_words(self) -> None:
        seen = sights({HEART: {"heart": 0.8}}, {LABEL: "Liked Songs", OTHER: "Your Library"})
        assert only(rank(seen, "liked songs")).name == "Liked Songs"
        assert only(rank(seen, "library")).name == "Your Library"

    def test_more_words_on_the_label_are_asked_about(self) -> None:
        seen = sights({}, {LABEL: "Yesterday Once More"})
        assert (rank(seen, "yesterday").decision, names_of(rank(seen, "yesterday"))) == (
            "several",
            ["Yesterday Once More"],
        )

    def test_a_label_and_a_drawing_that_both_would_do(self) -> None:
        seen = sights({HEART: {"search": 0.8}}, {LABEL: "Search"})
        assert rank(seen, "search").decision == "several"

    def test_a_drawing_beside_its_label_is_the_same_control(self) -> None:
        beside = Rect(12, 196, 20, 20)
        seen = sights({beside: {"home": 0.8}}, {LABEL: "Home"})
        assert only(rank(seen, "home")).name == "Home"

    def test_a_menu_entry_with_dots(self) -> None:
        assert only(rank(sights({}, {LABEL: "Settings..."}), "settings")).name == "Settings..."

    def test_an_unknown_word_never_clicks_a_drawing(self) -> None:
        seen = sights({HEART: {"heart": 0.8}})
        assert rank(seen, "banana").decision == "nothing"

    def test_an_empty_or_black_window_holds_nothing(self) -> None:
        scene = Scene(np.zeros((200, 300, 3), np.uint8), Written({}), NoLooks())
        assert rank(Sights(scene, Names(Drawn({}))), "heart") == Ranking("nothing", (), ())

    def test_a_photograph_is_no_drawing(self) -> None:
        seen = sights({HEART: {"heart": 0.9}})
        noise = np.random.default_rng(0).integers(0, 255, (24, 24, 3), np.uint8)
        seen.scene.image[38:62, 38:62] = noise
        assert rank(seen, "heart").decision == "nothing"

    def test_what_deletes_is_destructive_by_any_name(self) -> None:
        seen = sights({HEART: {"delete": 0.9}})
        assert only(rank(seen, "bin")).destructive
        assert not only(rank(sights({HEART: {"heart": 0.9}}), "heart")).destructive


def test_every_control_can_be_numbered() -> None:
    seen = sights({HEART: {"heart": 0.8}, SECOND: {"star": 0.8}}, {LABEL: "Liked Songs"})
    assert len(everything(seen)) == 3
    assert "Liked Songs" in [option.name for option in everything(seen)]


def test_numbers_run_as_one_reads_beside_something_tall() -> None:
    tall = Rect(4, 0, 8, 100)
    rows = [[Rect(30, top, 60, 12), Rect(120, top - 1, 14, 14)] for top in (44, 58, 72, 86)]
    boxes = [tall, *(box for row in reversed(rows) for box in reversed(row))]
    read = [option.box for option in _as_read(Option(box, "", 1.0, "", True) for box in boxes)]
    assert [box for box in read if box != tall] == [box for row in rows for box in row]
