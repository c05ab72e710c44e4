"""What the words of an utterance can mean: macros with slot values, and what speaks for each.

Where the transcript is a phrase word by word and its value is known, or nothing is known, that is all. Otherwise the
decoder is led: along all phrases without slots, and from the first words of those with slots along the values that are
known, or freely where none are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from encore_agent.led import Led
from encore_agent.meaning import Meaning, UnderstandingOptions, as_sentence, listed, quoted
from encore_agent.messages import Evidence
from encore_agent.values import Chosen, Heard, Hearing, Values, letters_of
from encore_models.macro import SLOT_PATTERN, Macro, Phrase
from encore_models.phrases import Match, best_match, words_of

WORD_BY_WORD = 100.0
"""Percent."""
IN_DOUBT = "the words before it were not heard clearly"
NOT_LISTED = "it is none of the values that are known"


class Meanings:
    """Finds what words can mean. For one thread at a time."""

    def __init__(self, hearing: Hearing, options: UnderstandingOptions) -> None:
        """There are no macros yet.

        Args:
            hearing: The voice model.
            options: How sure to be.
        """
        self.values = Values(hearing, options.values)
        self.led = Led(hearing, options, self.values)
        self._hearing = hearing
        self._options = options
        self.use(())

    def use(self, macros: Iterable[Macro]) -> None:
        """These are the macros from now on."""
        self._macros = list(macros)
        self.led.use(self._macros)

    def of(self, heard: Heard, sounding: Collection[str] = ()) -> list[Meaning]:
        """What the utterance can mean, likeliest first.

        Args:
            heard: With its transcript.
            sounding: Ids of macros that it sounds like; their phrases are followed however they begin.
        """
        ranked = self._ranked(heard.transcript.text)
        said = [(macro, match) for macro, match in ranked if match.likeness >= self._options.near_words]
        # A phrase without slots that is only near is better judged where the decoder is led along it.
        said = [pair for pair in said if pair[1].phrase.slots or pair[1].likeness >= WORD_BY_WORD]
        said = said[: self._options.weighed]
        meanings = list(self._weighed(heard, said))
        if said and said[0][1].likeness >= WORD_BY_WORD and not any(meaning.doubt for meaning in meanings[:1]):
            return meanings
        led = list(self.led.slots(heard))
        sure = self._options.values.accept
        if not any(not meaning.doubt and (meaning.evidence.value or 0.0) >= sure for meaning in led):
            led += self.led.whole(heard, sounding)
        return meanings + led

    def rivals(self, one: Meaning, other: Meaning) -> bool:
        """Whether the other is as good by its words; one with more words in its slots is less specific, so it is not.

        What is decided by a known value has no rival that is not; what is decided by its sound only its namesakes.
        """
        if one.macro.id == other.macro.id or one.evidence.path != other.evidence.path:
            return False
        if one.evidence.losses is not None:
            return words_of(one.match.phrase.text) == words_of(other.match.phrase.text)
        if one.evidence.path == "values":
            return (other.evidence.value or 0.0) > (one.evidence.value or 0.0) - self._options.values.margin
        as_specific = len("".join(other.match.slots.values())) <= len("".join(one.match.slots.values()))
        return as_specific and other.match.likeness > one.match.likeness - self._options.clear

    def _ranked(self, text: str) -> list[tuple[Macro, Match]]:
        """Each macro with its best phrase, best first."""
        ranked = []
        for macro in self._macros:
            matches = [match for phrase in macro.phrases if (match := best_match(phrase, text)) is not None]
            if matches:
                ranked.append((macro, max(matches, key=lambda match: match.likeness)))
        # Of equal likeness the phrase with more words of its own is meant: "play next" before "play {song}".
        return sorted(ranked, key=lambda pair: (pair[1].likeness, -len("".join(pair[1].slots.values()))), reverse=True)

    def _weighed(self, heard: Heard, said: Sequence[tuple[Macro, Match]]) -> Iterator[Meaning]:
        """What the transcript says, with known values in the slots, each scored under the decoder."""
        if not said:
            return
        own = heard.transcript.mean_logprob
        # As it was transcribed where that is the phrase word by word: only its capitals may differ.
        exactly = [match.likeness >= WORD_BY_WORD for _, match in said]
        if all(exactly) and own >= self._options.surely:
            scores = [own] * len(said)
        else:
            told = self._hearing.token_logprobs(heard.encoded, [match.spoken({}) for _, match in said])
            scores = [float(row.mean()) for row in told]
        for (macro, match), exact, score in zip(said, exactly, scores, strict=True):
            log_p = max(score, own) if exact else score
            evidence = Evidence(words=match.likeness, log_p=log_p, transcript_log_p=own, path="words")
            doubt = ""
            if self._easily_rhymed(match.phrase) and (not exact or listed(macro, match.phrase, self._options)):
                doubt = NOT_LISTED if exact else IN_DOUBT
            meaning = self._filled(heard, Meaning(macro, match, evidence, doubt=doubt), exact)
            if exact or not meaning.doubt or not listed(macro, match.phrase, self._options):
                yield meaning

    def _easily_rhymed(self, phrase: Phrase) -> bool:
        return bool(phrase.slots) and len(letters_of(SLOT_PATTERN.sub("", phrase.text))) <= self._options.short_letters

    def _filled(self, heard: Heard, meaning: Meaning, searched: bool) -> Meaning:
        """With the known values that were said in its slots; free text stays where none was.

        Those that are not written as they were heard are searched in the sound if that is not done later anyway.
        """
        values = self.values
        for slot in meaning.match.slots:
            before, said, after = meaning.match.around(slot)
            texts = meaning.macro.slot(slot).known
            if not texts:
                continue
            known = values.known(texts, as_sentence(meaning.macro.phrases[0].text.partition("{")[0].strip()))
            value = known.written(said)
            chosen: list[Chosen] = []
            complete = len(meaning.macro.slot(slot).values) >= self._options.listed
            if value is None and searched:
                chosen = known.said(heard.encoded, before, said, after)
                value = chosen[0].value if values.clear(chosen, complete, after_words=True) else None
            if value is not None:
                meaning = _with_value(meaning, slot, value)
                continue
            # From a long list the likeliest is offered first, however unlikely it is; then what was heard.
            near = tuple(one.value for one in chosen[:2] if complete or self._worth_asking(heard, one))
            if near:
                near = (*near, said)
                meaning = replace(meaning, others=near, doubt=f"it could be {quoted(near)}")
        return meaning

    def _worth_asking(self, heard: Heard, one: Chosen) -> bool:
        """Whether a value may be what was said, though that need not be any of those that are known."""
        plain = heard.transcript.mean_logprob >= self._options.surely
        return one.sure >= self._options.values.ask and not (plain and one.losses < -self._options.values.against)


def _with_value(meaning: Meaning, slot: str, value: str) -> Meaning:
    """With a known value in the slot, which is no longer in doubt and may stand for the words before it."""
    match = replace(meaning.match, slots=meaning.match.slots | {slot: value})
    return replace(meaning, match=match, others=(), doubt="")
