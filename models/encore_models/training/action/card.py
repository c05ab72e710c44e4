"""The model card of the action model, written with the weights it describes."""

from __future__ import annotations

from collections.abc import Mapping

from encore_models.training.action.ledger import Entry
from encore_models.training.action.model import ActionConfig

HEAD = """# The action model

A one-shot imitation transformer (width {width}, fusion `{fusion}`), made by Encore. From the frames of an utterance,
the candidates on a screen and the steps of one demonstration with their progress it says which step is due now, on
which candidate, with which argument; or to wait, that all is done, or to stop. It chooses among candidates that are
there and never gives a place of its own.

How a decision follows from its parts is fixed: the next step is the first one after what was done whose effect is not
there, a target is what looks and reads like the one that was shown, another command is one that does not sound alike.
What training changes is how sure to be of each part.

It has seen {trained_on}; no screen and no voice of any user. Its probabilities are not calibrated for anything else.
Its frames, looks and texts come from the Whisper, the voice head and the UI-CLIP that Encore comes with; with others it
must be trained again.

## Ledger

Measured on the test split; one decision on two threads.

"""

TAIL = """
## Made with

    pip install -e '.[train]'
    python -m encore_models.training.action.train --data DATA --folder runs/action
    python -m encore_models.training.action.export --model runs/action/model --data DATA

`accelerate launch -m encore_models.training.action.train ...` trains on many devices.
"""


def model_card(config: ActionConfig, ledger: Mapping[str, Entry], shipped: str, trained_on: str) -> str:
    """Markdown: what the model is, what it learned from, what each variant costs and loses."""
    metrics = {name: entry.as_metrics() for name, entry in ledger.items()}
    columns = list(dict.fromkeys(column for row in metrics.values() for column in row))
    lines = ["| variant | " + " | ".join(column.replace("_", " ") for column in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    for name, row in metrics.items():
        values = [f"{row[column]:g}" if column in row else "-" for column in columns]
        lines.append(f"| {name}{' (this one)' if name == shipped else ''} | " + " | ".join(values) + " |")
    head = HEAD.format(width=config.width, fusion=config.fusion, trained_on=trained_on)
    return head + "\n".join(lines) + "\n" + TAIL
