"""From words and likelihoods to a command, or to the reason for none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from encore_agent.decide import Enrolled
from encore_agent.messages import Accepted, Asked, Rejected
from encore_agent.understand import Heard, Understander
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.expected import UNEXPECTED, Expected
from encore_models.perception.prints import VoicePrint
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Encoded, Transcript
from encore_models.phrases import best_match, words_of
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect

NOTHING = np.zeros(1, np.float32)
ENCODED = Encoded(NOTHING, NOTHING, NOTHING, 1.0)
SILENCE = Encoded(NOTHING, NOTHING, NOTHING, 2.0)
UTTERANCE = Utterance(np.zeros(16_000, np.float32), 0, 1_000_000_000)
LIKELY, UNLIKELY, SILENT = -0.1, -6.0, -4.0
WORDS = 400


class FakeHearing:
    """Writes one sentence, and knows by the sound what was really said; texts are as unlikely as it is told.

    After some slips, words that were not said, it goes on with what was.
    """

    endings = (0,)
    silence = SILENCE

    def __init__(
        self,
        text: str,
        totals: dict[str, float] | None = None,
        otherwise: float = -30.0,
        each: float = -0.2,
        said: str = "",
        slips: int = 0,
        unlikely: float = UNLIKELY,
    ) -> None:
        self.text = text
        self.slips = slips
        self.unlikely = unlikely
        self.totals = totals or {}
        self.otherwise = otherwise
        self.each = each
        self.said = words_of(said or text)
        self.vocabulary: dict[str, int] = {}
        self.transcribed = 0

    def encode(self, samples: np.ndarray) -> Encoded:
        return ENCODED

    def hear(
        self, samples: np.ndarray, encoded: Encoded | None = None, expected: Expected = UNEXPECTED
    ) -> tuple[Encoded, Transcript]:
        self.transcribed += 1
        return ENCODED, Transcript(self.text, self.each, 10)

    def transcribe(self, encoded: Encoded, prefix: str) -> Transcript:
        led = next((text for text in self.totals if text.startswith(prefix)), "")
        return Transcript(led, self.totals.get(led, self.otherwise) / 10, 10)

    def tokens(self, text: str) -> list[int]:
        if text.lower() in ("playbird", "playfast"):
            return [1, 2]
        return [self.vocabulary.setdefault(word, 1 + len(self.vocabulary)) for word in words_of(text)]

    def token_logprobs(self, encoded: Encoded, texts: Sequence[str]) -> list[np.ndarray]:
        heard = words_of(self.text)
        rows = []
        for text in texts:
            words = words_of(text)
            begins = heard[: len(words)] == words or self.said[: len(words)] == words
            total = self.totals.get(text, -1.0 if words == heard or begins else self.otherwise)
            rows.append(np.array([total, 0.0], np.float32))
        return rows

    def follow(self, encoded: Encoded, tokens: np.ndarray, past: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The past holds the tokens themselves: [1, B, 1, P, 1]."""
        new = tokens.astype(np.float32)[None, :, None, :, None]
        whole = new if past is None else np.concatenate([past, new], axis=3)
        count = max(1, tokens.shape[1])
        logs = np.full((len(tokens), count, WORDS), SILENT if encoded is SILENCE else self.unlikely, np.float32)
        if encoded is not SILENCE:
            said = [self.vocabulary.get(word, -1) for word in self.said]
            for row, prefix in enumerate(whole[0, :, 0, :, 0].astype(int).tolist()):
                for place in range(count):
                    size = len(prefix) - count + 1 + place if prefix else 0
                    slips = sum(one != other for one, other in zip(said, prefix[:size], strict=False))
                    if slips <= self.slips and size <= len(said):
                        logs[row, place, said[size] if size < len(said) else 0] = LIKELY
        return logs, whole


def macro(macro_id: str, *phrases: str, values: tuple[str, ...] = ()) -> Macro:
    slots = tuple(Slot(name, values) for name in dict.fromkeys(s for p in phrases for s in Phrase(p).slots))
    step = Step(TypeText("x"), WindowIdentity("p", "P", Rect(0, 0, 1, 1)), "a.png")
    return Macro(macro_id, macro_id, tuple(map(Phrase, phrases)), slots, (step,), "2026", "d")


PLAY = macro("play-song", "play {song}", "put on {song}")
NEXT = macro("next", "next track", "play next")


def understand(
    text: str, macros: Sequence[Macro] = (PLAY, NEXT), totals: dict[str, float] | None = None, said: str = ""
) -> Accepted | Asked | Rejected:
    return Understander(FakeHearing(text, totals, said=said), macros).understand(UTTERANCE)[0]


