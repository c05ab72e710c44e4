"""What the words of an utterance can mean: macros with slot values, and what speaks for each.

Where the transcript is a phrase word by word and its value is known, or nothing is known, that is all. Otherwise the
decoder is led: along all phrases without slots, and from the first words of those with slots along the values that are
known, or freely where none are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rapidfuzz import fuzz, process

from encore_agent.decide import fitting
from encore_agent.messages import Evidence
from encore_agent.values import Chosen, Heard, Hearing, ValueOptions, Values, letters_of
from encore_models.macro import SLOT_PATTERN, Macro, Phrase
from encore_models.perception.guided import Guide, Spelt
from encore_models.perception.voice import Encoded, Transcript
from encore_models.phrases import FILLERS, Match, best_match, words_of

WORD_BY_WORD = 100.0
"""Percent."""
IN_DOUBT = "the words before it were not heard clearly"
NAMED_ALONE = "only its name was said"
NAMED = 0.5
"""Sureness of a value of which only the name was said: it is asked about."""
UNASKED = 0.01
"""Below what would be asked about: only told as the nearest."""
SCORED = 4
"""Phrases of one macro that are followed for its voice print, and wordings."""
GUIDES = 64
"""Lists of texts that are kept ready."""
NOT_LISTED = "it is none of the values that are known"


@dataclass(frozen=True, slots=True)
class UnderstandingOptions:
    """How sure Encore wants to be. Log p are natural logarithms, of all tokens together where nothing else is said."""

    clear: float = 5.0
    """Percent of likeness between the words of the best macro and those of the next one."""
    near_words: float = 70.0
    """Percent from which words may be a phrase."""
    floor: float = -2.5
    """Mean log p a token of a transcript below which nobody said it."""
    surely: float = -1.0
    """Mean log p a token from which what was transcribed is not scored once more."""
    weighed: int = 3
    """Macros that are weighed by their words."""
    led_head: float = 9.0
    """How unlikely the first words of a phrase may be for a value that is known to be looked for after them: noise
    makes "place" or "may" of "play"."""
    led_value: float = 14.0
    """How much less likely than the transcript all of it may then be."""
    led_behind: float = 5.0
    """How unlikely the first words may be, and how much less likely than the transcript all of it, for other words to
    be heard in their light. Speech that asks for nothing is 6 to 27 behind, a rhyme 0 to 4."""
    listed: int = 20
    """Values from which on a slot has a list: what is not in it is asked about where the phrase is easily rhymed, and
    not taken for the command where its first words were not heard word by word."""
    heads: int = 8
    """First words that are scored, those most like the transcript's."""
    named_letters: int = 10
    """A value with no fewer letters may be asked about where nothing but its name is said."""
    led: int = 2
    """First words that are tried; each costs a pass of the decoder."""
    short_letters: int = 6
    """A phrase with no more letters before its slot has to be heard word by word, or with a value that is known: every
    short word has its rhymes."""
    kept: int = 6
    """Phrases most like the transcript that are followed however unlikely they begin."""
    values: ValueOptions = field(default_factory=ValueOptions)


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """A macro that may be meant."""

    macro: Macro
    match: Match
    evidence: Evidence
    others: tuple[str, ...] = ()
    """Other values that its slot may have, where that is in doubt."""
    doubt: str = ""
    """Why it has to be asked about at least, hands-free; empty where it need not."""


