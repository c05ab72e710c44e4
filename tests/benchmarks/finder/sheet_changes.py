"""All pictures of one screen: the sheet as shown, and every perturbation of it, from one seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.benchmarks.finder.dataset import FEW, GONE, PRESENT, REFILLED, SHOWN, TOGETHER
from tests.benchmarks.finder.icon_source import ICON_SETS, IconShop, Split, Typeface
from tests.benchmarks.finder.sheet import Arrangement, Look, Part, Sheet, Shot, arranged, changed, walk
from tests.benchmarks.finder.sheet_maker import Maker, balanced
from tests.benchmarks.finder.sheet_programs_dev import DEV
from tests.benchmarks.finder.sheet_programs_final import FINAL
from tests.benchmarks.finder.sheet_words import Words, almost, mistaken, reworded

PERCENTS = {"s125": 125, "s150": 150, "s175": 175}
DIALOG = "~dialog"
SEEN = 6
"""Rows of a list that are seen without scrolling, in most windows."""


@dataclass(frozen=True, slots=True)
class Series:
    """The pictures of a screen before they are drawn."""

    shots: tuple[Shot, ...]
    targets: tuple[str, ...]
    """Ids of what is looked for."""
    slots: dict[str, str]
    """Ids of rows and row icons whose row is chosen by what was said, and the title that is asked for."""
    moved: tuple[int, int, int, int]
    """Of the picture `moved`: left and top of the window in it, in pixels, and how much larger it is."""


@dataclass(frozen=True, slots=True)
class _State:
    """What a picture is made of; each perturbation replaces some of it."""

    sheet: Sheet
    look: Look
    size: tuple[int, int]
    arrangement: Arrangement = "plain"
    percent: int = 100


def series(split: Split, number: int, seed: int, toolkit: str, faces: Sequence[Typeface]) -> Series:
    """The pictures of the screen with a number; the same seed gives the same ones."""
    chance = random.Random(f"{split} {toolkit} {number} {seed}")
    sets = ICON_SETS[split]
    icons = IconShop(sets[number % len(sets)], filled=chance.random() < 0.3)
    programs = DEV if split == "dev" else FINAL
    sheet = programs[number % len(programs)](Maker(chance, Words(split, chance), icons))
    skins = ("flat", "fusion", "outlined", "windows") if toolkit == "qt" else ("flat", "outlined", "soft")
    look = Look(
        skin=skins[(number // 2) % len(skins)], dark=chance.random() < 0.5, hue=chance.randrange(360),
        radius=chance.choice((0, 3, 6, 10)), face=chance.choice(faces), size=chance.choice((13, 13, 14)),
        icon=chance.choice((16, 18, 20, 22)), icons=icons,
    )  # fmt: skip
    state = _State(sheet, look, (chance.randrange(1040, 1200, 4), chance.randrange(680, 780, 4)))
    parts = list(walk(_root(state)))
    targets = tuple(balanced([part for part in parts if part.id], chance))
    maker = _Changes(chance, faces, targets, parts)
    shots = [_shot(SHOWN, state)]
    shots += [_shot(name, maker.present(name, state)) for name in (*PRESENT, *TOGETHER)]
    shots += [maker.gone(name, state) for name in GONE]
    slots = maker.slots()
    place = maker.place()
    # Of a chance of its own, for all others are to stay what they were.
    lists = Lists(random.Random(f"{split} {toolkit} {number} {seed} refilled"), split, parts, slots)
    shots += [_shot(REFILLED, _with(state, lists.refilled)), _shot(FEW, _with(state, lists.few))]
    return Series(tuple(shots), targets, slots, place)


def _root(state: _State) -> Part:
    return arranged(state.sheet, state.arrangement, state.size[0])


def _shot(picture: str, state: _State) -> Shot:
    return Shot(picture, _root(state), state.look, state.size, state.percent)


class _Changes:
    """The perturbations of one screen."""

    def __init__(
        self, chance: random.Random, faces: Sequence[Typeface], targets: Collection[str], parts: Sequence[Part]
    ) -> None:
        self._chance, self._faces, self._targets = chance, faces, targets
        self._parts = {part.id: part for part in parts if part.id}
        self._captions = {part.text for part in parts if part.what == "text"}
        self._gone_first = chance.random() < 0.5

    # Things stay ------------------------------------------------------------------------------------------------------

    def present(self, name: str, state: _State) -> _State:
        """A state in which everything is still there."""
        if name in PERCENTS:
            return replace(state, percent=PERCENTS[name])
        steps: dict[str, tuple[Callable[[_State], _State], ...]] = {
            "same": (self._later,),
            "moved": (self._later,),
            "resized": (self._resized,),
            "reflow": (self._reflowed,),
            "theme": (self._themed,),
            "font": (self._lettered,),
            "renamed": (self._renamed,),
            "reordered": (self._reordered,),
            "hover": (self._hovered,),
            "hard": (self._scaled, self._themed, self._lettered, self._renamed),
            "all": (
                self._scaled, self._themed, self._lettered, self._renamed, self._reordered, self._resized,
                self._reflowed, self._later, self._hovered,
            ),
        }  # fmt: skip
        for step in steps[name]:
            state = step(state)
        return state

    def _scaled(self, state: _State) -> _State:
        return replace(state, percent=self._chance.choice((125, 150, 175)))

    def _themed(self, state: _State) -> _State:
        look, chance = state.look, self._chance
        dark = not look.dark if chance.random() < 0.8 else look.dark
        radius = chance.choice([r for r in (0, 3, 6, 10) if r != look.radius])
        return replace(state, look=replace(look, dark=dark, hue=look.hue + chance.randrange(60, 300), radius=radius))

    def _lettered(self, state: _State) -> _State:
        others = [face for face in self._faces if face != state.look.face]
        size = state.look.size + self._chance.choice((-1, 0, 1))
        return replace(state, look=replace(state.look, face=self._chance.choice(others), size=size))

    def _resized(self, state: _State) -> _State:
        width, height = state.size
        across, down = self._chance.choice(((0.9, 1.0), (1.15, 1.0), (1.2, 1.15), (1.0, 1.2), (0.92, 1.1)))
        return replace(state, size=(round(width * across), round(height * down)))

    def _reflowed(self, state: _State) -> _State:
        if self._chance.random() < 0.5:
            return replace(state, arrangement="swapped")
        return replace(state, arrangement="stacked", size=(round(state.size[0] * 0.84), round(state.size[1] * 1.15)))

    def _later(self, state: _State) -> _State:
        def change(part: Part) -> Part:
            if part.live and part.what in ("slider", "progress"):
                return replace(part, value=self._chance.uniform(0.1, 0.9))
            if part.live and ":" in part.text:
                return replace(part, text=f"{self._chance.randrange(1, 10)}:{self._chance.randrange(60):02}")
            if part.kind == "row" and self._chance.random() < 0.08 and part.id not in self._targets:
                return replace(part, state="hover")
            return part

        return _with(state, change)

    def _renamed(self, state: _State) -> _State:
        def change(part: Part) -> Part:
            named = part.kind is not None or part.tone in ("strong", "heading")
            if named and part.text and not part.row and self._chance.random() < 0.4:
                return replace(part, text=reworded(part.text))
            return part

        return _with(state, change)

    def _reordered(self, state: _State) -> _State:
        def change(part: Part) -> Part:
            if not part.free:
                return part
            return replace(part, parts=tuple(self._chance.sample(part.parts, len(part.parts))))

        return _with(state, change)

    def _hovered(self, state: _State) -> _State:
        chosen = set(self._chance.sample(sorted(self._targets), max(1, len(self._targets) // 3)))

        def change(part: Part) -> Part:
            if part.id not in chosen or part.kind == "blank":
                return part
            if part.kind == "field":
                return replace(part, state="focused")
            return replace(
                part, state="hover" if part.kind == "row" else self._chance.choice(("hover", "pressed", "focused"))
            )

        return _with(state, change)

    # Things are gone --------------------------------------------------------------------------------------------------

    def gone(self, name: str, state: _State) -> Shot:
        """A picture on which some of the targets are not to be had."""
        if name == "covered":
            shot = _shot(name, state)
            return replace(shot, root=Part("stack", (shot.root, self._dialog(state)), grow=1))
        # The two halves of the targets, so that each is gone once and there once.
        half = set(list(self._targets)[(name == "absent") == self._gone_first :: 2])
        half = {target for target in half if ":" not in target or target.partition(":")[0] == "row"}
        icons = sorted({t.partition(":")[0] for t in self._targets if ":" in t} - {"row"})
        role = icons[name == "absent"] if len(icons) > 1 else ""  # of the icons of a list one goes on every row

        def change(part: Part) -> Part | None:
            lost = part.id in half or (part.kind == "row_icon" and part.id.partition(":")[0] == role)
            if part.kind == "row" and part.id in half:
                return self._other_row(part) if name == "lookalike" else None
            if not lost:
                return part
            if part.kind == "blank":
                return replace(part, id="", kind=None, tone="box", value=3.0)
            return self._other(part, state.look.icons) if name == "lookalike" else None

        changed_sheet = _with(state, change)
        return _shot(name, _with(changed_sheet, lambda part: _captioned(part, half) if name == "lookalike" else part))

    def _other(self, part: Part, icons: IconShop) -> Part | None:
        """Something else that looks or reads like it, in its place."""
        role, colon, title = part.id.partition(":")
        new_id = f"x{role}{colon}{title}"
        if part.kind in ("icon", "row_icon"):
            return replace(part, id=new_id, icon=icons.like(part.concept))
        if part.kind == "slider" and part.text not in self._captions:
            return None  # nothing tells it from another one
        if part.text:
            return replace(part, id=new_id, text=mistaken(part.text))
        return replace(part, id=new_id)

    def _other_row(self, part: Part) -> Part:
        """A row of nearly the same title."""
        old, new = part.row, almost(part.row)

        def change(inner: Part) -> Part:
            return replace(
                inner, id=inner.id.replace(f":{old}", f":{new}"), row=new if inner.row == old else inner.row,
                text=new if inner.text == old else inner.text,
            )  # fmt: skip

        other = changed(part, change)
        if other is None:
            raise ValueError(f"the row {old!r} was lost")
        return other

    def _dialog(self, state: _State) -> Part:
        chance, icons = self._chance, state.look.icons
        width, height = (round(side * chance.uniform(0.4, 0.72)) for side in state.size)
        right, down = state.size[0] - width, state.size[1] - height
        left, top = chance.choice((0, right, chance.randrange(right))), chance.choice((0, down, chance.randrange(down)))
        close = Part("icon", icon=icons.named("close"), concept="close", tone="flat", id="dialog-close", kind="icon")
        heading, words = chance.choice((
            ("Unsaved changes", "Do you want to keep what you have changed?"),
            ("Connection lost", "The server did not answer. Try again in a moment."),
            ("Rename", "Choose a new name."),
        ))  # fmt: skip
        field = Part("field", text="Name", id="dialog-name", kind="field", grow=1)
        buttons = [
            Part("button", text=label, tone=tone, id=f"dialog-{label}", kind="text")
            for label, tone in (("Cancel", "outline"), ("OK", "filled"))
        ]
        boxes = [
            Part("check", text=label, id=f"dialog-check-{number}", kind="text", chosen=number % 2 == 0)
            for number, label in enumerate(("Keep a copy", "Ask me again", "For all of them"))
        ]
        picture = (Part("photo", height=height // 4, value=float(chance.randrange(24))),)
        card = Part(
            "column",
            (
                Part("row", (Part("text", text=heading, tone="heading"), Part("space", grow=1), close)),
                Part("text", text=words),
                Part("row", (field,)),
                *boxes,
                *picture[chance.randrange(2) :],
                Part("space", grow=1),
                Part("row", (Part("space", grow=1), *buttons)),
            ),
            tone="dialog", pad=18, gap=10, id=DIALOG, grow=1,
        )  # fmt: skip
        return Part("overlay", (card,), at=(left, top, width, height), value=float(chance.random() < 0.5))

    # Beside the pictures ----------------------------------------------------------------------------------------------

    def slots(self) -> dict[str, str]:
        """Some of the rows and row icons that are looked for, and another title in place of theirs."""
        listed = [t for t in self._targets if ":" in t]
        titles = [part.row for part in self._parts.values() if part.kind == "row"]
        chosen: dict[str, str] = {}
        for target in listed[::2]:
            others = [title for title in titles[:9] if title != self._parts[target].row]
            if others:
                chosen[target] = self._chance.choice(others)
        return chosen

    def place(self) -> tuple[int, int, int, int]:
        """Where the window stands in the picture `moved`."""
        chance = self._chance
        return (
            chance.randrange(30, 340),
            chance.randrange(30, 220),
            chance.randrange(20, 200),
            chance.randrange(20, 160),
        )


class Lists:
    """Other things in the lists of a sheet, or fewer."""

    def __init__(self, chance: random.Random, split: Split, parts: Sequence[Part], slots: Mapping[str, str]) -> None:
        """Take no title that is there already.

        Args:
            chance: What the new rows read, in what order they come, and how many there are.
            split: Whose words they read.
            parts: Of the sheet.
            slots: See `Series`; rows that are asked for stay where lists are filled, those that were shown where few
                stay.
        """
        self._chance, self._words = chance, Words(split, chance)
        self._taken = {part.row for part in parts if part.row}
        self._asked = set(slots.values())
        self._shown = {target.partition(":")[2] for target in slots}

    def refilled(self, part: Part) -> Part:
        """A list filled anew but for the rows that stay, some left out, in another order; any other part as it is."""
        if not _is_list(part):
            return part
        rows = sorted((self._row(inner) for inner in part.parts), key=lambda row: row.row not in self._asked)
        if part.free:
            needed = sum(row.row in self._asked for row in rows)
            del rows[max(needed, self._chance.randint((len(rows) + 1) // 2, len(rows))) :]
            rows[:SEEN] = self._chance.sample(rows[:SEEN], len(rows[:SEEN]))
        return replace(part, parts=tuple(rows))

    def few(self, part: Part) -> Part:
        """A list with one to three of its rows, those that were shown first; any other part as it is."""
        if not _is_list(part) or not part.free:
            return part
        rows = sorted(part.parts, key=lambda row: row.row not in self._shown)
        return replace(part, parts=tuple(rows[: self._chance.randint(1, 3)]))

    def _row(self, part: Part) -> Part:
        if part.kind != "row" or part.row in self._asked:
            return part
        title = self._title(part.row)

        def change(inner: Part) -> Part:
            words = inner.text
            if inner.row == part.row:
                inner = replace(inner, id=inner.id.replace(f":{part.row}", f":{title}"), row=title)
            if inner.what == "photo":
                return replace(inner, value=float(self._chance.randrange(24)))
            return replace(inner, text=title if words == part.row else self._other(words)) if words else inner

        return changed(part, change) or part

    def _title(self, old: str) -> str:
        while (title := self._other(old)) in self._taken:
            pass
        self._taken.add(title)
        return title

    def _other(self, words: str) -> str:
        """Another text of the same kind: a time, an amount, the name of a file, a sentence, a title or a name."""
        if ":" in words:
            return self._words.time()
        if any(letter.isdigit() for letter in words):
            return self._words.amount()
        if "." in words:
            return self._words.file()
        if len(words.split()) > 5:
            return self._words.sentence()
        return self._words.title() if " " in words else words


def _is_list(part: Part) -> bool:
    return any(inner.kind == "row" for inner in part.parts)


def _captioned(part: Part, gone: Collection[str]) -> Part:
    """A setting's caption goes with its control: the look-alike has another one."""
    labels = {target.partition("-")[2] for target in gone}
    if part.what == "text" and part.text in labels:
        return replace(part, text=mistaken(part.text))
    return part


def _with(state: _State, change: Callable[[Part], Part | None]) -> _State:
    """The state with every part of its sheet changed."""
    sheet = state.sheet

    def of(part: Part | None) -> Part | None:
        return None if part is None else changed(part, change)

    main = of(sheet.main)
    if main is None:
        raise ValueError(f"the main area of {sheet.program} was lost")
    tops = tuple(new for bar in sheet.tops if (new := of(bar)) is not None)
    return replace(
        state,
        sheet=replace(sheet, tops=tops, main=main, side=of(sheet.side), aside=of(sheet.aside), bottom=of(sheet.bottom)),
    )