@pytest.mark.parametrize(
    ("text", "macro_id", "slots"),
    [
        ("Play Yesterday.", "play-song", {"song": "yesterday"}),
        ("Can you play Hey Jude, please?", "play-song", {"song": "hey jude"}),
        ("Put on the Blue Moon.", "play-song", {"song": "the blue moon"}),
        ("Next track!", "next", {}),
        ("Play next.", "next", {}),
        ("Play please please me", "play-song", {"song": "please please me"}),
    ],
)
def test_a_phrase_fires_its_macro(text: str, macro_id: str, slots: dict[str, str]) -> None:
    outcome = understand(text)
    assert isinstance(outcome, Accepted), outcome
    assert outcome.command.macro_id == macro_id
    assert outcome.command.slots == slots


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no words"),
        ("...", "no words"),
        ("What a lovely day", "no command"),
        ("Play", "no command"),
        ("I think we should play outside", "no command"),
        ("The next trick is the best", "no command"),
    ],
)
def test_other_speech_fires_nothing_and_says_why(text: str, reason: str) -> None:
    outcome = understand(text)
    assert isinstance(outcome, Rejected)
    assert reason in outcome.reason


def test_without_macros_it_says_what_to_do() -> None:
    outcome = understand("Play Yesterday.", [])
    assert isinstance(outcome, Rejected)
    assert "record one" in outcome.reason


def test_two_macros_with_one_phrase_are_asked_about() -> None:
    outcome = understand("Play Yesterday.", [PLAY, macro("radio", "play {station}")])
    assert isinstance(outcome, Asked)
    assert outcome.reason == "it could be “play {song}” or “play {station}”"
    assert [command.macro_id for command in outcome.commands] == ["play-song", "radio"]


def test_words_that_the_decoder_does_not_believe_fire_nothing() -> None:
    hearing = FakeHearing("Play Yesterday.", {"Play yesterday.": -20.0}, each=-5.0)
    outcome, _ = Understander(hearing, [PLAY]).understand(UTTERANCE)
    assert isinstance(outcome, Rejected)
    assert "did not sound like" in outcome.reason


def test_the_phrase_word_by_word_fires_however_its_letters_are_written() -> None:
    assert isinstance(understand("Play Levitating", totals={"Play levitating.": -9.0}), Accepted)


@pytest.mark.parametrize("text", ["Clay is used for pots.", "Lay the table.", "Pay the bills."])
def test_a_rhyme_of_a_short_verb_is_at_most_asked_about(text: str) -> None:
    spoken = f"Play {text.partition(' ')[2]}"
    likely = understand(text, totals={spoken: -1.0, spoken.lower().capitalize(): -1.0, "Play": -1.0})
    assert not isinstance(likely, Accepted)
    held, _ = Understander(FakeHearing(text, {spoken: -1.0}), [PLAY]).understand(UTTERANCE, hands_free=False)
    assert isinstance(held, Accepted), "nobody holds the key by chance"


def test_a_long_phrase_fires_though_one_letter_is_not_heard() -> None:
    outcome = understand("Open playlists jazz.", [macro("list", "open playlist {name}")], {"Open playlist jazz.": -1.0})
    assert isinstance(outcome, Accepted)
    assert outcome.command.slots == {"name": "jazz"}


def test_a_near_phrase_that_is_much_less_likely_fires_nothing() -> None:
    outcome = understand("Next crack", [NEXT], {"Next track.": -9.0})
    assert isinstance(outcome, Rejected)


def test_a_first_word_that_grew_together_with_the_title_is_taken_apart() -> None:
    for total, accepted in ((-3.0, True), (-17.0, False)):
        outcome = understand("Playfast car", totals={"Play fast car.": total, "Play": -0.5})
        assert isinstance(outcome, Accepted) == accepted, outcome
        if isinstance(outcome, Accepted):
            assert outcome.command.slots == {"song": "fast car"}


def test_a_real_word_that_begins_like_a_command_is_not_taken_apart() -> None:
    for text, accepted in (("Playback", False), ("Playbird", True)):
        hearing = FakeHearing(text, {"Play back.": -1.5, "Play bird.": -1.5, "Play": -0.5})
        outcome, _ = Understander(hearing, [PLAY]).understand(UTTERANCE)
        assert isinstance(outcome, Accepted) == accepted, outcome


def heard(text: str, said: str, slips: int = 0) -> tuple[Understander, Heard]:
    understander = Understander(FakeHearing(text, said=said, slips=slips), [PLAY])
    outcome, heard = understander.understand(UTTERANCE)
    assert isinstance(outcome, Accepted)
    return understander, heard


def test_the_same_words_on_the_screen_are_chosen() -> None:
    understander, said = heard("Play yesterday.", "")
    assert understander.choose_value(said, "song", ["Yesterday Once More", "Yesterday"]) == "Yesterday"


