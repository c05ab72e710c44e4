"""Hear with Whisper: frames of an utterance, its words, and how well given words fit it.

Whisper was trained on windows of 30 s. Encore encodes a window of 4 s, which holds nearly every command, and
appends stored frames of silence up to 6 s: without them Whisper does not notice that the speech has ended,
and with them a command costs a quarter of the time. Longer speech gets the full window.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from encore_models.bundle import Bundle
from encore_models.errors import BundleBroken, WrongSound
from encore_models.perception.expected import UNEXPECTED, Expected
from encore_models.perception.mel import RATE, log_mel
from encore_models.whisper.errors import LanguageMissing

if TYPE_CHECKING:
    from tokenizers import Tokenizer

RECIPE = 4
"""Counted up when the graphs change, so that a bundle made by an older Encore is made again."""
SHORT_SECONDS = 4.0
LONG_SECONDS = 30.0
FRAMES_A_SECOND = 50
ENGLISH = "en"
AT_ONCE = 64
"""Tokens that are scored together; each takes 0.4 MB until it is."""
REMEMBERED = 6
"""Tokens of a beginning that is remembered until the next utterance; each takes 0.2 MB."""
TAIL_FILE = "tail.npy"
TOKENIZER_FILE = "tokenizer.json"

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Encoded:
    """An utterance as the decoder attends to it."""

    frames: Array
    """float32 [T, D], 50 a second, without the tail; T covers the whole window."""
    keys: Array
    """float32 [L, 1, H, D/H, S]; S counts the window and the tail."""
    values: Array
    """float32 [L, 1, H, S, D/H]."""
    seconds: float
    """Of speech, the window's padding apart."""
    start: tuple[int, ...] = ()
    """Tokens that begin its transcript, where they tell the language that was found out; else those of the voice."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said."""

    text: str
    mean_logprob: float
    """Natural logarithm, mean over the tokens and the end; 0 is certain."""
    tokens: int = 1
    """How many, the end included."""
    ended: bool = True
    """Whether Whisper came to an end by itself; where not, the words are of no use."""

    @property
    def logprob(self) -> float:
        """Natural logarithm, of all tokens together."""
        return self.mean_logprob * self.tokens


