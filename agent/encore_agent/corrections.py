"""What the person, or the outcome, says about an utterance that was heard: learn from it."""

from __future__ import annotations

from encore_agent.errors import PrintGone
from encore_agent.library import Library


def missed(library: Library, heard_id: int, macro_id: str, as_phrase: bool = False) -> None:
    """The utterance meant that macro: it becomes an enrolment, and an impostor of what it started instead.

    Args:
        library: Where both are kept.
        heard_id: Entry of the heard log.
        macro_id: What was meant.
        as_phrase: Whether its words are another wording of the command, too.

    Raises:
        UnknownUtterance: There is no such entry.
        UnknownMacro: There is no such macro.
        PrintGone: Its print is no longer kept; nothing was changed.
        ValueError: Its words make no phrase; nothing was changed.
    """
    entry = library.heard_log.entry(heard_id)
    library.folder(macro_id)
    printed = library.heard_log.print_of(heard_id)
    if as_phrase:
        library.add_phrase(macro_id, entry.text.lower().strip(" .,!?"))
    library.enrolments.forget(heard_id)
    started = entry.macro_id if entry.accepted else None
    if started is not None and started != macro_id and _is_there(library, started):
        library.enrolments.add_impostor(started, printed, entry.text, heard_id)
    library.enrolments.add(macro_id, printed, entry.text, "corrected", heard_id)
    library.heard_log.corrected(heard_id, "missed")


def false_fire(library: Library, heard_id: int) -> None:
    """The utterance did not mean what it started, or nearly did: it becomes an impostor of that.

    Raises:
        UnknownUtterance: There is no such entry.
        PrintGone: Its print is no longer kept; nothing was changed.
        ValueError: It came near no macro that there is; nothing was changed.
    """
    entry = library.heard_log.entry(heard_id)
    if entry.macro_id is None or not _is_there(library, entry.macro_id):
        raise ValueError(f"utterance {heard_id} started no macro that there is; there is nothing to put right")
    printed = library.heard_log.print_of(heard_id)
    library.enrolments.forget(heard_id)
    library.enrolments.add_impostor(entry.macro_id, printed, entry.text, heard_id)
    library.heard_log.corrected(heard_id, "false_fire")


def undo(library: Library, heard_id: int) -> None:
    """Forget what was learned from the utterance, whoever said so; a phrase that came of it stays.

    Raises:
        UnknownUtterance: There is no such entry.
    """
    library.heard_log.entry(heard_id)
    library.enrolments.forget(heard_id)
    library.heard_log.corrected(heard_id, "")


def confirmed(library: Library, heard_id: int) -> bool:
    """The utterance was meant as it was understood: its effect was seen, or the person said yes.

    It becomes another enrolment, unless it sounds more like another macro's, for then one of them was misheard and
    only the person can tell which.

    Returns:
        Whether it was learned from.

    Raises:
        UnknownUtterance: There is no such entry.
        OSError: The disk did not take it.
    """
    entry = library.heard_log.entry(heard_id)
    if entry.correction or not entry.accepted or entry.macro_id is None or not _is_there(library, entry.macro_id):
        return False
    try:
        printed = library.heard_log.print_of(heard_id)
    except PrintGone:
        return False
    if library.enrolments.nearest(printed) not in (None, entry.macro_id):
        return False
    library.enrolments.add(entry.macro_id, printed, entry.text, "confirmed", heard_id)
    library.heard_log.corrected(heard_id, "confirmed")
    return True


def _is_there(library: Library, macro_id: str) -> bool:
    """Whether it is a macro of the library: it may be deleted meanwhile, and controls are called without any."""
    return (library.macros_folder / macro_id).is_dir()
