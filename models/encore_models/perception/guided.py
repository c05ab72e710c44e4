"""Which of many known texts was said: Whisper's decoder, led along the texts that can be meant.

The texts make a trie of tokens; a beam walks it, so that 5,000 titles cost hardly more than 50 and no good transcript
is needed. What counts is not how likely a text is but how much likelier the sound makes it: the decoder knows famous
titles by heart and would hear them in any noise. So the log p that it gives each token in silence is taken off in part.
Those are computed ahead where there is time for it, else when a beam first comes by, and kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.voice import Encoded

Array = NDArray[np.float32]
_Hypothesis = tuple[float, float, float, float, "_Node"]
"""Gain, log p, losses, regret and place of a text that is being spelt."""

AT_ONCE = 32
"""Tokens of texts that can only go on in one way and are looked at in one pass: another pass costs about ten."""
AHEAD = 8
"""Beginnings that are looked at together ahead of time; whoever listens meanwhile waits for one such pass at most."""
MOST_REGRET = 6.0
"""Nats that one token may be regretted by: from there on it is another word, however loud."""


class Decoding(Protocol):
    """What is needed of the voice model (see `encore_models.perception.voice.Voice`)."""

    @property
    def silence(self) -> Encoded:
        """Two seconds of it."""

    @property
    def endings(self) -> tuple[int, ...]:
        """Tokens that can end a sentence or a part of it."""

    def tokens(self, text: str) -> list[int]:
        """The text in the vocabulary's pieces."""

    def follow(self, encoded: Encoded, tokens: NDArray[np.int64], past: Array | None) -> tuple[Array, Array]:
        """Log p [B, N, V] of what follows each of the tokens [B, N] after the past, and the past with them."""


@dataclass(frozen=True, slots=True)
class GuideOptions:
    """How wide the search is. Log p are natural logarithms."""

    known_by_heart: float = 0.5
    """Share of the log p in silence that is taken off."""
    first: int = 24
    """Beginnings that are followed."""
    width: int = 10
    """Texts that are followed after that."""
    prune: float = 6.0
    """How far behind the best one of the same length, or a finished one, a text is still followed."""


@dataclass(frozen=True, slots=True)
class Spelt:
    """A text that was followed to its end."""

    index: int
    """In the texts of the guide."""
    gain: float
    """Log p of all its tokens and an end, less the share of what they have in silence."""
    log_p: float
    """Of all its tokens and an end."""
    tokens: int
    """How many, the end included."""
    losses: float = 0.0
    """The gains of those tokens against which the sound speaks, together, at most 0: texts that share most words
    differ in a few, which the others do not outweigh."""
    regret: float = 0.0
    """Nats by which other tokens were likelier than its own, at most `MOST_REGRET` each, together."""


@dataclass(slots=True, eq=False)
class _Node:
    """A beginning of texts."""

    parent: _Node | None = None
    token: int = -1
    depth: int = 0
    next: dict[int, _Node] = field(default_factory=dict)
    texts: list[int] = field(default_factory=list)
    """Those that end here."""
    tokens: NDArray[np.int64] | None = None
    """Of `next`; these three are None until a beam came by."""
    prior: Array | None = None
    """Log p of each of them in silence."""
    past: NDArray[np.float16] | None = None
    """The decoder's memory [2L, H, D/H] of this token in silence; None again where all that goes on is known."""


class _Looked:
    """What the decoder found in one pass of texts that can only go on in one way."""

    def __init__(self, following: Array | None = None, rows: NDArray[np.intp] | None = None) -> None:
        self._following = following
        """[B, N, V]."""
        self._rows = np.arange(0) if rows is None else rows
        """Of those texts that are still followed."""
        self._place = 0

    def on(self, rows: Sequence[int]) -> bool:
        """Go on to the next token of these of its texts; False where that was not looked at."""
        self._place += 1
        self._rows = self._rows[rows] if self._following is not None else self._rows
        return self._following is not None and self._place < self._following.shape[1]

    def logs(self) -> Array:
        """Log p of what follows the texts so far, [B, V]."""
        assert self._following is not None
        found: Array = self._following[self._rows, self._place]
        return found