class Voice:
    """Whisper out of a bundle. Safe to share between threads."""

    def __init__(self, bundle: Bundle, threads: int = 1, language: str | None = None) -> None:
        """Load the graphs.

        Args:
            bundle: As `encore_models.whisper.prepare` makes it.
            threads: For each of the three graphs.
            language: Code of what is spoken, such as `de`; None has a multilingual Whisper find out each time.

        Raises:
            BundleBroken: A graph or file of it is missing.
            LanguageMissing: This Whisper does not know the language.
        """
        self.bundle = bundle
        settings = _settings_of(bundle)
        self.encoder = str(settings["encoder"])
        """Identity of the encoder; what was learned on the frames of one fits no other."""
        self._start = tuple(_ids(settings["start"]))
        codes = str(settings["languages"]).split()
        self._languages = dict(zip(codes, _ids(settings["language_tokens"]), strict=True))
        self._language = language
        if language is not None:
            self._start = self._speaking(language, bundle.contents.name)
        (self._end,) = _ids(settings["end"])
        self._never = np.array(_ids(settings["suppressed"]), np.intp)
        self._never_first = np.array(_ids(settings["suppressed_first"]), np.intp)
        # One long utterance or list of texts would have an arena hold hundreds of megabytes ever after.
        self._encoder, self._cross, self._decoder = (
            bundle.session(graph, threads, arena=False) for graph in ("encoder", "cross", "decoder")
        )
        self._beginnings: tuple[Encoded | None, dict[tuple[int, ...], tuple[Array, Array]]] = (None, {})
        self._tail: Array = np.load(bundle.path(TAIL_FILE), allow_pickle=False).astype(np.float32)
        self._tokenizer_file = bundle.path(TOKENIZER_FILE)
        self._mels = int(self._encoder.get_inputs()[0].shape[1])

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._tokenizer_file))

    def tokens(self, text: str) -> list[int]:
        """A text as Whisper writes it after the start of a transcript: with a blank before it."""
        return list(self._tokenizer.encode(" " + text.strip(), add_special_tokens=False).ids)

    def hear(
        self, samples: Array, encoded: Encoded | None = None, expected: Expected = UNEXPECTED
    ) -> tuple[Encoded, Transcript]:
        """Encode and transcribe an utterance; once more over the full window where the short one finds no end.

        Args:
            samples: As for `encode`.
            encoded: What `encode` made of them, where that is known.
            expected: As for `transcribe`.

        Raises:
            WrongSound: Samples of another kind.
        """
        encoded = encoded or self.encode(samples)
        heard = self.transcribe(encoded, expected=expected)
        if heard.ended or encoded.seconds > SHORT_SECONDS:
            return encoded, heard
        encoded = self.encode(samples, full=True)
        return encoded, self.transcribe(encoded)

    def encode(self, samples: Array, full: bool = False) -> Encoded:
        """Encode an utterance; what goes beyond 30 s is not heard.

        Args:
            samples: float32 mono at 16 kHz, [n], full scale 1.
            full: Use the window of 30 s however short it is.

        Raises:
            WrongSound: Samples of another kind.
        """
        if samples.ndim != 1 or samples.dtype != np.float32 or not len(samples):
            raise WrongSound(f"these are {samples.dtype} {list(samples.shape)}")
        if not np.isfinite(samples).all():
            raise WrongSound("some of these are not finite")
        seconds = len(samples) / RATE
        short = seconds <= SHORT_SECONDS and not full
        mel = log_mel(samples, SHORT_SECONDS if short else LONG_SECONDS, self._mels)
        (frames,) = self._encoder.run(["frames"], {"mel": mel})
        attended = np.concatenate([frames, self._tail[None]], axis=1) if short else frames
        keys, values = self._cross.run(["keys", "values"], {"frames": attended})
        encoded = Encoded(frames[0], keys, values, min(seconds, LONG_SECONDS))
        return replace(encoded, start=self._found_start(encoded)) if self._languages and not self._language else encoded

    def transcribe(
        self, encoded: Encoded, prefix: str = "", most_tokens: int | None = None, expected: Expected = UNEXPECTED
    ) -> Transcript:
        """The likeliest words, token by token.

        Args:
            encoded: From `encode`.
            prefix: Words that the transcript has to begin with; what follows is heard in their light. "Play" makes
                "Play stay with me" of what alone is heard as "Place day with me". They count in the likelihood.
            most_tokens: Where to stop if no end comes; None allows what a fast speaker can say.
            expected: What is usually said: several tokens of it cost one pass where they are the likeliest indeed.
        """
        most = most_tokens or min(220, 8 + round(10 * encoded.seconds))
        said = tuple(self.tokens(prefix)) if prefix else ()
        total, given = self._told(encoded, said), len(said)
        best: int | None = None
        while best != self._end and len(said) < max(most, given + 1):
            log_p, _ = self._begun(encoded, said, expected.after(said))
            best, of_it = self._likeliest(log_p, first=not said)
            said, total = (*said, best), total + of_it
        words = [token for token in said if token != self._end]
        text = self._tokenizer.decode(words).strip()
        if encoded.seconds <= SHORT_SECONDS:
            text = _once(text)
        return Transcript(text, total / len(said), len(said), said[-1] == self._end)

    def _told(self, encoded: Encoded, said: tuple[int, ...]) -> float:
        """Log p of these tokens at the beginning of a transcript, together."""
        self._begun(encoded, said)
        return sum(float(self._begun(encoded, said[:place])[0][token]) for place, token in enumerate(said))

    def _begun(self, encoded: Encoded, said: tuple[int, ...], guess: tuple[int, ...] = ()) -> tuple[Array, Array]:
        """Log p of what follows the tokens that a transcript begins with [V], and the past with them [2L, 1, H, P, .].

        What was found on the way is remembered of the last utterance, so that what is guessed right costs no pass of
        its own, and nothing that begins alike is looked at twice.

        Args:
            encoded: The utterance.
            said: The tokens.
            guess: What is likely to follow them.
        """
        last, known = self._beginnings
        if last is not encoded:
            start = encoded.start or self._start
            # By itself: in int8 the rows of a pass share one scale, and the first ones are large.
            following, past = self._next(encoded, np.array([start], np.int64), self._nothing(1))
            known = {(): (following[0, -1], past)}
        if said not in known:
            begin = next(size for size in range(len(said), -1, -1) if said[:size] in known)
            past = known[said[:begin]][1]
            known = {tokens: found for tokens, found in known.items() if len(tokens) <= REMEMBERED}
            tokens = (*said[begin:], *guess)
            following, grown = self._next(encoded, np.array([tokens], np.int64), past)
            for place, log_p in enumerate(following[0], 1):
                size = past.shape[3] + place
                known[(*said[:begin], *tokens[:place])] = log_p, grown[:, :, :, :size]
        self._beginnings = encoded, known
        return known[said]

    def _next(self, encoded: Encoded, tokens: NDArray[np.int64], past: Array) -> tuple[Array, Array]:
        """Log p of what follows each of the tokens [B, N] after the past, [B, N, V], and the past with them."""
        following, past = self._decoder.run(["following", "present"], self._feed(encoded, tokens, tokens, past))
        return following, past

    def _likeliest(self, log_p: Array, first: bool) -> tuple[int, float]:
        """The likeliest token of those that are allowed, and its log p among them; `log_p` is [V]."""
        log_p = log_p.copy()
        for tokens in (self._never, self._never_first)[: 1 + first]:
            log_p[tokens] = -np.inf
        best = int(log_p.argmax())
        return best, -float(np.log(np.exp(log_p - log_p[best]).sum()))

    @cached_property
    def silence(self) -> Encoded:
        """Two seconds of it: what the decoder finds likely there it has not heard."""
        # Without the language that was found in it: there is none.
        return replace(self.encode(np.zeros(2 * RATE, np.float32)), start=())

    @cached_property
    def endings(self) -> tuple[int, ...]:
        """Tokens that end a transcript, a sentence or a part of it."""
        marks = (self._tokenizer.encode(mark, add_special_tokens=False).ids[0] for mark in (".", ",", "!", "?", "..."))
        return (self._end, *marks)

    def follow(self, encoded: Encoded, tokens: NDArray[np.int64], past: Array | None) -> tuple[Array, Array]:
        """What may come after given tokens.

        Args:
            encoded: From `encode`.
            tokens: int64 [B, N].
            past: From the last call, row by row; None where the tokens begin the transcript.

        Returns:
            Log p of every token after each of them, float32 [B, N, V], or only after the last one [B, 1, V] where they
            begin the transcript; and the past with them.
        """
        if past is not None:
            return self._next(encoded, tokens, past)
        begun = [self._begun(encoded, tuple(row)) for row in tokens.tolist()]
        following = np.stack([log_p[None] for log_p, _ in begun])
        return following, np.concatenate([past for _, past in begun], axis=1)

    def score(self, encoded: Encoded, texts: Sequence[str]) -> list[float]:
        """How well each text fits: mean log p of its tokens and of the end after them.

        The decoder is told the text (teacher forcing), so this costs one pass for all texts.

        Args:
            encoded: From `encode`.
            texts: As Whisper would write them, for example "Play yesterday."
        """
        return [float(row.mean()) for row in self.token_logprobs(encoded, texts)]

    def token_logprobs(self, encoded: Encoded, texts: Sequence[str]) -> list[Array]:
        """Log p of each token of each text, and of the end after it; one array [n + 1] a text."""
        if not texts:
            return []
        spoken = [self.tokens(text) for text in texts]
        # What all of them begin with is decoded once.
        columns = takewhile(lambda column: len(set(column)) == 1, zip(*spoken, strict=False))
        shared = tuple(column[0] for column in columns)
        following, past = self._begun(encoded, shared)
        known = [self._begun(encoded, shared[:place])[0][token] for place, token in enumerate(shared)]
        rests = [ids[len(shared) :] for ids in spoken]
        found = [np.array([*known, following[[*rest, self._end][0]]], np.float32) for rest in rests]
        for rows in _batches([len(rest) for rest in rests]):
            after = self._after(encoded, past, [rests[row] for row in rows])
            for row, log_p in zip(rows, after, strict=True):
                found[row] = np.concatenate([found[row], log_p])
        return found

    def _after(self, encoded: Encoded, past: Array, rests: Sequence[list[int]]) -> list[Array]:
        """Log p of what follows each token of each text, the end after the last; all follow the same past."""
        tokens = np.full((len(rests), max(map(len, rests))), self._end, np.int64)
        targets = tokens.copy()
        for row, rest in enumerate(rests):
            tokens[row, : len(rest)] = rest
            targets[row, : len(rest) - 1] = rest[1:]
        feed = self._feed(encoded, tokens, targets, np.repeat(past, len(rests), axis=1))
        (logprobs,) = self._decoder.run(["logprobs"], feed)
        return [row[: len(rest)] for row, rest in zip(logprobs, rests, strict=True)]

    def _speaking(self, language: str, whisper: str) -> tuple[int, ...]:
        """The start of a transcript in a language."""
        if not self._languages and language == ENGLISH:
            return self._start
        if language not in self._languages:
            raise LanguageMissing(whisper, language, self._languages)
        return self._start[0], self._languages[language], *self._start[2:]

    def _found_start(self, encoded: Encoded) -> tuple[int, ...]:
        """The start of a transcript in the likeliest language."""
        tokens = np.array([self._start[:1]], np.int64)
        ((following,),), _ = self._next(encoded, tokens, self._nothing(1))
        found = max(self._languages.values(), key=lambda token: following[token])
        return self._start[0], found, *self._start[2:]

    def _nothing(self, batch: int) -> Array:
        """The past before the first token."""
        layers2, _, heads, _, width = self._past_shape
        return np.zeros((layers2, batch, heads, 0, width), np.float32)

    @cached_property
    def _past_shape(self) -> tuple[int, str, int, str, int]:
        (shape,) = [given.shape for given in self._decoder.get_inputs() if given.name == "past"]
        return tuple(shape)

    @staticmethod
    def _feed(encoded: Encoded, tokens: NDArray[np.int64], targets: NDArray[np.int64], past: Array) -> dict[str, Any]:
        feed = {"tokens": tokens, "targets": targets, "past": past}
        for layer, (keys, values) in enumerate(zip(encoded.keys, encoded.values, strict=True)):
            feed |= {f"keys_{layer}": keys, f"values_{layer}": values}
        return feed


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts to decode together: about as long as each other, and few enough to need little memory."""
    batch: list[int] = []
    for place in sorted(filter(lengths.__getitem__, range(len(lengths))), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > AT_ONCE:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _once(text: str) -> str:
    """The text; once where it says one sentence over and over, as Whisper at times does in a short window."""
    sentences = re.findall(r"[^.!?]+[.!?]*", text)
    same = {re.sub(r"\W+", "", sentence).lower() for sentence in sentences}
    return sentences[0].strip() if len(sentences) > 1 and len(same) == 1 else text


def _settings_of(bundle: Bundle) -> dict[str, list[int] | list[float] | int | str]:
    settings = bundle.contents.settings
    if settings.get("recipe") != RECIPE:
        raise BundleBroken(bundle.folder, f"{bundle.contents.name} is no Whisper, or was made by another Encore")
    return settings


def _ids(setting: list[int] | list[float] | int | str) -> list[int]:
    return [int(value) for value in setting] if isinstance(setting, list) else [int(setting)]
