"""Finding known texts in sound, on a decoder that is made up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from encore_models.perception import guided
from encore_models.perception.guided import Guide, GuideOptions
from encore_models.perception.voice import Encoded

NOTHING = np.zeros(1, np.float32)
SILENCE = Encoded(NOTHING, NOTHING, NOTHING, 2.0)
SOUND = Encoded(NOTHING, NOTHING, NOTHING, 1.0)
LETTERS = " abcdefghijklmnopqrstuvwxyz"


class Decoder:
    """Letters are tokens, as likely as their place in the sound makes them; one text it knows by heart."""

    endings = (0,)
    silence = SILENCE

    def __init__(self, sound: Sequence[dict[str, float]], by_heart: str = "") -> None:
        self.sound = sound
        self.by_heart = by_heart
        self.rows = 0
        self.silent = 0

    def tokens(self, text: str) -> list[int]:
        return [LETTERS.index(letter) for letter in text or " "]  # as Whisper, which writes a blank before everything

    def follow(self, encoded: Encoded, tokens: np.ndarray, past: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        new = tokens.astype(np.float32)[None, :, None, :, None]
        whole = new if past is None else np.concatenate([past, new], axis=3)
        self.rows += len(tokens)
        self.silent += len(tokens) * (encoded is SILENCE)
        known = whole.shape[3] - new.shape[3]
        rows = whole[0, :, 0, :, 0].astype(int).tolist()
        return np.array(
            [
                [self.after(encoded, row[: known + n + 1]) for n in range(new.shape[3])] or [self.after(encoded, row)]
                for row in rows
            ]
        ), whole

    def after(self, encoded: Encoded, prefix: list[int]) -> np.ndarray:
        logs = np.full(len(LETTERS), -5.0, np.float32)
        said = "".join(LETTERS[token] for token in prefix)
        if self.by_heart.startswith(said) and len(said) < len(self.by_heart):
            logs[LETTERS.index(self.by_heart[len(said)])] = -1.0
        if encoded is SOUND:
            here = self.sound[len(said)] if len(said) < len(self.sound) else {" ": -0.1}
            for letter, log_p in here.items():
                logs[LETTERS.index(letter)] = max(log_p, float(logs[LETTERS.index(letter)]))
        return logs


def spelt(decoder: Decoder, texts: Sequence[str], options: GuideOptions | None = None) -> list[str]:
    guide = Guide(decoder, [[text] for text in texts], options=options)
    return [texts[one.index] for one in guide.spell(SOUND, "")]


def test_the_text_that_fits_is_found_among_many() -> None:
    decoder = Decoder([{"c": -0.1}, {"a": -0.2}, {"t": -0.1}])
    texts = ["dog", "cat", "car", "cart", "cats", "bat", *("z" * n for n in range(1, 40))]
    assert spelt(decoder, texts)[0] == "cat"


def test_a_text_of_which_one_token_is_another_one_is_regretted() -> None:
    decoder = Decoder([{"c": -0.1}, {"a": -0.2}, {"t": -0.1, "r": -3.1}])
    found = {one.index: one.regret for one in Guide(decoder, [["cat"], ["car"]]).spell(SOUND, "", kept=[0, 1])}
    assert found == {0: 0.0, 1: pytest.approx(3.0)}


def test_what_one_token_loses_no_other_makes_good() -> None:
    decoder = Decoder([{"c": -0.1}, {"a": -0.2}, {"t": -0.1, "r": -4.5}])
    found = {one.index: one for one in Guide(decoder, [["cat"], ["car"]]).spell(SOUND, "", kept=[0, 1])}
    assert found[0].losses == pytest.approx(-0.1)  # of the end, which has no log p in silence taken off
    assert found[1].losses == pytest.approx(found[0].losses - 2.0)
    assert found[1].gain > 0.0


def test_what_the_decoder_knows_by_heart_does_not_win_by_that() -> None:
    sound = [{"b": -2.0, "c": -2.5}, {"a": -1.0, "o": -1.0}, {"t": -0.5, "w": -0.9}]
    decoder = Decoder(sound, by_heart="bow")
    assert spelt(decoder, ["bow", "cat"], GuideOptions(known_by_heart=0.0))[0] == "bow"
    assert spelt(decoder, ["bow", "cat"], GuideOptions(known_by_heart=0.9))[0] == "cat"


def test_a_text_is_followed_to_its_end_if_it_has_to_be() -> None:
    decoder = Decoder([{"x": -0.1}, {"a": -0.1}, {"t": -0.1}])
    guide = Guide(decoder, [["xat"], ["hat"]], options=GuideOptions(prune=1.0))
    assert [one.index for one in guide.spell(SOUND, "")] == [0]
    assert [one.index for one in guide.spell(SOUND, "", kept=[1])] == [0, 1]


def test_silence_is_asked_only_once() -> None:
    decoder = Decoder([{"c": -0.1}, {"a": -0.1}, {"t": -0.1}])
    guide = Guide(decoder, [["cat"], ["cab"]])
    first = guide.spell(SOUND, "")
    after_first = decoder.rows
    assert guide.spell(SOUND, "") == first
    assert decoder.rows - after_first < after_first


def test_each_way_to_write_a_text_counts() -> None:
    decoder = Decoder([{"c": -0.1}, {"a": -0.1}, {"t": -0.1}])
    found = Guide(decoder, [["kitten", "cat"], ["dog"]]).spell(SOUND, "")
    assert found[0].index == 0
    assert found[0].log_p == pytest.approx(-0.4)


def test_no_texts_are_no_answer() -> None:
    assert Guide(Decoder([]), []).spell(SOUND, "") == []


def test_what_was_computed_ahead_is_not_computed_again_and_changes_nothing() -> None:
    sound = [{"c": -0.1}, {"a": -0.2}, {"t": -0.1}]
    texts = ["dog", "cat", "car", "cart", "cats", "bat"]
    late, early = (Decoder(sound, "car") for _ in range(2))
    guides = [Guide(decoder, [[text] for text in texts]) for decoder in (late, early)]
    guides[1].prepare()
    asked = early.rows
    found = [guide.spell(SOUND, "", kept=[0]) for guide in guides]
    assert found[0] == found[1]
    assert found[1][0].index == 1
    guides[1].prepare()
    assert early.silent == asked, "only what was heard was looked at since"


def test_work_ahead_ends_when_it_is_dropped() -> None:
    decoder = Decoder([])
    asked = iter([False, False, True])
    Guide(decoder, [[letter * 3] for letter in "abcdefghijklmnop"]).prepare(lambda: next(asked))
    assert decoder.rows == 1 + 2 * guided.AHEAD, "the beginning, and two passes"


@pytest.mark.parametrize(
    "texts", [["abcdefgh", "abxyz"], ["abc", "abcd", "b"], [f"{a}{b}" * 4 for a in "abc" for b in "def"]]
)
def test_looking_at_several_tokens_at_once_finds_the_same(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    sound = [{letter: -0.3 * place} for place, letter in enumerate("abcdefgh")]
    found = []
    for most in (0, 32):
        monkeypatch.setattr(guided, "AT_ONCE", most)
        found.append(Guide(Decoder(sound), [[text] for text in texts]).spell(SOUND, "", kept=range(len(texts))))
    assert found[0] == found[1]
    assert {one.index for one in found[0]} == set(range(len(texts)))
