"""What the demonstration says at its end: sentences, no program text."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos.rehearsal import End
from demos.report import told
from encore_agent.messages import Asked, Command, Finished, Halted, Rejected, Trouble


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Finished("e", "MPRIS: Yesterday is Playing", 2800.0), "done, MPRIS: Yesterday is Playing"),
        (Finished("e", None, 2800.0), "done, not verified"),
        (Halted("e", 2, "no row reads like it", Path("a.png")), "halted at step 3: no row reads like it"),
        (Asked("play", "it could be “Yesterday”", (Command("play", {}, 0.4),)), "asked: it could be “Yesterday”"),
        (Rejected("lay", "no command sounds like it"), "not understood: no command sounds like it"),
        (Trouble("the microphone is gone"), "the microphone is gone"),
        (None, "nothing was heard"),
    ],
)
def test_every_end_is_told_in_words(outcome: End | None, words: str) -> None:
    assert told(outcome) == words