class Guide:
    """Finds texts of one list in sound. For one thread at a time; another one may `prepare` it meanwhile."""

    def __init__(
        self,
        decoder: Decoding,
        texts: Sequence[Sequence[str]],
        before: str = "",
        options: GuideOptions | None = None,
    ) -> None:
        """Build the trie; the decoder is asked for nothing but tokens.

        Args:
            decoder: Whisper's.
            texts: Each in all the ways it may be written, at least one.
            before: Words that usually go before, for what is likely in silence.
            options: How wide the search is.
        """
        self._decoder = decoder
        self._options = options or GuideOptions()
        self._before = before
        self._learning = threading.Lock()
        self._silent_past: NDArray[np.float16] | None = None
        self._root = _Node()
        self._ends: list[list[_Node]] = []
        for index, forms in enumerate(texts):
            self._ends.append([self._add(index, form) for form in forms])

    def _add(self, index: int, form: str) -> _Node:
        node = self._root
        for token in self._decoder.tokens(form):
            if token not in node.next:
                node.next[token] = _Node(node, token, node.depth + 1)
            node = node.next[token]
        if index not in node.texts:
            node.texts.append(index)
        return node

    def spell(self, encoded: Encoded, before: str, after: str = "", kept: Sequence[int] = ()) -> list[Spelt]:
        """The texts that fit best.

        Args:
            encoded: What was heard.
            before: The words that were said before the text.
            after: The words that were said after it.
            kept: Texts to follow to their end in any case.

        Returns:
            The likeliest texts, best first; never all of them, where there are many.
        """
        if not self._root.next:
            return []
        self._begin()
        endings = [*self._decoder.endings, *(self._decoder.tokens(after)[:1] if after else [])]
        keep = {id(node) for index in kept for end in self._ends[index] for node in _way_to(end)}
        found: dict[int, Spelt] = {}
        following, past = self._decoder.follow(encoded, self._tokens(before), None)
        logs, looked = following[:, -1], _Looked()
        paths: list[_Hypothesis] = [(0.0, 0.0, 0.0, 0.0, self._root)]
        while paths:
            self._note_ends(paths, logs, endings, found)
            best = max((spelt.gain for spelt in found.values()), default=-np.inf)
            chosen = self._chosen(paths, logs, best, keep)
            if not chosen:
                break
            rows = [row for row, _ in chosen]
            paths = [path for _, path in chosen]
            nodes = [node for *_, node in paths]
            self._learn(nodes)
            if not looked.on(rows):
                following, past = self._decoder.follow(encoded, _chains(nodes), past[:, rows])
                looked = _Looked(following, np.arange(len(rows)))
            logs = looked.logs()
        return sorted(found.values(), key=lambda spelt: -spelt.gain)

    def _tokens(self, before: str) -> NDArray[np.int64]:
        """Those before the text [1, N]; none where nothing goes before it, for a blank would be a token, too."""
        return np.array([self._decoder.tokens(before) if before else []], np.int64)

    def _note_ends(self, paths: list[_Hypothesis], logs: Array, endings: list[int], found: dict[int, Spelt]) -> None:
        for row, (gain, log_p, losses, regret, node) in enumerate(paths):
            if node.texts:
                ended = float(np.logaddexp.reduce(logs[row, endings]))
                lost = losses + min(0.0, ended)
                missed = regret + min(MOST_REGRET, max(0.0, float(logs[row].max()) - ended))
                for index in node.texts:
                    if index not in found or found[index].gain < gain + ended:
                        found[index] = Spelt(index, gain + ended, log_p + ended, node.depth + 1, lost, missed)

    def _chosen(
        self, paths: list[_Hypothesis], logs: Array, finished: float, keep: set[int]
    ) -> list[tuple[int, _Hypothesis]]:
        """What to follow next, and the row that it continues."""
        options, steps = self._options, []
        for path, heard in zip(paths, logs, strict=True):
            assert path[-1].tokens is not None
            assert path[-1].prior is not None
            new = heard[path[-1].tokens]
            steps.append((path, new, new - options.known_by_heart * path[-1].prior, float(heard.max())))
        gains = np.concatenate([path[0] + gained for path, _, gained, _ in steps])
        if not len(gains):
            return []
        width = min(len(gains), options.first if paths[0][-1] is self._root else options.width)
        least = max(finished, float(gains.max())) - options.prune
        least = max(least, float(np.partition(gains, len(gains) - width)[len(gains) - width]))
        chosen = []
        for row, ((gain, log_p, losses, regret, node), new, gained, likeliest) in enumerate(steps):
            assert node.tokens is not None
            good = gain + gained >= least
            if keep:
                good |= np.array([id(node.next[int(token)]) in keep for token in node.tokens], bool)
            for place in np.flatnonzero(good):
                own, of_it = float(new[place]), float(gained[place])
                missed = regret + min(MOST_REGRET, likeliest - own)
                to = node.next[int(node.tokens[place])]
                chosen.append((row, (gain + of_it, log_p + own, losses + min(0.0, of_it), missed, to)))
        return chosen

    def prepare(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Compute what all texts are in silence, so that no utterance has to wait for it.

        Args:
            cancelled: Asked between passes; what was computed until then is kept.
        """
        self._begin()
        beginnings = list(self._root.next.values())
        # A few first tokens after the others: what the decoder remembers of them is not needed any longer then.
        for first in range(0, len(beginnings), AHEAD):
            level = group = beginnings[first : first + AHEAD]
            while level:
                for start in range(0, len(level), AHEAD):
                    if cancelled():
                        return
                    self._learn(level[start : start + AHEAD])
                # Ends need no pass, so they would only make passes smaller.
                level = [below for above in level for below in above.next.values() if below.next]
            with self._learning:
                for node in group:
                    _forget_past(node)

    def _begin(self) -> None:
        """Know what is likely in silence at the start."""
        with self._learning:
            if self._silent_past is None:
                logs, past = self._decoder.follow(self._decoder.silence, self._tokens(self._before), None)
                _note_prior(self._root, logs[0, -1])
                self._silent_past = past[:, 0].astype(np.float16)

    def _learn(self, nodes: Sequence[_Node]) -> None:
        """Know what is likely after these nodes in silence; all are equally deep and their parents are known."""
        with self._learning:
            new = [node for node in nodes if node.prior is None]
            for node in new:
                if not node.next:
                    _note_prior(node, np.zeros(1, np.float32))
            inner = [node for node in new if node.next]
            if inner:
                self._look_on(inner)

    def _look_on(self, nodes: Sequence[_Node]) -> None:
        """The same of nodes that are no ends."""
        assert self._silent_past is not None
        pasts = []
        for node in nodes:
            way = [step.past for step in _way_to(node) if step.past is not None]
            pasts.append(np.concatenate([self._silent_past, *(past[:, :, None] for past in way)], axis=2))
        tokens = np.array([[node.token] for node in nodes], np.int64)
        past = np.stack(pasts, axis=1).astype(np.float32)
        logs, past = self._decoder.follow(self._decoder.silence, tokens, past)
        for row, node in enumerate(nodes):
            node.past = past[:, row, :, -1].astype(np.float16)
            _note_prior(node, logs[row, -1])


def _chains(nodes: Sequence[_Node]) -> NDArray[np.int64]:
    """The tokens of these nodes and of all that must follow them, [B, N], filled up with anything.

    Only those of the nodes themselves [B, 1] where some can go on in two ways, or the rest is too long to be worth it.
    """
    chains = []
    for node in nodes:
        chain, last = [node.token], node
        while len(last.next) == 1:
            (last,) = last.next.values()
            chain.append(last.token)
        chains.append([node.token] if last.next else chain)
    longest = max(map(len, chains))
    if longest * len(chains) > AT_ONCE or any(
        len(chain) == 1 and node.next for chain, node in zip(chains, nodes, strict=True)
    ):
        return np.array([[node.token] for node in nodes], np.int64)
    return np.array([chain + [0] * (longest - len(chain)) for chain in chains], np.int64)


def _note_prior(node: _Node, logs: Array) -> None:
    node.tokens = np.fromiter(node.next, np.int64, len(node.next))
    node.prior = logs[node.tokens]


def _forget_past(node: _Node) -> None:
    """What the decoder remembers of this beginning and all that goes on; nothing of it is computed any more."""
    below = [node]
    while below:
        one = below.pop()
        one.past = None
        below += one.next.values()


def _way_to(node: _Node) -> Iterator[_Node]:
    """From below the root to the node."""
    way = []
    while node.parent is not None:
        way.append(node)
        node = node.parent
    return reversed(way)
