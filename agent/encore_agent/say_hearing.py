"""Hear what is said of what is seen: the built-in command, understood by the same witnesses as any macro."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from encore_agent.decide import ACCEPT, WIDTH, Calibration, Enrolled
from encore_agent.meaning import UnderstandingOptions
from encore_agent.messages import Accepted
from encore_agent.say import BUILT_IN, asked_by, reply_in
from encore_agent.say_session import Request
from encore_agent.understand import Understander
from encore_agent.values import Hearing
from encore_models.perception.expected import UNEXPECTED, Expected
from encore_models.perception.speech import Samples, Utterance
from encore_models.perception.voice import Encoded, Transcript

LENIENT = Enrolled(calibration=Calibration(ACCEPT - 0.4, ACCEPT - 0.4 - WIDTH))
"""Numbers that nobody asked for do no harm; speech that asks for nothing stays below -0.9."""


class HeardOnce:
    """A `Hearing` that works an utterance out only once, however many ask."""

    def __init__(self, hearing: Hearing) -> None:
        """Ask `hearing` where nothing is remembered."""
        self._hearing = hearing
        self._encoded: tuple[Samples, Encoded] | None = None
        self._heard: tuple[Samples, tuple[Encoded, Transcript]] | None = None

    @property
    def silence(self) -> Encoded:
        """See `Decoding.silence`."""
        return self._hearing.silence

    @property
    def endings(self) -> tuple[int, ...]:
        """See `Decoding.endings`."""
        return self._hearing.endings

    def encode(self, samples: Samples) -> Encoded:
        """See `Hearing.encode`; the last answer is remembered."""
        if self._encoded is None or self._encoded[0] is not samples:
            self._encoded = samples, self._hearing.encode(samples)
        return self._encoded[1]

    def hear(
        self, samples: Samples, encoded: Encoded | None = None, expected: Expected = UNEXPECTED
    ) -> tuple[Encoded, Transcript]:
        """See `Hearing.hear`; the last answer is remembered."""
        if self._heard is None or self._heard[0] is not samples:
            self._heard = samples, self._hearing.hear(samples, encoded, expected)
        return self._heard[1]

    def follow(
        self, encoded: Encoded, tokens: NDArray[np.int64], past: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Decoding.follow`."""
        return self._hearing.follow(encoded, tokens, past)

    def transcribe(self, encoded: Encoded, prefix: str) -> Transcript:
        """See `Hearing.transcribe`."""
        return self._hearing.transcribe(encoded, prefix)

    def tokens(self, text: str) -> list[int]:
        """See `Hearing.tokens`."""
        return self._hearing.tokens(text)

    def token_logprobs(self, encoded: Encoded, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """See `Hearing.token_logprobs`."""
        return self._hearing.token_logprobs(encoded, texts)


class SayUnderstander:
    """Understands utterances that say what is seen."""

    def __init__(self, hearing: Hearing, options: UnderstandingOptions | None = None) -> None:
        """Nothing is computed yet."""
        # A rhyme of "tap" does no harm: what follows it has to stand on the screen.
        self._options = options or UnderstandingOptions(short_letters=0)
        self._understander = Understander(hearing, [BUILT_IN], self._options, lambda _: LENIENT)

    def request(self, utterance: Utterance, choosing: bool) -> Request | None:
        """What the utterance asks for, or None where it is about something else.

        Args:
            utterance: As it came from the microphone.
            choosing: Whether numbers are shown, so that a number alone is an answer.
        """
        if choosing:
            transcript = self._understander.hear(utterance).transcript
            reply = reply_in(transcript.text)
            if reply is not None and transcript.mean_logprob >= self._options.floor:
                return Request(reply, transcript.text, utterance.end_ns)
        outcome, heard = self._understander.understand(utterance)
        if not isinstance(outcome, Accepted) or heard.match is None:
            return None
        choose = partial(self._understander.choose_value, heard, "name")
        return Request(asked_by(heard.match), outcome.text, utterance.end_ns, choose)
