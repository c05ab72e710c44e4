"""The parts that all kinds of programs are made of: tool bars, lists, cards, forms, canvases."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.benchmarks.finder.dataset import Kind
from tests.benchmarks.finder.icon_source import CONCEPTS, IconShop
from tests.benchmarks.finder.sheet import Part, column, row, space, text
from tests.benchmarks.finder.sheet_words import Words


@dataclass(slots=True)
class Maker:
    """What a program is made with."""

    chance: random.Random
    words: Words
    icons: IconShop

    # Controls ---------------------------------------------------------------------------------------------------------

    def tool(self, concept: str, place: str, tone: str = "flat", width: int = 0) -> Part:
        """A button with an icon only; `place` tells it from another with the same icon."""
        return Part(
            "icon", id=f"{place}-{concept}", kind="icon", concept=concept, icon=self.icons.named(concept), tone=tone,
            width=width,
        )  # fmt: skip

    def tools(self, place: str, *concepts: str, more: int = 0, tone: str = "flat") -> Part:
        """Some of these, and some that are only there."""
        others = [c for c in CONCEPTS if c not in concepts]
        chosen: list[str] = []
        drawings: set[str] = set()
        for concept in [*concepts, *self.chance.sample(others, 2 * more)]:
            if (drawing := self.icons.svg(self.icons.named(concept))) not in drawings and len(chosen) < len(
                concepts
            ) + more:
                chosen.append(concept)
                drawings.add(drawing)
        return row(*(self.tool(c, place, tone) for c in chosen), gap=self.chance.choice((0, 2, 4, 8)), free=True)

    def button(self, label: str, place: str, tone: str = "outline", concept: str = "") -> Part:
        """A button that reads something."""
        icon = self.icons.named(concept) if concept else ""
        return Part("button", id=f"{place}-{label}", kind="text", text=label, tone=tone, icon=icon, concept=concept)

    def field(self, label: str, place: str, concept: str = "", width: int = 0, grow: int = 1) -> Part:
        """A line to write in, with a prompt."""
        icon = self.icons.named(concept) if concept else ""
        return Part(
            "field", id=f"{place}-{label}", kind="field", text=label, icon=icon, concept=concept, width=width, grow=grow
        )

    def slider(self, name: str, *, live: bool = False, width: int = 0) -> Part:
        """A track with a handle."""
        value = self.chance.uniform(0.15, 0.85)
        grow = 0 if width else 1
        return Part(
            "slider", id=f"slider-{name}", kind="slider", text=name, value=value, live=live, width=width, grow=grow
        )

    def check(self, label: str) -> Part:
        """A box to tick."""
        return Part("check", id=f"check-{label}", kind="text", text=label, chosen=self.chance.random() < 0.5)

    def tabs(self, place: str, labels: Sequence[str]) -> Part:
        """Pages to choose from."""
        opened = self.chance.randrange(len(labels))
        return Part(
            "tabs",
            tuple(
                Part("tab", id=f"{place}-{label}", kind="text", text=label, chosen=i == opened)
                for i, label in enumerate(labels)
            ),
            free=True,
            tone=self.chance.choice(("", "ruled")),
        )

    def nav(self, labels: Sequence[tuple[str, str]], width: int = 0) -> Part:
        """A side panel's entries: label and concept."""
        opened = self.chance.randrange(len(labels))
        entries = (
            Part("nav", id=f"nav-{label}", kind="text", text=label, icon=self.icons.named(concept) if concept else "",
                 concept=concept, chosen=i == opened)
            for i, (label, concept) in enumerate(labels)
        )  # fmt: skip
        return Part("column", tuple(entries), gap=self.chance.choice((0, 2, 4)), free=True, width=width)

    def photo(self, width: int = 0, height: int = 0, grow: int = 0, tone: str = "") -> Part:
        """A picture as a camera takes it."""
        return Part("photo", width=width, height=height, grow=grow, value=float(self.chance.randrange(24)), tone=tone)

    # Lists ------------------------------------------------------------------------------------------------------------

    def items(self, titles: Sequence[str], make: Callable[[str], Part], gap: int = 0, tone: str = "list") -> Part:
        """A list whose rows can be scrolled, sorted and chosen."""
        chosen = self.chance.randrange(len(titles)) if self.chance.random() < 0.7 else -1
        rows = [replace(make(title), chosen=i == chosen) for i, title in enumerate(titles)]
        return Part("scroll", (Part("column", tuple(rows), free=True, gap=gap),), grow=1, tone=tone)

    def item(
        self, title: str, *, cover: int = 0, below: str = "", texts: Sequence[str] = (), controls: Sequence[str] = (),
        leading: str = "", height: int = 0, lines: bool = False,
    ) -> Part:  # fmt: skip
        """A row: leading icon or cover, title over a second line, other texts, icons that every row repeats."""
        parts: list[Part] = []
        if leading:
            parts.append(Part("icon", icon=self.icons.named(leading), concept=leading, tone="sign"))
        if cover:
            parts.append(self.photo(cover, cover))
        heading = text(title, "title", id=f"~title:{title}", row=title, grow=3)
        parts.append(column(heading, text(below, "dim", grow=1), gap=0, grow=3) if below else heading)
        parts += [text(words, "dim", grow=1) for words in texts]
        parts += [
            Part(
                "icon", id=f"{c}:{title}", kind="row_icon", icon=self.icons.named(c), concept=c, row=title, tone="flat"
            )
            for c in controls
        ]
        return Part(
            "row", tuple(parts), id=f"row:{title}", kind="row", text=title, row=title,
            tone="lined" if lines else "item", gap=10, pad=6, height=height,
        )  # fmt: skip

    def canvas(self, things: int = 9) -> Part:
        """A drawing with room between its shapes."""
        cells = [(x, y) for x in range(5) for y in range(4)]
        taken = self.chance.sample(cells, things)
        parts = []
        for number, (x, y) in enumerate(taken):
            left, top = 20 + x * 104 + self.chance.randrange(24), 16 + y * 92 + self.chance.randrange(20)
            size = self.chance.randrange(36, 70), self.chance.randrange(30, 56)
            tone = self.chance.choice(("box", "round", "arrow", "note"))
            words = self.words.title() if tone == "note" else ""
            parts.append(Part("shape", tone=tone, text=words, at=(left, top, *size), value=float(number % 5)))
        free = [cell for cell in cells if cell not in taken and cell[0] < 4 and cell[1] < 3]
        for x, y in self.chance.sample(free, min(3, len(free))):
            parts.append(Part("shape", id=f"blank-{x}-{y}", kind="blank", at=(44 + x * 104, 36 + y * 92, 44, 36)))
        return Part("canvas", tuple(parts), grow=1)

    # Groups -----------------------------------------------------------------------------------------------------------

    def group(self, heading: str, *parts: Part) -> Part:
        """A framed group with a heading."""
        return column(text(heading, "heading"), *parts, tone="group", gap=8, pad=10)

    def labelled(self, label: str, control: Part) -> Part:
        """A setting's name before its control."""
        return row(text(label, "strong", width=120), control, gap=12)


