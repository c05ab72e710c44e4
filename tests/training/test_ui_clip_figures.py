"""The figures of the model card: a perfect model gets all, a blind one gets chance."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if find_spec("torch") is None:
    pytest.skip("torch missing: pip install -e '.[train]'", allow_module_level=True)

from encore_models.perception.crops import front_end
from encore_models.perception.wording import text_ids
from encore_models.training.card import Figures, model_card
from encore_models.training.evaluate_ui_clip import (
    CONCEPT_NAMES,
    UI_CONCEPTS,
    SetScores,
    Towers,
    concept_icons,
    plain_view,
    recall_at_1_of_100,
    ui_concepts_top1,
)
from encore_models.training.icons import Icons

DRAWN = {label: CONCEPT_NAMES.get(label, (label,))[0] for label in UI_CONCEPTS}
NAMES = (*DRAWN.values(), *(f"thing {number}" for number in range(100)))


def picture_of(number: int) -> np.ndarray:
    cover = np.zeros((64, 64), np.uint8)
    bits = [number >> bit & 1 for bit in range(8)]
    cover[8:56, 8:56] = np.kron(np.array([*bits, 1]).reshape(3, 3), np.full((16, 16), 255))
    return np.stack([np.zeros_like(cover), cover])


@pytest.fixture(scope="module")
def icons() -> Icons:
    """130 names, each drawn once by one set."""
    count = len(NAMES)
    boxes = np.tile(np.array([8, 8, 56, 56], np.uint8), (count, 1))
    pictures = np.stack([picture_of(number) for number in range(count)])
    return Icons(pictures, boxes, ("demo",) * count, NAMES, ((),) * count)


def seen(planes: np.ndarray) -> list[bytes]:
    return [(contrast > 0.5).tobytes() for contrast in planes[:, 0]]


def knowing(icons: Icons) -> Towers:
    """Knows every picture and every name; several names of one concept too."""
    views = [plain_view(icons.pictures[number], icons.boxes[number]) for number in range(len(icons))]
    pictures = {picture: number for number, picture in enumerate(seen(front_end(np.stack(views))))}
    called = {text: DRAWN[label] for label, texts in UI_CONCEPTS.items() for text in texts}
    texts = {
        text_ids([text]).tobytes(): NAMES.index(name)
        for text, name in [*zip(NAMES, NAMES, strict=True), *called.items()]
    }
    one_hot = np.eye(len(NAMES), dtype=np.float32)

    def picture(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = one_hot[[pictures[each] for each in seen(planes)]]
        return found, found

    return Towers(picture, lambda ids: one_hot[[texts[row.tobytes()] for row in ids]])


def blind(icons: Icons) -> Towers:
    """Sees something else in each picture."""

    def picture(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = np.random.default_rng(1).normal(size=(len(planes), len(NAMES))).astype(np.float32)
        return found, found

    return Towers(picture, knowing(icons).text)


def test_a_perfect_model_gets_every_figure(icons: Icons) -> None:
    recall, concepts = recall_at_1_of_100(knowing(icons), icons), ui_concepts_top1(knowing(icons), icons)
    assert (recall.scores, recall.queries) == ({"demo": 1.0}, {"demo": 130})
    assert (concepts.scores, concepts.queries) == ({"demo": 1.0}, {"demo": 30})


def test_a_blind_model_gets_chance(icons: Icons) -> None:
    assert recall_at_1_of_100(blind(icons), icons).mean < 0.06
    assert ui_concepts_top1(blind(icons), icons).mean < 0.2


def test_a_set_with_fewer_names_than_the_question_needs_is_not_asked(icons: Icons) -> None:
    few = Icons(icons.pictures[:40], icons.boxes[:40], icons.sets[:40], icons.names[:40], icons.other_names[:40])
    assert recall_at_1_of_100(knowing(icons), few) == SetScores({}, {})


def test_each_concept_is_one_drawing_of_the_set(icons: Icons) -> None:
    found = concept_icons(icons, "demo")
    assert sorted(found) == sorted(UI_CONCEPTS)
    assert len(set(found.values())) == 30
    assert concept_icons(icons, "other") == {}


def test_the_card_tells_figures_data_and_command() -> None:
    scores = SetScores({"ri": 0.5, "bi": 0.25}, {"ri": 200, "bi": 100})
    card = model_card(Figures(1000, scores, scores, scores, scores, 0.9, 0.91, 0.8, 0.81), {"int8_cosine_text": 0.999})
    assert "| ri | 50.0 | 50.0 | 200 |" in card
    assert "| **mean** | 37.5 |" in card
    assert "- text: 0.99900" in card
    assert "80.0 % (int8: 81.0 %)" in card
    assert "python -m encore_models.training.train_ui_clip" in card
    assert "1,000" in card
