"""What is done in an application: intents, tasks made of them, and what the right decision is at any moment (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from encore_models.training.action.applications import Application
from encore_models.training.action.canvas import Part
from encore_models.training.action.screens import View

SEARCHED = 0.3
"""Of the days the search field still holds what was looked for before."""

IntentKind = Literal["page", "field", "type", "enter", "row", "mark", "toggle", "command", "answer", "slider"]


@dataclass(frozen=True, slots=True)
class Intent:
    """One step of a task, in terms of the application."""

    kind: IntentKind
    name: str
    """Of the page, row, toggle, command, answer; the text that is typed."""
    slot: bool = False
    """Whether it follows what is said."""
    action: str = "click"
    part: Part = "icon"
    """Which part of the control is acted on."""

    @property
    def key(self) -> str:
        """Of its control; empty for typing and keys."""
        if self.kind in ("type", "enter"):
            return ""
        return self.kind if self.kind in ("field", "slider") else f"{self.kind}:{self.name}"

    @property
    def argument(self) -> str:
        """As in `samples.ARGUMENTS`."""
        return "slot" if self.slot else "literal" if self.kind == "type" else "none"


@dataclass(frozen=True, slots=True)
class Task:
    """A command and the steps it takes; the shown value of its slot is `value`."""

    command: str
    """What is said, the slot in braces."""
    intents: tuple[Intent, ...]
    value: str = ""

    def said(self, value: str) -> str:
        """The command for a value."""
        return self.command.replace("{}", value)

    def today(self, value: str) -> Task:
        """The same task for another value of its slot."""
        intents = tuple(replace(i, name=value) if i.slot else i for i in self.intents)
        return replace(self, intents=intents, value=value)


def after(intent: Intent, view: View) -> View:
    """The view once a step has had its effect."""
    match intent.kind:
        case "page":
            return replace(view, page=intent.name, results=False, selected="", focus=False)
        case "field":
            return replace(view, focus=True)
        case "type":
            return replace(view, typed=intent.name)
        case "enter":
            items = tuple(dict.fromkeys((view.typed, *view.items)))[: len(view.items)]
            return replace(view, results=True, focus=False, items=items)
        case "row":
            return replace(view, selected=intent.name)
        case "mark":
            return replace(view, marked=view.marked | {intent.name})
        case "toggle":
            return replace(view, on=view.on | {intent.name})
        case "command":
            return replace(view, dialog=intent.name)
        case "answer":
            return replace(view, dialog="")
        case "slider":
            return replace(view, level=0.9)


def holds(intent: Intent, view: View) -> bool:
    """Whether the screen shows already what a step is for; False where it cannot show it."""
    match intent.kind:
        case "page":
            return view.page == intent.name
        case "field":
            return view.focus
        case "type":
            return view.typed == intent.name
        case "enter":
            return view.results
        case "row":
            return view.selected == intent.name
        case "mark":
            return intent.name in view.marked
        case "toggle":
            return intent.name in view.on
        case "command":
            return view.dialog == intent.name
        case "answer" | "slider":
            return False


def next_step(intents: Sequence[Intent], progress: Sequence[int], view: View) -> int | None:
    """The first step that was not done and is still needed; None where nothing is left.

    A step whose effect the screen shows already is not needed, nor is going to the field that holds its text, nor what
    was left out before a step that was done.
    """
    first = max((number + 1 for number, done in enumerate(progress) if done == 1), default=0)
    for number, intent in enumerate(intents[first:], first):
        if holds(intent, view):
            continue
        if intent.kind == "field" and number + 1 < len(intents) and holds(intents[number + 1], view):
            continue
        return number
    return None


def draw_view(app: Application, rng: np.random.Generator, count: int = 12) -> View:
    """An application as one finds it."""
    titles = [f"{first} {second}" for first in app.first for second in app.second]
    items = [titles[n] for n in rng.choice(len(titles), count, replace=False)]
    return View(
        page=app.pages[int(rng.integers(len(app.pages)))].name,
        items=tuple(items),
        makers=tuple(str(app.makers[n]) for n in rng.integers(len(app.makers), size=count)),
        on=frozenset(toggle.name for toggle in app.toggles if rng.random() < 0.2),
        marked=frozenset(title for title in items if rng.random() < 0.15),
        level=float(rng.uniform(0.1, 0.7)),
        typed=titles[int(rng.integers(len(titles)))] if rng.random() < SEARCHED else "",
    )


def draw_task(app: Application, view: View, labels: bool, rng: np.random.Generator) -> Task:
    """A task of 3 to 8 steps that can be shown from a view.

    Args:
        app: The application.
        view: Where the demonstration begins.
        labels: Whether pages have labels that can be clicked.
        rng: Where chance comes from.
    """
    while True:
        task = _draw(app, view, labels, rng)
        if 3 <= len(task.intents) <= 8:
            return task


def _draw(app: Application, view: View, labels: bool, rng: np.random.Generator) -> Task:
    intents: list[Intent] = []
    said: list[str] = []
    pages = [page.name for page in app.pages if page.name != view.page]
    # Only what lies in easy reach: the last rows may be below the edge of a small window.
    value = view.items[int(rng.integers(5))]
    slot = bool(rng.random() < 0.65)
    if rng.random() < 0.7:
        page = pages[int(rng.integers(len(pages)))]
        intents.append(Intent("page", page, part="text" if labels and rng.random() < 0.6 else "icon"))
        said.append(_one_of((f"open {page}", f"go to {page}", f"in {page}"), rng))
    what = "{}" if slot else value
    searched = bool(rng.random() < 0.5)
    if searched:
        intents.append(Intent("field", "", part="field"))
        intents.append(Intent("type", value, slot, action="type"))
        intents.append(Intent("enter", "", action="press"))
        said.append(_one_of((f"search for {what}", f"find {what}", f"look for {what}"), rng))
    if rng.random() < 0.6:
        action = "double_click" if rng.random() < 0.3 else "click"
        intents.append(Intent("row", value, slot, action, "text"))
        said.append(_one_of((f"open {what}", f"choose {what}", f"{app.item} {what}"), rng))
    if rng.random() < 0.4 and value not in view.marked:
        intents.append(Intent("mark", value, slot, part="icon"))
        it = "it" if searched or (intents[:-1] and intents[-2].kind == "row") else what
        said.append(f"{app.mark.name.lower()} {it}")
    off = [toggle.name for toggle in app.toggles if toggle.name not in view.on]
    if off and rng.random() < 0.45:
        toggle = off[int(rng.integers(len(off)))]
        intents.append(Intent("toggle", toggle))
        said.append(_one_of((f"turn on {toggle}", f"{toggle} on", f"with {toggle}"), rng))
    if rng.random() < 0.25:
        intents.append(Intent("slider", app.slider, action="drag", part="slider"))
        said.append(f"{app.slider} up")
    if rng.random() < 0.4:
        command = app.commands[int(rng.integers(len(app.commands)))].name
        intents.append(Intent("command", command))
        intents.append(Intent("answer", "OK", part="text"))
        said.append(command)
    return Task(_command(said, what, rng).lower(), tuple(intents), value)


def _command(said: Sequence[str], what: str, rng: np.random.Generator) -> str:
    """Of what is done what a person says: the slot, and at most one thing more."""
    with_value = [part for part in said if what in part]
    others = [part for part in said if what not in part]
    kept = with_value[-1:] + ([others[int(rng.integers(len(others)))]] if others else [])
    return " and ".join(part for part in said if part in kept)


def _one_of(ways: Sequence[str], rng: np.random.Generator) -> str:
    return ways[int(rng.integers(len(ways)))]