@pytest.mark.parametrize("title", ["Yesterday", "Yesterday Once More"])
def test_a_misheard_title_is_chosen_by_its_sound(title: str) -> None:
    understander, said = heard("Play yes today.", f"Play {title}.")
    assert understander.choose_value(said, "song", ["Yesterday Once More", "Yesterday"]) == title


def test_what_was_not_said_is_not_chosen() -> None:
    understander, said = heard("Play path ties.", "Play path ties")
    assert understander.choose_value(said, "song", ["Time", "Stairway to Heaven"]) is None


def test_a_text_that_shares_only_its_other_words_is_not_chosen() -> None:
    understander, said = heard("Play the hard end of fire.", "Play The Heart and the Fire in the Night", slips=1)
    shown = ["The Shadow and the Fire in the Night", "Time"]
    assert understander.choose_value(said, "song", shown) is None
    assert understander.choose_value(said, "song", [*shown, title := "The Heart and the Fire in the Night"]) == title


def test_what_is_only_the_beginning_of_what_was_said_is_not_chosen() -> None:
    understander, whole = heard("Play yesterday once more.", "Play yesterday.")
    assert understander.choose_value(whole, "song", ["Yesterday", "Tomorrow"]) is None
    assert understander.choose_value(whole, "song", ["Yesterday", "Yesterday Once More"]) == "Yesterday Once More"


def test_two_that_sound_the_same_are_not_guessed_between() -> None:
    understander, said = heard("Play the rain.", "Play rain")
    assert understander.choose_value(said, "song", ["Rain (Live)", "Rain (Studio)"]) is None


KNOWN = macro("play-song", "play {song}", values=("Stairway to Heaven", "Time", "Blue Moon"))


def test_a_known_value_corrects_what_was_heard() -> None:
    outcome = understand("Play blew moan.", [KNOWN], said="Play Blue Moon")
    assert isinstance(outcome, Accepted)
    assert outcome.command.slots == {"song": "Blue Moon"}


def test_what_is_not_known_stays_as_it_was_heard() -> None:
    outcome = understand("Play Yellow.", [KNOWN])
    assert isinstance(outcome, Accepted)
    assert outcome.command.slots == {"song": "yellow"}


def asked_for_the_fire(
    values: tuple[str, ...], unlikely: float, text: str = "Play the heart and the fire."
) -> Accepted | Asked | Rejected:
    """Where another title is known that differs in one word, which is as unlikely as it is told, -2 by heart."""
    hearing = FakeHearing(text, said="Play the heart and the fire.", slips=1, unlikely=unlikely)
    known = macro("play-song", "play {song}", values=values)
    return Understander(hearing, [known]).understand(UTTERANCE)[0]


def test_another_title_that_was_played_before_is_not_taken_for_what_was_said() -> None:
    played = ("The Heart and the Shadow", "Time")
    near, doubtful, other = (asked_for_the_fire(played, unlikely) for unlikely in (-2.5, -5.0, -7.0))
    assert isinstance(near, Accepted)
    assert near.command.slots == {"song": "The Heart and the Shadow"}
    assert isinstance(doubtful, Asked)
    assert [one.slots["song"] for one in doubtful.commands][:2] == [
        "The Heart and the Shadow",
        "the heart and the fire",
    ]
    assert isinstance(other, Accepted)
    assert other.command.slots == {"song": "the heart and the fire"}


def test_another_title_of_a_list_is_asked_about_and_not_one_that_was_misheard() -> None:
    listed = ("The Heart and the Shadow", *(f"Song {number}" for number in range(30)))
    near, doubtful, other = (asked_for_the_fire(listed, unlikely) for unlikely in (-2.5, -5.0, -7.0))
    misheard = asked_for_the_fire(listed, -5.0, "Play the hard end of fire.")
    for outcome in (near, misheard):
        assert isinstance(outcome, Accepted)
        assert outcome.command.slots == {"song": "The Heart and the Shadow"}
    for outcome in (doubtful, other):
        assert isinstance(outcome, Asked)
        assert outcome.commands[0].slots == {"song": "The Heart and the Shadow"}
        assert outcome.commands[-1].slots == {"song": "the heart and the fire"}


def test_the_beginning_of_what_was_said_is_asked_about_where_the_sound_is_no_more() -> None:
    known = macro("play-song", "play {song}", values=("The Heart and the Fire", "Time"))
    text = "Play the heart and the fire in the night."
    whole, _ = Understander(FakeHearing(text, unlikely=-4.0), [known]).understand(UTTERANCE)
    assert isinstance(whole, Accepted)
    assert whole.command.slots == {"song": "the heart and the fire in the night"}
    asked = understand(text, [known], said="Play the heart and the fire")
    assert isinstance(asked, Asked)
    assert asked.commands[0].slots == {"song": "The Heart and the Fire"}


