"""Propose other wordings of a phrase, as text for the person to confirm (pure).

What else a person may say cannot be inferred from one utterance, so Encore offers wordings of English desktop commands
and learns those that are wanted. Slots stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz

from encore_models.macro import SLOT_PATTERN, Phrase
from encore_models.phrases import best_match, without_fillers, words_of

MOST = 8

_VERBS: tuple[tuple[str, ...], ...] = (
    ("play", "put on", "start playing", "i want to hear", "listen to", "let me hear", "start"),
    ("open", "show me", "bring up", "go to", "pull up", "launch", "open up"),
    ("launch", "open", "start", "run", "bring up"),
    ("show", "show me", "display", "bring up", "let me see", "open"),
    ("start", "begin", "launch", "run", "start up"),
    ("run", "start", "execute", "launch"),
    ("close", "shut", "exit", "close down", "get rid of"),
    ("quit", "exit", "close"),
    ("stop", "end", "halt", "cancel"),
    ("pause", "hold", "stop", "interrupt"),
    ("resume", "continue", "go on with", "carry on with"),
    ("skip", "jump over", "pass over", "move past"),
    ("next", "go to the next", "skip to the next", "move to the next", "following", "jump to the next"),
    ("previous", "go to the previous", "back to the last", "last", "return to the previous"),
    ("go to", "open", "take me to", "switch to", "jump to", "show me"),
    ("go back", "back", "take me back", "return", "one step back"),
    ("switch to", "change to", "go to", "use", "move to"),
    ("search for", "look for", "find", "look up", "search"),
    ("find", "look for", "search for", "locate", "where is"),
    ("look up", "search for", "find", "look for"),
    ("send", "mail", "send off", "send out", "deliver"),
    ("write", "compose", "draft", "type"),
    ("type", "write", "enter", "put in"),
    ("call", "phone", "ring", "dial", "make a call to"),
    ("message", "text", "write to", "send a message to"),
    ("email", "mail", "write to", "send an email to"),
    ("make", "create", "set up", "build"),
    ("create", "make", "make a new", "add", "set up"),
    ("new", "create a new", "make a new", "open a new", "start a new"),
    ("add", "put", "include", "insert"),
    ("delete", "remove", "erase", "get rid of", "throw away"),
    ("remove", "delete", "take away", "get rid of", "take out"),
    ("save", "store", "keep"),
    ("copy", "duplicate", "make a copy of"),
    ("print", "print out", "make a printout of"),
    ("rename", "change the name of", "give another name to"),
    ("mute", "silence", "turn off the sound of"),
    ("lock", "secure"),
    ("clear", "empty", "wipe"),
    ("like", "love", "favorite", "add a heart to"),
    ("shuffle", "mix up", "play in random order"),
    ("repeat", "play again", "loop", "replay"),
    ("connect", "link", "pair", "connect to"),
    ("select", "mark", "choose", "pick"),
    ("minimize", "hide", "put away"),
    ("maximize", "enlarge", "make full size"),
    ("reset", "start over with", "set back", "restart"),
    ("set", "change", "adjust"),
    ("read", "read out", "read aloud", "tell me"),
    ("undo", "take back", "revert"),
    ("zoom in", "make it bigger", "magnify", "enlarge this", "closer"),
    ("zoom out", "make it smaller", "shrink this", "further away"),
    ("take", "make", "capture"),
    ("check", "look at", "show me", "see"),
    ("turn on", "switch on", "enable", "activate"),
    ("turn off", "switch off", "disable", "deactivate"),
    ("turn up", "raise", "increase"),
    ("turn down", "lower", "decrease", "reduce"),
)
"""First words of a command, and what may stand for them."""

_MADE = {
    "bigger": ("enlarge", "increase the size of"),
    "larger": ("enlarge", "increase the size of"),
    "smaller": ("shrink", "decrease the size of"),
    "louder": ("turn up", "raise the volume of"),
    "quieter": ("turn down", "lower the volume of"),
    "brighter": ("brighten", "increase the brightness of"),
    "darker": ("darken", "decrease the brightness of"),
}
"""What "make" with such a word at the end means."""
_PARTICLES = frozenset({"up", "down", "on", "off"})
"""May stand behind what is turned: "turn the volume up"."""

_NOUNS: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split("|"))
    for names in (
        "song|track|tune",
        "picture|photo|image",
        "settings|preferences|options",
        "volume|sound",
        "email|mail",
        "file|document",
        "folder|directory",
        "browser|web browser",
        "movie|film",
        "mails|emails|messages",
        "songs|tracks",
        "pictures|photos|images",
        "screen|display",
        "computer|machine",
    )
)


def propose(phrase: Phrase, others: Iterable[Phrase] = ()) -> tuple[str, ...]:
    """Other wordings with the same slots, the most natural first.

    Args:
        phrase: What the person says.
        others: Phrases of other macros; nothing is proposed that could be taken for one of them.

    Returns:
        At most eight, without the phrase itself.
    """
    taken = list(others)
    text = _bare(phrase.text)
    proposals: dict[str, None] = {}
    for proposal in _wordings(text):
        same_slots = sorted(SLOT_PATTERN.findall(proposal)) == sorted(phrase.slots)
        # One word alone is too easily heard in other speech.
        known = proposal in (text, phrase.text) or " " not in proposal
        if same_slots and not known and not _taken(proposal, taken):
            proposals[proposal] = None
    return tuple(proposals)[:MOST]


def _bare(text: str) -> str:
    """Lower case, without punctuation and without fillers around it; slots stay."""
    pieces = SLOT_PATTERN.split(text)
    words: list[str] = []
    for index, piece in enumerate(pieces):
        words += ["{" + piece + "}"] if index % 2 else words_of(piece)
    start, end = without_fillers(words)
    return " ".join(words[start:end])


def _wordings(text: str) -> Iterator[str]:
    """Other verbs, then other nouns, then other verbs with other nouns."""
    verbs = list(_other_verbs(text))
    nouns = list(_other_nouns(text))
    # The first few of each kind before the rest: a person reads from the top.
    yield from verbs[:4]
    yield from nouns[:2]
    yield from verbs[4:]
    yield from nouns[2:]
    for verb in verbs[:2]:
        yield from _other_nouns(verb)


def _other_verbs(text: str) -> Iterator[str]:
    first, *middle, last = text.split() if " " in text else (text, text)
    if first == "make" and last in _MADE:
        yield from (f"{verb} {' '.join(middle) or 'it'}" for verb in _MADE[last])
        return
    text = _joined_particle(text)
    longest = max((group[0] for group in _VERBS if _begins(text, group[0])), key=len, default=None)
    for verb, *rest in _VERBS:
        if verb != longest:
            continue
        object_ = text[len(verb) :].strip()
        for other in rest:
            if _complete(other, object_):
                yield f"{other} {object_}".strip()


def _joined_particle(text: str) -> str:
    """Turn "turn the volume up" into "turn up the volume"."""
    first, *rest = text.split()
    if first in ("turn", "switch") and len(rest) > 1 and rest[-1] in _PARTICLES:
        return " ".join(["turn", rest[-1], *rest[:-1]])
    return text


def _begins(text: str, verb: str) -> bool:
    return text == verb or text.startswith(f"{verb} ")


def _complete(verb: str, object_: str) -> bool:
    """Whether verb and object make a command: "switch to" does not, nor "the next the song"."""
    last = verb.split()[-1]
    if not object_:
        return last not in {"to", "on", "the", "new", "of", "with", "me", "from", "a", "for", "next", "previous"}
    needs_bare = last in {"next", "previous", "last", "following", "new", "a"}
    return not (needs_bare and object_.split()[0] in {"the", "a", "an", "my", "this"})


def _other_nouns(text: str) -> Iterator[str]:
    words = text.split()
    for place, word in enumerate(words[1:], start=1):
        for group in _NOUNS:
            if word in group:
                for other in sorted(group - {word}):
                    yield " ".join([*words[:place], other, *words[place + 1 :]])


def _taken(proposal: str, others: Iterable[Phrase]) -> bool:
    """Whether the wording could be taken for another phrase, or that for it."""
    mine = Phrase(proposal)
    return any(_could_be(mine, other) or _could_be(other, mine) for other in others)


def _could_be(one: Phrase, other: Phrase) -> bool:
    """Whether what one says fits the other word by word, whatever stands in the slots, or all but does."""
    match = best_match(other, SLOT_PATTERN.sub("something", one.text))
    if match is not None and match.likeness >= 100.0:
        return True
    return not one.slots and not other.slots and fuzz.ratio(one.text, other.text) >= 90.0