class Meanings:
    """Finds what words can mean. For one thread at a time."""

    def __init__(self, hearing: Hearing, options: UnderstandingOptions) -> None:
        """There are no macros yet."""
        self.values = Values(hearing, options.values)
        self._hearing = hearing
        self._options = options
        self._guide = lru_cache(maxsize=GUIDES)(self._made_guide)
        self.use(())

    def use(self, macros: Iterable[Macro]) -> None:
        """These are the macros from now on."""
        self._macros = list(macros)
        self._whole = [(macro, phrase) for macro in self._macros for phrase in macro.phrases if not phrase.slots]
        self._heads: dict[str, list[tuple[Macro, Phrase]]] = {}
        """By their first words."""
        for macro in self._macros:
            for phrase in macro.phrases:
                if phrase.slots and (head := _head(phrase)):
                    self._heads.setdefault(head, []).append((macro, phrase))
        self._with_fillers = [
            (head, f"{_capital(filler)} {head.lower()}") for head in self._heads for filler in FILLERS
        ]

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
        led = list(self._led(heard))
        sure = self._options.values.accept
        if not any(not meaning.doubt and (meaning.evidence.value or 0.0) >= sure for meaning in led):
            led += self._whole_phrases(heard, sounding)
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
            if self._easily_rhymed(match.phrase) and (not exact or self._listed(macro, match.phrase)):
                doubt = NOT_LISTED if exact else IN_DOUBT
            meaning = self._filled(heard, Meaning(macro, match, evidence, doubt=doubt), exact)
            if exact or not meaning.doubt or not self._listed(macro, match.phrase):
                yield meaning

    def _easily_rhymed(self, phrase: Phrase) -> bool:
        return bool(phrase.slots) and len(letters_of(SLOT_PATTERN.sub("", phrase.text))) <= self._options.short_letters

    def _listed(self, macro: Macro, phrase: Phrase) -> bool:
        return any(len(macro.slot(name).values) >= self._options.listed for name in phrase.slots)

    def _filled(self, heard: Heard, meaning: Meaning, searched: bool) -> Meaning:
        """With the known values that were said in its slots; free text stays where none was.

        Those that are not written as they were heard are searched in the sound if that is not done later anyway.
        """
        values, options = self.values, self._options.values
        for slot in meaning.match.slots:
            before, said, after = meaning.match.around(slot)
            texts = meaning.macro.slot(slot).values
            if not texts:
                continue
            known = values.known(texts, _capital(meaning.macro.phrases[0].text.partition("{")[0].strip()))
            value = known.written(said)
            chosen: list[Chosen] = []
            if value is None and searched:
                chosen = known.said(heard.encoded, before, said, after)
                value = chosen[0].value if values.clear(chosen, after_words=True) else None
            if value is not None:
                meaning = _with_value(meaning, slot, value)
                continue
            # From a long list the likeliest is offered first, however unlikely it is; then what was heard.
            listed = len(texts) >= self._options.listed
            near = tuple(one.value for one in chosen[:2] if one.sure >= options.ask or listed)
            if near:
                near = (*near, said) if listed else near
                meaning = replace(meaning, others=near, doubt=f"it could be {_quoted(near)}")
        return meaning

    def _led(self, heard: Heard) -> Iterator[Meaning]:
        """Phrases with slots, heard in the light of their first words, with fillers where those tell nothing."""
        sure = self._options.values.accept
        clear = False
        for head, carrier, log_p in self._likely_heads(heard, [(head, head) for head in self._heads]):
            for meaning in self._led_by(heard, head, carrier, log_p):
                clear = clear or (not meaning.doubt and (meaning.evidence.value or 0.0) >= sure)
                yield meaning
        if clear:
            return
        yield from self._named_alone(heard)
        for head, carrier, log_p in self._likely_heads(heard, self._with_fillers):
            yield from self._led_by(heard, head, carrier, log_p)

    def _named_alone(self, heard: Heard) -> Iterator[Meaning]:
        """Known values of which the transcript has nothing but the name, clearly said: that may be asked about."""
        text, log_p = heard.transcript.text, heard.transcript.mean_logprob
        if log_p < self._options.surely or len(letters_of(text)) < self._options.named_letters:
            return
        for head, listed in self._heads.items():
            for macro, phrase in listed:
                known = self.values.known(macro.slot(phrase.slots[0]).values, head)
                value = known.written(text) if len(phrase.slots) == 1 else None
                if value is not None:
                    match = Match(phrase, 0.0, {phrase.slots[0]: value})
                    evidence = Evidence(log_p=log_p, transcript_log_p=log_p, value=NAMED, path="values")
                    yield Meaning(macro, match, evidence, doubt=NAMED_ALONE)

    def _led_by(self, heard: Heard, head: str, carrier: str, log_p: float) -> Iterator[Meaning]:
        """Phrases that begin with `head`, where `carrier` ends with it and was said with `log_p`."""
        for macro, phrase in self._heads[head]:
            found = self._led_to_value(heard, macro, phrase, (head, carrier), log_p)
            if found is not None:
                yield found
            elif carrier == head and log_p >= -self._options.led_behind and not self._listed(macro, phrase):
                free = self._led_freely(heard, macro, phrase, head)
                if free is not None:
                    yield free

    def _likely_heads(self, heard: Heard, carriers: Sequence[tuple[str, str]]) -> list[tuple[str, str, float]]:
        """First words, and what carries them, that may have been said; likeliest first, with log p of the latter."""
        letters = letters_of(heard.transcript.text)
        near = sorted(carriers, key=lambda pair: -fuzz.partial_ratio(letters_of(pair[1]), letters[: len(pair[1]) + 2]))[
            : self._options.heads
        ]
        told = self._hearing.token_logprobs(heard.encoded, [carrier for _, carrier in near])
        likely = [(*pair, float(row[:-1].sum())) for pair, row in zip(near, told, strict=True)]
        likely = [found for found in likely if found[2] >= -self._options.led_head]
        return sorted(likely, key=lambda found: -found[2])[: self._options.led]

    def _led_to_value(
        self, heard: Heard, macro: Macro, phrase: Phrase, led_by: tuple[str, str], log_p: float
    ) -> Meaning | None:
        """The phrase with a known value, where that was clearly said after its first words and what carried them."""
        head, carrier = led_by
        slot = phrase.slots[0]
        known = self.values.known(macro.slot(slot).values, head)
        if len(phrase.slots) > 1 or not known.values:
            return None
        after = SLOT_PATTERN.split(phrase.text)[-1].strip()
        # What the transcript has there: the words after as many as the carrier has.
        said = " ".join(heard.transcript.text.split()[len(carrier.split()) :])
        chosen = known.said(heard.encoded, carrier, said or carrier, after)
        if not chosen:
            return None
        best, total = chosen[0], log_p + chosen[0].log_p
        sure = best.sure
        if total < heard.transcript.logprob - self._options.led_value:
            sure = min(sure, self._options.values.ask - UNASKED)
        if sure < self._options.values.ask and not self._listed(macro, phrase):
            return None
        match = Match(phrase, self._likeness(phrase, heard), {slot: best.value})
        evidence = Evidence(
            words=match.likeness,
            log_p=total / (len(self._hearing.tokens(carrier)) + best.tokens),
            transcript_log_p=heard.transcript.mean_logprob,
            value=sure,
            path="values",
        )
        clear = self.values.clear(chosen)
        near = () if clear else tuple(one.value for one in chosen[:2])
        doubt = "" if clear else f"it could be {_quoted(near)}"
        return Meaning(macro, match, evidence, near, doubt)

    def _led_freely(self, heard: Heard, macro: Macro, phrase: Phrase, head: str) -> Meaning | None:
        """The phrase with whatever follows its first words, where that is nearly as likely as the transcript."""
        text = self._taken_apart(heard.transcript.text, head)
        if text is not None:
            (row,) = self._hearing.token_logprobs(heard.encoded, [text])
            led = Transcript(text, float(row.mean()), len(row))
        else:
            led = self._hearing.transcribe(heard.encoded, head)
        match = best_match(phrase, led.text)
        if match is None or led.logprob < heard.transcript.logprob - self._options.led_behind:
            return None
        words = self._likeness(phrase, heard)
        evidence = Evidence(
            words=max(words, self._options.near_words),
            log_p=led.mean_logprob,
            transcript_log_p=heard.transcript.mean_logprob,
            path="words",
        )
        doubt = "" if text is not None else IN_DOUBT
        return Meaning(macro, replace(match, likeness=words), evidence, doubt=doubt)

    @staticmethod
    def _likeness(phrase: Phrase, heard: Heard) -> float:
        """Percent to which the transcript begins like the phrase."""
        head = letters_of(_head(phrase))
        return float(fuzz.ratio(head, letters_of(heard.transcript.text)[: len(head)]))

    def _taken_apart(self, text: str, words: str) -> str | None:
        """The text with a blank after `words`: Whisper writes "Playfast car" where "play Fast Car" was said.

        None where it does not begin so, or with a real word such as "playback": those are one token.
        """
        match = re.match(rf"({re.escape(words)})(\w+)(.*?)\W*$", text, re.IGNORECASE)
        if match is None:
            return None
        whole = match[1] + match[2]
        if any(len(self._hearing.tokens(word)) == 1 for word in (whole.lower(), whole.capitalize())):
            return None
        return f"{words} {match[2]}{match[3]}."

    def _whole_phrases(self, heard: Heard, sounding: Collection[str]) -> Iterator[Meaning]:
        """Phrases without slots that the sound makes likely, whatever was transcribed."""
        if not self._whole:
            return
        own = heard.transcript
        letters = letters_of(own.text)
        spellings = [letters_of(phrase.text) for _, phrase in self._whole]
        alike = process.extract(letters, spellings, scorer=fuzz.ratio, limit=self._options.kept)
        kept = {place for _, _, place in alike}
        kept |= {place for place, (macro, _) in enumerate(self._whole) if macro.id in sounding}
        spelt = self._guide(tuple(phrase.text for _, phrase in self._whole)).spell(heard.encoded, "", kept=sorted(kept))
        for one in spelt:
            macro, phrase = self._whole[one.index]
            like = float(fuzz.ratio(spellings[one.index], letters))
            evidence = _spelt(one, Evidence(words=like, transcript_log_p=own.mean_logprob, path="words"))
            yield Meaning(macro, Match(phrase, like, {}), evidence)

    def sounding(self, encoded: Encoded, macro: Macro, wordings: Sequence[str]) -> Meaning:
        """A macro without slots as it sounds, with the likeliest of its phrases or of its enrolments' wordings.

        Args:
            encoded: The utterance.
            macro: What the voice print is like.
            wordings: What its enrolments were transcribed as.
        """
        matches = [Match(phrase, 0.0, {}) for phrase in macro.phrases[:SCORED]]
        texts = dict.fromkeys((*(match.phrase.text for match in matches), *wordings[:SCORED]))
        spelt = self._guide(tuple(texts)).spell(encoded, "", kept=range(len(texts)))
        best = max(spelt, key=lambda one: fitting(one.losses, one.regret))
        match = matches[best.index] if best.index < len(matches) else matches[0]
        return Meaning(macro, match, _spelt(best, Evidence(path="voice")))

    def _made_guide(self, texts: tuple[str, ...]) -> Guide:
        """Along texts as a sentence begins, or goes on: in noise Whisper often thinks so."""
        bare = [text.rstrip(".!?, ") for text in texts]
        return Guide(self._hearing, [(_capital(text), text) for text in bare])


def _spelt(one: Spelt, evidence: Evidence) -> Evidence:
    """With what the decoder made of a text that it was led along."""
    return replace(evidence, log_p=one.log_p / one.tokens, losses=one.losses, regret=one.regret)


def _head(phrase: Phrase) -> str:
    """The words before the first slot, as a sentence begins."""
    return _capital(SLOT_PATTERN.split(phrase.text)[0].strip())


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _with_value(meaning: Meaning, slot: str, value: str) -> Meaning:
    """With a known value in the slot, which is no longer in doubt and may stand for the words before it."""
    match = replace(meaning.match, slots=meaning.match.slots | {slot: value})
    return replace(meaning, match=match, others=(), doubt="")


def _quoted(values: Sequence[str]) -> str:
    return " or ".join(f"“{value}”" for value in values)