def test_a_known_value_is_heard_though_the_phrase_is_not() -> None:
    outcome = understand("Place the way to heaven.", [KNOWN, NEXT], said="Play Stairway to Heaven")
    assert isinstance(outcome, Accepted)
    assert outcome.command.slots == {"song": "Stairway to Heaven"}
    assert outcome.text == "Place the way to heaven."
    assert outcome.evidence.path == "values"
    assert outcome.evidence.value is not None


def test_the_artist_may_be_said_after_the_title() -> None:
    for text in ("Play Blue Moon by the Marcels.", "Play blew moan by the marbles."):
        outcome = understand(text, [KNOWN], said="Play Blue Moon by the Marcels")
        assert isinstance(outcome, Accepted)
        assert outcome.command.slots == {"song": "Blue Moon"}


def test_a_number_is_the_same_in_words() -> None:
    known = macro("play-song", "play {song}", values=("Track 21", "Track 22"))
    outcome = understand("Play track twenty-one.", [known])
    assert isinstance(outcome, Accepted)
    assert outcome.command.slots == {"song": "Track 21"}


def test_what_is_not_in_a_long_list_is_asked_about() -> None:
    listed = macro("play-song", "play {song}", values=tuple(f"Song {number}" for number in range(30)))
    outcome = understand("Play Yellow.", [listed])
    assert isinstance(outcome, Asked)
    assert outcome.commands[-1].slots == {"song": "yellow"}
    assert isinstance(understand("Lay the table.", [listed], said="Lay the table"), Rejected)


def test_a_title_is_found_after_a_filler_that_was_misheard() -> None:
    outcome = understand("Umber flay blew moan.", [KNOWN], said="Um play Blue Moon")
    assert isinstance(outcome, Accepted)
    assert outcome.command.slots == {"song": "Blue Moon"}


def test_a_known_title_alone_is_asked_about() -> None:
    listed = macro("play-song", "play {song}", values=("Two Thousand Light Years from Home", "Time"))
    outcome = understand("2000 light years from home.", [listed])
    assert isinstance(outcome, Asked)
    assert outcome.commands[0].slots == {"song": "Two Thousand Light Years from Home"}
    assert isinstance(understand("Time.", [listed]), Rejected)


@pytest.mark.parametrize(
    ("text", "another"), [("Share this file.", True), ("Share this tile.", False), ("This file", False)]
)
def test_just_one_other_word_is_noted(text: str, another: bool) -> None:
    outcome = understand(text, [macro("save", "save this file")])
    assert not isinstance(outcome, Accepted)
    assert outcome.evidence.another_word == another


def test_a_phrase_that_was_misheard_fires_by_its_sound() -> None:
    shuffle = macro("shuffle", "play this in another row")
    misheard = FakeHearing("They miss in when the mortar.", said="Play this in another row", each=-1.2)
    outcome = Understander(misheard, [shuffle, NEXT]).understand(UTTERANCE)[0]
    assert isinstance(outcome, Accepted)
    assert outcome.command.macro_id == "shuffle"
    assert isinstance(understand("They miss the mortar.", [shuffle, NEXT]), Rejected)


class FakePrinter:
    def printed(self, encoded: Encoded) -> VoicePrint:
        return printed(1.0)


def printed(angle: float) -> VoicePrint:
    """Like another one as far as the angles are near."""
    along = np.array([np.cos(angle), np.sin(angle)], np.float32)
    return VoicePrint(np.tile(along, (20, 1)), along, 0.8, np.tile(along, (20, 1)))


def test_a_print_and_its_phrase_fire_without_a_transcript() -> None:
    known = {"next": Enrolled((printed(1.0),)), "pause": Enrolled((printed(2.5),))}
    pause = macro("pause", "pause the music")
    for sound, accepted in (("Next track", True), ("Foxtrot", False)):
        hearing = FakeHearing("Foxtrot", said=sound)
        understander = Understander(hearing, [NEXT, pause], enrolled=known.__getitem__, printer=FakePrinter())
        outcome, said = understander.understand(UTTERANCE)
        assert isinstance(outcome, Accepted) == accepted, outcome
        assert hearing.transcribed == (0 if accepted else 1)
        assert said.print is not None
        if isinstance(outcome, Accepted):
            assert outcome.command.macro_id == "next"
            assert outcome.evidence.likeness is not None
            assert outcome.evidence.path == "voice"


def test_what_cannot_be_undone_is_asked_about() -> None:
    outcome = understand("Delete this picture.", [macro("delete", "delete this picture")])
    assert isinstance(outcome, Asked)


def test_a_slot_between_words_takes_what_is_between() -> None:
    match = best_match(Phrase("play {song} on {device}"), "play on the road on the kitchen speaker")
    assert match is not None
    assert match.likeness == 100
    assert set(match.slots) == {"song", "device"}
