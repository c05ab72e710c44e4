"""Macros of one command that do different things: only the person can tell which of them is right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from encore_agent.library import Library
from encore_models.macro import Macro
from encore_models.perception.clip import Clip
from encore_models.store import read_picture
from encore_models.ways import Contradiction, Way, against, same_command


def contradiction(library: Library, macro_id: str, clip: Callable[[], Clip]) -> Contradiction | None:
    """What else of the library a macro's command does; None where nothing differs.

    Args:
        library: The user's.
        macro_id: Of the macro, which is named first.
        clip: Gives what compares looks; asked only where something has no text.

    Raises:
        UnknownMacro: There is no such macro.
        BrokenMacro: It cannot be read.
    """

    def way(macro: Macro) -> Way:
        return Way(macro.id, macro, partial(read_picture, library.macros_folder / macro.id))

    mine = way(library.macro(macro_id))
    others = against(mine, [way(one) for one in library.macros() if one.id != macro_id], clip)
    if not others:
        return None
    return Contradiction(same_command(mine.macro, others[0].macro), [macro_id], [other.name for other in others])
