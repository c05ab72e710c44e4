"""Speech in the space of texts: both ways find the text of an utterance that was not trained on."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

MISSING = [name for name in ("torch", "accelerate") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.training.action.align import Aligning, SpeechHead, align, contrast, padded, recall
from encore_models.training.action.errors import TrainingDiverged

WORDS, FRAME, TEXT = 12, 16, 8


def spoken(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:  # type: ignore[type-arg]
    """Each text is one word of twelve, said in noise for some frames."""
    rng = np.random.default_rng(0)
    sounds, meanings = rng.normal(size=(WORDS, FRAME)), rng.normal(size=(WORDS, TEXT))
    rng = np.random.default_rng(seed)
    words = np.arange(count) % WORDS
    frames = [sounds[w] + rng.normal(size=(int(rng.integers(4, 9)), FRAME)) * 0.5 for w in words]
    return [one.astype(np.float16) for one in frames], meanings[words].astype(np.float32)


@pytest.mark.parametrize("way", ["clap", "sonar"])
def test_an_utterance_finds_its_text(way: str) -> None:
    torch.set_num_threads(1)
    how = Aligning(way=way, steps=80, batch=32, width=32)  # type: ignore[arg-type]
    utterances, texts = spoken(96, seed=1)
    held, meant = spoken(WORDS, seed=2)
    torch.manual_seed(1)
    assert recall(SpeechHead(FRAME, TEXT, 32).eval(), held, meant) < 0.5
    head = align(utterances, texts, how)
    assert recall(head, held, meant) > 0.9
    assert recall(head, held, meant, of=WORDS) == 1


def test_vectors_are_of_unit_length_and_padding_changes_nothing() -> None:
    torch.manual_seed(1)
    head = SpeechHead(FRAME, TEXT, 32).eval()
    utterances, _ = spoken(3, seed=3)
    together = head(*padded(utterances))
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(together[0], head(*padded(utterances[:1]))[0], atol=1e-3, rtol=1e-3)


def test_the_same_text_twice_is_no_contrast() -> None:
    text = torch.nn.functional.normalize(torch.randn(1, TEXT), dim=1).expand(2, TEXT)
    assert float(contrast(text, text, torch.tensor(2.0))) == pytest.approx(np.log(2), abs=1e-4)


def test_what_does_not_go_together_is_refused() -> None:
    utterances, texts = spoken(4, seed=1)
    with pytest.raises(ValueError, match="4 utterances and 3 texts"):
        align(utterances, texts[:3])
    with pytest.raises(TrainingDiverged):
        align(utterances, texts * np.nan, Aligning(steps=2))
