"""What is heard in the light of what can be meant: the decoder is led, whatever it would have written by itself.

It follows phrases without slots from end to end, and phrases with slots by their first words, along the values that
are known or freely where none are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from rapidfuzz import fuzz, process

from encore_agent.meaning import Meaning, UnderstandingOptions, as_sentence, listed, quoted
from encore_agent.messages import Evidence
from encore_agent.values import Heard, Hearing, Values, another_word, letters_of
from encore_models.macro import SLOT_PATTERN, Macro, Phrase
from encore_models.perception.expected import UNEXPECTED, Expected
from encore_models.perception.guided import Guide, Spelt
from encore_models.perception.voice import Encoded, Transcript
from encore_models.phrases import FILLERS, Match, best_match, words_of

IN_DOUBT = "the words before it were not heard clearly"
NAMED_ALONE = "only its name was said"
NAMED = 0.5
"""Sureness of a value of which only the name was said: it is asked about."""
UNASKED = 0.01
"""Below what would be asked about: only told as the nearest."""
SCORED = 4
"""Phrases of one macro that are followed for its voice print, and wordings."""
ANOTHER_NATS = 5.0
"""Regret from which one word was another one: in noise all words have their share of it."""
HEARD = -1.0
"""Mean log p a token from which a transcript is believed to be so exact."""
GUIDES = 64
"""Lists of texts that are kept ready."""


class Led:
    """Leads the decoder. For one thread at a time."""

    def __init__(self, hearing: Hearing, options: UnderstandingOptions, values: Values) -> None:
        """There are no macros yet.

        Args:
            hearing: The voice model.
            options: How sure to be.
            values: Finds values that are known.
        """
        self._values = values
        self._hearing = hearing
        self._options = options
        self._guide = lru_cache(maxsize=GUIDES)(self._made_guide)
        self.use(())

    def use(self, macros: Sequence[Macro]) -> None:
        """These are the macros from now on."""
        heads: dict[str, list[tuple[Macro, Phrase]]] = {}
        for macro in macros:
            for phrase in macro.phrases:
                if phrase.slots and (head := _head(phrase)):
                    heads.setdefault(head, []).append((macro, phrase))
        self._macros = list(macros)
        self._whole = [(macro, phrase) for macro in macros for phrase in macro.phrases if not phrase.slots]
        self._heads = heads
        """By their first words."""
        self._with_fillers = [(head, f"{as_sentence(filler)} {head.lower()}") for head in heads for filler in FILLERS]
        self.expected = UNEXPECTED
        """What the decoder probably writes; nothing until `prepare` has gone through what is known."""

    def prepare(self, wordings: Callable[[Macro], Sequence[str]], cancelled: Callable[[], bool]) -> None:
        """Compute what an utterance would have to wait for; may run on another thread than everything else.

        Args:
            wordings: As for `sounding`, of a macro without slots.
            cancelled: Asked every few milliseconds.
        """
        macros, whole, heads = self._macros, self._whole, self._heads
        self.expected = Expected(map(self._hearing.tokens, _sentences(macros)))
        for head, phrases in heads.items():
            for macro, phrase in phrases:
                values = macro.slot(phrase.slots[0]).known
                if len(phrase.slots) == 1 and values and not cancelled():
                    self._values.known(values, head).prepare(cancelled)
        lists = [tuple(phrase.text for _, phrase in whole)]
        lists += [_soundings(macro, wordings(macro)) for macro in macros if not macro.slots]
        for texts in lists[:GUIDES]:
            if texts and not cancelled():
                self._guide(texts).prepare(cancelled)

    def slots(self, heard: Heard) -> Iterator[Meaning]:
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
        for head, phrases in self._heads.items():
            for macro, phrase in phrases:
                known = self._values.known(macro.slot(phrase.slots[0]).known, head)
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
            elif carrier == head and log_p >= -self._options.led_behind and not listed(macro, phrase, self._options):
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
        known = self._values.known(macro.slot(slot).known, head)
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
        if sure < self._options.values.ask and not listed(macro, phrase, self._options):
            return None
        match = Match(phrase, self._likeness(phrase, heard), {slot: best.value})
        evidence = Evidence(
            words=match.likeness,
            log_p=total / (len(self._hearing.tokens(carrier)) + best.tokens),
            transcript_log_p=heard.transcript.mean_logprob,
            value=sure,
            path="values",
        )
        clear = self._values.clear(chosen, listed(macro, phrase, self._options))
        near = () if clear else tuple(one.value for one in chosen[:2])
        doubt = "" if clear else f"it could be {quoted(near)}"
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

    def whole(self, heard: Heard, sounding: Collection[str]) -> Iterator[Meaning]:
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
            another = _another_word(phrase.text, one.regret, own)
            evidence = Evidence(words=like, transcript_log_p=own.mean_logprob, another_word=another, path="words")
            evidence = _spelt(one, evidence)
            yield Meaning(macro, Match(phrase, like, {}), evidence)

    def sounding(self, encoded: Encoded, macro: Macro, wordings: Sequence[str]) -> Meaning:
        """A macro without slots as it sounds, with the likeliest of its phrases or of its enrolments' wordings.

        Args:
            encoded: The utterance.
            macro: What the voice print is like.
            wordings: What its enrolments were transcribed as.
        """
        matches = [Match(phrase, 0.0, {}) for phrase in macro.phrases[:SCORED]]
        texts = _soundings(macro, wordings)
        spelt = self._guide(texts).spell(encoded, "", kept=range(len(texts)))
        best = max(spelt, key=lambda one: one.losses)
        match = matches[best.index] if best.index < len(matches) else matches[0]
        return Meaning(macro, match, _spelt(best, Evidence(path="voice")))

    @staticmethod
    def read(sounding: Meaning, transcript: Transcript, wordings: Sequence[str]) -> Meaning:
        """What a macro sounds like, now that the words are known as well.

        Args:
            sounding: See `sounding`.
            transcript: Of the utterance.
            wordings: What its enrolments were transcribed as.
        """
        texts = (*(phrase.text for phrase in sounding.macro.phrases), *wordings)
        like = max(float(fuzz.ratio(letters_of(text), letters_of(transcript.text))) for text in texts)
        another = _another_word(sounding.match.phrase.text, sounding.evidence.regret or 0.0, transcript)
        evidence = replace(sounding.evidence, words=like, transcript_log_p=transcript.mean_logprob)
        return replace(sounding, evidence=replace(evidence, another_word=another))

    def _made_guide(self, texts: tuple[str, ...]) -> Guide:
        """Along texts as a sentence begins, or goes on: in noise Whisper often thinks so."""
        bare = [text.rstrip(".!?, ") for text in texts]
        return Guide(self._hearing, [(as_sentence(text), text) for text in bare])


def _sentences(macros: Sequence[Macro]) -> Iterator[str]:
    """All that is known to be said, as Whisper writes sentences: titles with their capitals or without."""
    for macro in macros:
        for phrase in macro.phrases:
            if not phrase.slots:
                yield f"{as_sentence(phrase.text)}."
            elif len(phrase.slots) == 1:
                values = macro.slot(phrase.slots[0]).known
                for value in dict.fromkeys((*values, *map(str.lower, values))):
                    yield f"{as_sentence(SLOT_PATTERN.sub(lambda _, said=value: said, phrase.text))}."  # type: ignore[misc]


def _soundings(macro: Macro, wordings: Sequence[str]) -> tuple[str, ...]:
    """Phrases first, then the wordings of enrolments, no text twice."""
    texts = (*(phrase.text for phrase in macro.phrases[:SCORED]), *wordings[:SCORED])
    return tuple(dict.fromkeys(texts))


def _spelt(one: Spelt, evidence: Evidence) -> Evidence:
    """With what the decoder made of a text that it was led along."""
    return replace(evidence, log_p=one.log_p / one.tokens, losses=one.losses, regret=one.regret)


def _another_word(phrase: str, regret: float, transcript: Transcript) -> bool:
    """See `Evidence.another_word`."""
    if regret < ANOTHER_NATS or transcript.mean_logprob < HEARD:
        return False
    return another_word(words_of(phrase), words_of(transcript.text))


def _head(phrase: Phrase) -> str:
    """The words before the first slot, as a sentence begins."""
    return as_sentence(SLOT_PATTERN.split(phrase.text)[0].strip())