LINE = Part("line")
"""Between two paragraphs."""
UPRIGHT = Part("line", tone="upright")
"""Between two groups of tools."""


def titled(make: Callable[[], str], count: int) -> list[str]:
    """Some titles."""
    return [make() for _ in range(count)]


def cards(m: Maker, across: int, down: int, controls: Sequence[str] = ("heart", "cart")) -> Part:
    """A grid of cards, each a photograph with a control on it and a title with another below it."""
    first, second = controls
    lines = []
    for _ in range(down):
        cards = []
        for title in titled(m.words.title, across):

            def control(concept: str, tone: str, title: str = title) -> Part:
                return Part(
                    "icon",
                    id=f"{concept}:{title}",
                    kind="row_icon",
                    icon=m.icons.named(concept),
                    concept=concept,
                    row=title,
                    tone=tone,
                )

            over = column(row(space(), control(first, "over")), space(), pad=6)
            still = Part("stack", (m.photo(grow=1), over), grow=1)
            words = row(
                column(
                    text(title, "title", id=f"~title:{title}", row=title, grow=1),
                    text(m.words.amount(), "dim"),
                    gap=0,
                    grow=1,
                ),
                control(second, "flat"),
                pad=6,
            )
            cards.append(
                Part(
                    "column",
                    (still, words),
                    id=f"row:{title}",
                    kind="row",
                    text=title,
                    row=title,
                    tone="card",
                    grow=1,
                    gap=0,
                )
            )
        lines.append(Part("row", tuple(cards), gap=10, grow=1, free=True))
    return column(*lines, gap=10, grow=1)


def balanced(parts: Sequence[Part], chance: random.Random) -> list[str]:
    """Ids of what is looked for: of each kind as many as there are, up to a few."""
    most: dict[Kind, int] = {"icon": 7, "text": 5, "row": 4, "row_icon": 5, "field": 3, "slider": 3, "blank": 3}
    chosen: list[str] = []
    for kind, count in most.items():
        of_kind = [p.id for p in parts if p.kind == kind]
        if kind in ("row", "row_icon"):  # those that stand high in a list are seen on every picture
            of_kind = of_kind[: 4 * count]
        chosen += chance.sample(of_kind, min(count, len(of_kind)))
    return chosen
