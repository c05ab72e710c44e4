"""What Encore as a whole does when it is spoken to: commands, other wordings, siblings, titles, talk."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rapidfuzz import fuzz, process

from encore_agent.values import letters_of
from encore_models.macro import Macro
from encore_models.phrases import words_of
from tests.benchmarks.hearing.commands import TITLES_KNOWN, Split, commands, requests, spoken, talk, titles
from tests.benchmarks.hearing.ours import PLAY, Ears, Question, Trial, command_macros, id_of, play_macro, worded_macros
from tests.benchmarks.hearing.prints_alone import FAR, voice_groups
from tests.benchmarks.hearing.score import auroc, by_group, missed_at, share_of, threshold_at
from tests.benchmarks.hearing.sounds import CLEAN, CONDITIONS, TO_5_DB, TO_10_DB, Condition

Advance = Callable[[], None]
AT_10_DB = CONDITIONS[2]
SLOT_CONDITIONS = (CLEAN, AT_10_DB)
_USED, _ALIKE = 8, 3
"""Titles that were played before, and how many of those are the ones most like what is asked for."""


def everything(ears: Ears) -> list[Macro]:
    """What one user may have: 30 commands, other wordings of 12 of them, and 50 known titles to play."""
    split = ears.booth.split
    return [*worded_macros(spoken(split)), play_macro([title.text for title in titles(split)[:50]])]


def ask_commands(ears: Ears, voices: Sequence[str], advance: Advance) -> list[Trial]:
    """Every command in every condition to the one who enrolled it, and to Encore as another one enrolled it."""
    found = []
    macros = everything(ears)
    for number, enroller in enumerate(voices):
        taught = ears.taught(enroller, macros)
        for speaker in (enroller, voices[(number + 1) % len(voices)]):
            for condition in CONDITIONS:
                for text in commands(ears.booth.split):
                    question = _question(ears, "command", speaker, condition, text, id_of(text))
                    found.append(taught.answer(question))
                advance()
    return found


def ask_siblings(ears: Ears, voices: Sequence[str], advance: Advance) -> list[Trial]:
    """15 commands are enrolled; they and their siblings are said by two other voices."""
    split = ears.booth.split
    macros = command_macros(one.text for one in spoken(split))
    found = []
    for number, enroller in enumerate(voices):
        taught = ears.taught(enroller, macros)
        for speaker in sorted({voices[(number + step) % len(voices)] for step in (1, 2)} - {enroller}):
            for condition in TO_5_DB:
                for one in spoken(split):
                    own = _question(ears, "command", speaker, condition, one.text, id_of(one.text))
                    sibling = _question(ears, "sibling", speaker, condition, one.sibling, None)
                    found += [taught.answer(own), taught.answer(sibling)]
                advance()
    return found


def ask_paraphrases(ears: Ears, voices: Sequence[str], advance: Advance) -> list[Trial]:
    """Other wordings by every voice, to Encore as the next voice enrolled it; half of them are registered."""
    split = ears.booth.split
    macros = everything(ears)
    found = []
    for number, speaker in enumerate(voices):
        enroller = voices[(number + 1) % len(voices)]
        taught = ears.taught(enroller, macros)
        for condition in TO_5_DB:
            for one in spoken(split):
                wordings = [("registered", text) for text in one.registered]
                wordings += [("unregistered", text) for text in one.unregistered]
                for kind, text in wordings:
                    question = _question(ears, kind, speaker, condition, text, id_of(one.text))
                    found.append(taught.answer(question))
            advance()
    return found


def ask_talk(ears: Ears, voices: Sequence[str], advance: Advance) -> list[Trial]:
    """Sentences that share words with the commands and ask for nothing."""
    macros = everything(ears)
    found = []
    for speaker in voices:
        taught = ears.taught(speaker, macros)
        for condition in SLOT_CONDITIONS:
            for text in talk(ears.booth.split):
                question = _question(ears, "talk", speaker, condition, text, None)
                found.append(taught.answer(question))
            advance()
    return found


def title_questions(ears: Ears, voices: Sequence[str], known: int) -> Iterator[Question]:
    """Titles of a list asked for: all 50 by every voice; of the 500, 100 by two voices each."""
    for place, request in enumerate(requests(ears.booth.split, known)):
        speakers = (
            voices if known == 50 else [voices[(place + step) % len(voices)] for step in range(min(2, len(voices)))]
        )
        for speaker in speakers:
            for condition in SLOT_CONDITIONS:
                utterance = ears.booth.said(request.text, speaker, condition)
                yield Question(
                    request.wording, speaker, condition.name, request.text, utterance, PLAY, request.title.text
                )


def ask_titles(ears: Ears, voices: Sequence[str], known: int, advance: Advance) -> list[Trial]:
    """Titles asked for, to Encore which knows 50 or 500 of them and the commands."""
    split = ears.booth.split
    macros = [*command_macros(commands(split)), play_macro([title.text for title in titles(split)[:known]])]
    taught = ears.taught(voices[0], macros)
    found = []
    for question in title_questions(ears, voices, known):
        found.append(taught.answer(question))
        advance()
    return found


def ask_unknown(ears: Ears, voices: Sequence[str], advance: Advance) -> list[Trial]:
    """Titles asked for that Encore does not know: all that it knows are others, among them those written most alike.

    They are a list, of 50 or 500 less the one that is asked for, or 8 that were shown and played before, 3 of them
    those most alike of all 500.
    """
    listed = titles(ears.booth.split)
    chance = random.Random(f"unknown {ears.booth.split}")
    found = []
    for title in listed[: TITLES_KNOWN[0]]:
        others = [other.text for other in listed if words_of(other.text) != words_of(title.text)]
        alike = process.extract(title.text, others, scorer=fuzz.ratio, processor=letters_of, limit=_ALIKE)
        near = [text for text, *_ in alike]
        used = near + chance.sample([text for text in others if text not in near], _USED - _ALIKE)
        known = {"played": play_macro(used[:1], used[1:])}
        known |= {
            f"list of {size}": play_macro([one.text for one in listed[:size] if one.text in others])
            for size in TITLES_KNOWN
        }
        for kind, macro in known.items():
            taught = ears.taught(voices[0], [macro])
            for speaker in voices:
                for condition in SLOT_CONDITIONS:
                    text = f"play {title.said}"
                    utterance = ears.booth.said(text, speaker, condition)
                    question = Question(kind, speaker, condition.name, text, utterance, PLAY, title.text)
                    found.append(taught.answer(question))
        advance()
    return found


def _question(ears: Ears, kind: str, speaker: str, condition: Condition, text: str, wanted: str | None) -> Question:
    return Question(kind, speaker, condition.name, text, ears.booth.said(text, speaker, condition), wanted)


def command_figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """Fired, asked and missed of the enrolled voice and of others, down to 10 dB, and of each group."""
    near = {condition.name for condition in TO_10_DB}
    quiet = [trial for trial in trials if trial.condition in near]
    tables: dict[str, Any] = {}
    for name, same in (("same_voice", True), ("other_voices", False)):
        rows = [trial for trial in trials if (trial.speaker == trial.enroller) == same]
        counted = [trial for trial in rows if trial.condition in near]
        tables[name] = {
            "miss": share_of(not trial.fired_right for trial in counted).as_json(),
            "asked": share_of(trial.verdict == "asked" and trial.first_right for trial in counted).as_json(),
            "fired_wrong": share_of(trial.fired_wrong for trial in counted).as_json(),
            "first_right": share_of(trial.first_right for trial in counted).as_json(),
            "miss_by_condition": by_group(rows, lambda trial: trial.condition, lambda trial: not trial.fired_right),
            "miss_by_command": by_group(counted, lambda trial: trial.said, lambda trial: not trial.fired_right),
        }
    tables["miss_by_voice"] = voice_groups(quiet, lambda trial: not trial.fired_right)
    tables["missed"] = _examples(trial for trial in quiet if not trial.fired_right)
    return tables


def sibling_figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """Misses where 1 % of the siblings fire, by the sureness of the whole decision; and what it did as it is set."""
    own = [trial for trial in trials if trial.kind == "command"]
    siblings = [trial for trial in trials if trial.kind == "sibling"]
    genuine = [trial.sure if trial.first_right else -math.inf for trial in own]
    impostors = [trial.sure for trial in siblings]
    threshold = threshold_at(impostors, FAR)

    def missed(trial: Trial) -> bool:
        return not trial.first_right or trial.sure < threshold

    return {
        "miss": missed_at(genuine, threshold).as_json(),
        "threshold": threshold,
        "auroc": round(auroc(genuine, impostors), 4),
        "conditions": by_group(own, lambda trial: trial.condition, missed),
        **voice_groups(own, missed),
        "as_set": {
            "command_missed": share_of(not trial.fired_right for trial in own).as_json(),
            "command_asked": share_of(trial.verdict == "asked" for trial in own).as_json(),
            "sibling_fired": share_of(trial.verdict == "accepted" for trial in siblings).as_json(),
            "sibling_asked": share_of(trial.verdict == "asked" for trial in siblings).as_json(),
        },
        "fired": _examples(trial for trial in siblings if trial.verdict == "accepted"),
    }


def paraphrase_figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """First choice right, and fired, of registered wordings and of others."""
    tables: dict[str, Any] = {}
    for kind in ("registered", "unregistered"):
        rows = [trial for trial in trials if trial.kind == kind]
        tables[kind] = {
            "top1": share_of(trial.first_right for trial in rows).as_json(),
            "fired": share_of(trial.fired_right for trial in rows).as_json(),
            "fired_wrong": share_of(trial.fired_wrong for trial in rows).as_json(),
            "conditions": by_group(rows, lambda trial: trial.condition, lambda trial: trial.first_right),
            **voice_groups(rows, lambda trial: trial.first_right),
        }
    return tables


def title_figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """The right title, a wrong one, or none; in each condition."""
    tables: dict[str, Any] = {}
    for condition in SLOT_CONDITIONS:
        rows = [trial for trial in trials if trial.condition == condition.name]
        tables[condition.name] = {
            "right": share_of(trial.first_right for trial in rows).as_json(),
            "fired_right": share_of(trial.fired_right for trial in rows).as_json(),
            "fired_wrong": share_of(trial.fired_wrong for trial in rows).as_json(),
            "wordings": by_group(rows, lambda trial: trial.kind, lambda trial: trial.first_right),
            **voice_groups(rows, lambda trial: trial.first_right),
            "not_right": _examples(trial for trial in rows if not trial.first_right),
        }
    return tables


def unknown_figures(split: Split, trials: Sequence[Trial]) -> dict[str, Any]:
    """What came of titles that Encore does not know: another one that it knows, the words as they were heard, or none.

    Args:
        split: Whose titles.
        trials: See `ask_unknown`.
    """
    known = {tuple(words_of(title.text)) for title in titles(split)}

    def another(trial: Trial) -> bool:
        return trial.fired_wrong and tuple(words_of(trial.first_value or "")) in known

    tables: dict[str, Any] = {}
    for kind in dict.fromkeys(trial.kind for trial in trials):
        for condition in SLOT_CONDITIONS:
            rows = [trial for trial in trials if trial.kind == kind and trial.condition == condition.name]
            tables.setdefault(kind, {})[condition.name] = {
                "another_fired": share_of(map(another, rows)).as_json(),
                "asked": share_of(trial.verdict == "asked" for trial in rows).as_json(),
                "heard_right": share_of(trial.fired_right for trial in rows).as_json(),
                "another_by_voice": voice_groups(rows, another),
                "another": _examples(filter(another, rows)),
            }
    return tables


def talk_figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """What fires or is asked of talk that shares words with the commands."""
    return {
        "fired": share_of(trial.verdict == "accepted" for trial in trials).as_json(),
        "asked": share_of(trial.verdict == "asked" for trial in trials).as_json(),
        "examples": _examples(trial for trial in trials if trial.verdict == "accepted"),
    }


def _examples(trials: Iterator[Trial], most: int = 60) -> list[str]:
    lines = Counter(
        f"{trial.said} | heard “{trial.heard}” | {trial.verdict} {trial.first or ''} {trial.first_value or ''} | "
        f"{trial.reason} | {trial.speaker}, {trial.condition}"
        for trial in trials
    )
    return [line for line, _ in lines.most_common(most)]
