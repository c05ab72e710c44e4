"""Kinds of programs: each makes the areas of a window from chance and words.

Dev has six of them and final six others; what they share are the parts below.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.benchmarks.finder.dataset import Kind
from tests.benchmarks.finder.icon_source import CONCEPTS, IconShop, Split
from tests.benchmarks.finder.sheet import Part, Sheet, column, row, space, text
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
        chosen, drawings = [], set()
        for concept in [*concepts, *self.chance.sample(others, 2 * more)]:
            if (drawing := self.icons.named(concept)) not in drawings and len(chosen) < len(concepts) + more:
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
            tone=self.chance.choice(("", "line")),
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
            "row", tuple(parts), id=f"row:{title}", kind="row", text=title, row=title, tone="lined" if lines else "item",
            gap=10, pad=6, height=height,
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


def _titles(make: Callable[[], str], count: int) -> list[str]:
    return [make() for _ in range(count)]


# Dev ------------------------------------------------------------------------------------------------------------------


def _library(m: Maker) -> Sheet:
    w = m.words
    top = row(
        m.tools("top", "left", "right"),
        m.field("Search the list", "top", "search"),
        m.tools("top", "bell", "settings", "user", more=1),
        tone="bar",
        pad=8,
    )
    names = [
        ("Home", "home"),
        ("Browse", "globe"),
        ("Radio", "mic"),
        ("Library", "folder"),
        ("Albums", "layers"),
        ("Favourites", "star"),
    ]
    side = column(
        m.nav(m.chance.sample(names, 5)),
        text("PLAYLISTS", "dim"),
        m.nav([(w.title(), "") for _ in range(4)]),
        space(),
        tone="side",
        pad=8,
        width=190,
    )
    titles = _titles(w.title, 12)
    tracks = m.items(
        titles, lambda t: m.item(t, cover=36, below=w.person(), texts=[w.time()], controls=("heart", "more"))
    )
    head = row(
        m.photo(92, 92),
        column(text("ALBUM", "dim"), text(w.title(), "heading"), text(f"{w.person()}, 12 songs", "dim"), gap=2, grow=1),
        m.tool("play", "head", "round", 44),
        m.tools("head", "shuffle", "download", "more"),
        gap=14,
        pad=12,
    )
    main = column(head, m.tabs("page", ["Overview", "Artists", "Comments (12)"]), tracks, grow=1, pad=6, tone="panel")
    bar = row(
        m.photo(44, 44),
        column(text(w.title(), "strong"), text(w.person(), "dim"), gap=0),
        m.tools("now", "heart"),
        space(),
        m.tools("now", "shuffle", "previous"),
        m.tool("play", "now", "round", 38),
        m.tools("now", "next", "repeat"),
        text(w.time(), "dim", live=True),
        m.slider("Progress", live=True),
        m.tools("now", "volume"),
        m.slider("Volume", width=96),
        tone="bar",
        pad=8,
    )
    return Sheet("library", (top,), main, side, None, bar)


def _files(m: Maker) -> Sheet:
    w = m.words
    menu = row(
        *(replace(m.button(x, "menu", "menu"), id=f"menu-{x}") for x in ("File", "Edit", "View", "Tools", "Help")),
        gap=2,
        tone="bar",
        pad=2,
    )
    tools = row(
        m.tools("top", "left", "right", "up", "refresh"),
        m.field("Address", "top", "folder"),
        m.field("Filter by name", "top", "search", width=170, grow=0),
        m.tools("top", "grid", "list", "more"),
        tone="bar",
        pad=5,
    )
    second = row(
        m.button("New folder", "second", "flat", "folder"),
        m.button("Upload", "second", "flat", "upload"),
        m.tools("second", "copy", "cut", "paste", "delete", more=2),
        space(),
        m.button("Sort by name", "second", "outline"),
        tone="bar",
        pad=4,
    )
    places = [
        ("Home", "home"),
        ("Recent", "clock"),
        ("Documents", "file"),
        ("Pictures", "image"),
        ("Music", "music"),
        ("Videos", "film"),
        ("Trash", "delete"),
        ("Network", "globe"),
    ]
    side = column(m.nav(m.chance.sample(places, 7)), space(), tone="side", pad=6, width=165)
    kinds = ("Document", "Picture", "Archive", "Table")
    rows = m.items(
        _titles(w.file, 16),
        lambda t: m.item(
            t,
            leading=m.chance.choice(("file", "image", "archive")),
            texts=[w.amount(), m.chance.choice(kinds), "2 May 2024"],
            controls=("star", "share") if m.chance.random() < 1 else (),
            lines=True,
        ),
    )
    header = row(
        text("Name", "dim", grow=3),
        text("Size", "dim", grow=1),
        text("Type", "dim", grow=1),
        text("Changed", "dim", grow=1),
        pad=6,
        tone="header",
    )
    main = column(header, rows, gap=0, grow=1, tone="panel")
    info = column(
        text("Details", "heading"),
        m.photo(0, 110),
        text("1 item chosen", "dim"),
        m.labelled("Zoom", m.slider("Zoom")),
        m.field("Tags", "info"),
        row(m.button("Open", "info", "filled"), m.button("Share", "info")),
        space(),
        tone="side",
        pad=10,
        width=250,
    )
    status = row(
        text("16 items, 3.2 GB free", "dim"), space(), m.tools("status", "zoomout", "zoomin"), tone="bar", pad=3
    )
    return Sheet("files", (menu, tools, second), main, side, info if m.chance.random() < 0.7 else None, status)


def _settings(m: Maker) -> Sheet:
    w = m.words
    top = row(
        m.tools("top", "left", "menu"),
        text("Settings", "heading"),
        space(),
        m.field("Search", "top", "search", width=210, grow=0),
        m.tools("top", "help", "close"),
        tone="bar",
        pad=8,
    )
    names = [
        ("General", "settings"),
        ("Appearance", "palette"),
        ("Privacy", "lock"),
        ("Notifications", "bell"),
        ("Account", "user"),
        ("Language", "globe"),
        ("Storage", "database"),
        ("Updates", "refresh"),
        ("About", "info"),
    ]
    side = column(m.nav(m.chance.sample(names, 7)), space(), tone="side", pad=10, width=185)
    person = m.group(
        "Account",
        m.labelled("Full name", m.field("Full name", "form")),
        m.labelled("E-mail", m.field("E-mail", "form", "mail")),
        m.labelled("Phone", m.field("Phone", "form")),
    )
    screen = m.group(
        "Appearance",
        m.labelled("Brightness", m.slider("Brightness")),
        m.labelled("Text size", m.slider("Text size")),
        m.labelled("Contrast", m.slider("Contrast")),
        row(m.check("Dark mode"), m.check("Show previews"), m.check("Sound effects"), space(), gap=16),
    )
    devices = m.items(
        _titles(w.person, 5),
        lambda t: m.item(t, leading="phone", below="last seen " + w.time(), controls=("edit", "delete"), lines=True),
    )
    buttons = row(
        m.button("Reset", "foot"),
        space(),
        m.button("Cancel", "foot"),
        m.button("Apply", "foot"),
        m.button("Save", "foot", "filled"),
        tone="bar",
        pad=8,
    )
    parts = [person, screen]
    m.chance.shuffle(parts)
    main = column(
        m.tabs("page", w.labels("General", "Privacy", "Storage", "Team")[:3])
        if False
        else row(text("General", "heading"), space(), m.tools("page", "copy", "refresh", more=1)),
        *parts,
        devices,
        grow=1,
        gap=10,
        pad=12,
        tone="panel",
    )
    return Sheet("settings", (top,), main, side, None, buttons)


def _editor(m: Maker) -> Sheet:
    w = m.words
    menu = row(
        *(m.button(x, "menu", "menu") for x in ("File", "Edit", "View", "Insert", "Format", "Window", "Help")),
        gap=2,
        tone="bar",
        pad=2,
    )
    tools = row(
        m.tools("top", "save", "print"),
        Part("line", tone="upright"),
        m.tools("top", "undo", "redo"),
        Part("line", tone="upright"),
        m.tools("top", "bold", "italic", "text", "link", more=3),
        space(),
        m.tools("top", "zoomout", "zoomin"),
        m.button("Share", "top", "filled"),
        tone="bar",
        pad=5,
    )
    tabs = row(m.tabs("page", _titles(w.file, 3)), m.tools("page", "add", "close"), tone="bar", pad=2)
    side = replace(
        m.tools("tool", "edit", "brush", "crop", "layers", "image", "palette", more=3),
        what="column",
        tone="side",
        pad=6,
        width=52,
    )
    aside = column(
        text("Layers", "heading"),
        m.items(_titles(w.title, 5), lambda t: m.item(t, leading="layers", controls=("eye", "lock"))),
        text("Layer", "heading"),
        m.labelled("Opacity", m.slider("Opacity")),
        m.labelled("Contrast", m.slider("Contrast")),
        m.field("Title", "aside"),
        row(m.tools("aside", "add", "delete", "copy"), space(), m.tools("aside", "close")),
        tone="side",
        pad=8,
        width=260,
    )
    main = column(m.canvas(), grow=1, gap=0, tone="panel")
    status = row(
        text("Page 1 of 3", "dim"), space(), m.slider("Zoom", width=130), text("100 %", "dim"), tone="bar", pad=3
    )
    return Sheet("editor", (menu, tools, tabs), main, side, aside, status)


def _video(m: Maker) -> Sheet:
    w = m.words
    top = row(
        m.tools("top", "menu"),
        text("Streamly", "heading"),
        space(),
        m.field("Search", "top", "search"),
        m.tools("top", "mic"),
        space(),
        m.tools("top", "upload", "bell", "user"),
        tone="bar",
        pad=8,
    )
    over = column(
        row(text(w.title(), "over"), space(), m.tools("over", "info", "share", tone="over")),
        space(),
        row(space(), m.tool("play", "over", "over", 60), space()),
        space(),
        m.slider("Progress", live=True),
        row(
            m.tools("over", "pause", "next", "volume", tone="over"),
            text(w.time(), "over", live=True),
            space(),
            m.tools("over", "settings", "expand", tone="over"),
        ),
        pad=10,
        grow=1,
    )
    still = Part("stack", (m.photo(grow=1), over), grow=1)
    below = column(
        text(w.title() + " and " + w.title(), "heading"),
        row(
            m.photo(36, 36, tone="round"),
            column(text(w.person(), "strong"), text("812 followers", "dim"), gap=0),
            m.button("Follow", "below", "filled"),
            space(),
            m.tools("below", "heart", "share", "bookmark", "more"),
        ),
        m.tabs("page", ["Overview", "Comments (12)", "About"]),
        gap=6,
        pad=8,
    )
    aside = column(
        row(text("Up next", "heading"), space(), m.check("Autoplay")),
        m.items(
            _titles(w.title, 9),
            lambda t: m.item(t, cover=54, below=w.person() + ", " + w.time(), controls=("clock", "more")),
        ),
        tone="side",
        pad=8,
        width=330,
    )
    return Sheet("video", (top,), column(still, below, grow=1, gap=0, tone="panel"), None, aside, None)


def _shop(m: Maker) -> Sheet:
    w = m.words
    top = row(
        m.tools("top", "menu"),
        text("Marketeer", "heading"),
        m.field("Search products", "top", "search"),
        m.button("Wishlist", "top", "flat", "heart"),
        m.tools("top", "user", "cart", "help"),
        tone="bar",
        pad=8,
    )
    links = row(
        m.tabs("page", w.labels("Deals", "Products", "Orders", "Today")),
        space(),
        m.button("Filters", "page", "outline", "filter"),
        m.button("Log in", "page"),
        tone="bar",
        pad=4,
    )
    side = column(
        text("Price", "strong"),
        m.slider("Price"),
        m.field("City", "side"),
        text("Rating", "strong"),
        m.slider("Rating"),
        m.check("Show previews"),
        m.check("Offline mode"),
        m.button("Apply", "side", "filled"),
        m.button("Reset", "side"),
        space(),
        tone="side",
        pad=10,
        width=180,
    )
    return Sheet("shop", (top, links), column(_cards(m, 3, 2), grow=1, tone="panel", pad=8), side)


def _cards(m: Maker, across: int, down: int, controls: Sequence[str] = ("heart", "cart")) -> Part:
    """A grid of cards, each a photograph with a control on it and a title with another below it."""
    first, second = controls
    lines = []
    for _ in range(down):
        cards = []
        for title in _titles(m.words.title, across):

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


# Final ----------------------------------------------------------------------------------------------------------------


def _mail(m: Maker) -> Sheet:
    w = m.words
    top = row(
        m.tools("top", "menu"),
        m.button("New message", "top", "filled", "edit"),
        m.tools("top", "archive", "delete", "flag", more=1),
        m.button("Mark as read", "top", "flat"),
        space(),
        m.field("Search mail", "top", "search", width=230, grow=0),
        m.tools("top", "filter", "settings"),
        tone="bar",
        pad=7,
    )
    folders = [
        ("Inbox (3)", "mail"),
        ("Drafts", "edit"),
        ("Sent", "send"),
        ("Archive", "archive"),
        ("Spam", "shield"),
        ("Trash", "delete"),
        ("Favourites", "star"),
    ]
    side = column(
        m.nav(m.chance.sample(folders, 6)),
        text("TAGS", "dim"),
        m.nav([(w.title(), "tag") for _ in range(3)]),
        space(),
        tone="side",
        pad=8,
        width=170,
    )
    mails = m.items(
        _titles(w.title, 10),
        lambda t: m.item(
            t, below=w.person() + ": " + w.sentence(), texts=[w.time()], controls=("star", "attach"), lines=True
        ),
    )
    body = column(
        row(text(w.title(), "heading"), space(), m.tools("read", "reply", "print", "more")),
        row(
            m.photo(34, 34, tone="round"),
            column(text(w.person(), "strong"), text("to me, " + w.time(), "dim"), gap=0, grow=1),
        ),
        LINE,
        *(text(w.sentence() + ". ", "", grow=0) for _ in range(4)),
        m.photo(0, 96),
        row(m.button("Share", "read"), m.button("Attach file", "read", "outline", "attach"), space()),
        m.field("Type a message", "read"),
        row(text("Text size", "dim"), m.slider("Text size")),
        space(),
        tone="panel",
        pad=12,
        width=330,
    )
    return Sheet(
        "mail",
        (top,),
        column(m.tabs("page", ["Today", "Week", "Mentions"]), mails, grow=1, tone="panel", gap=0),
        side,
        body,
    )


def _chat(m: Maker) -> Sheet:
    w = m.words
    people = m.items(
        _titles(w.person, 8),
        lambda t: m.item(t, cover=34, below=w.sentence()[:24], texts=[w.time()], controls=("pin", "close")),
    )
    side = column(
        row(m.field("Search", "side", "search"), m.tools("side", "edit")),
        m.tabs("side", ["Channels", "Threads"]),
        people,
        tone="side",
        pad=8,
        width=300,
    )
    top = row(
        m.tools("top", "left"),
        text(w.person(), "heading"),
        text("online", "dim"),
        space(),
        m.tools("top", "search", "phone", "film", "info", "more"),
        tone="bar",
        pad=8,
    )
    lines = []
    for number in range(5):
        bubble = column(text(w.sentence()), text(w.time(), "dim"), tone="mine" if number % 2 else "card", pad=8, gap=0)
        lines.append(row(space(), bubble) if number % 2 else row(m.photo(30, 30, tone="round"), bubble, space()))
    lines.insert(
        3,
        row(
            Part(
                "stack",
                (
                    m.photo(220, 110),
                    column(
                        space(),
                        row(space(), m.tool("download", "picture", "over"), m.tool("expand", "picture", "over")),
                        pad=6,
                    ),
                ),
                width=220,
                height=110,
            ),
            space(),
        ),
    )
    voice = row(m.tool("play", "voice", "round", 32), m.slider("Voice", width=180), text(w.time(), "dim"), space())
    entry = row(
        m.tools("entry", "add", "image", "smile"),
        m.field("Type a message", "entry"),
        m.tools("entry", "mic"),
        m.button("Send", "entry", "filled", "send"),
        tone="bar",
        pad=8,
    )
    aside = column(
        row(text("Details", "heading"), space(), m.tools("aside", "close")),
        m.photo(0, 110),
        m.nav([("Notifications", "bell"), ("Pictures", "image"), ("Documents", "file")]),
        m.labelled("Volume", m.slider("Volume")),
        m.field("Tags", "aside", "tag"),
        m.button("Mute chat", "aside"),
        space(),
        tone="side",
        pad=10,
        width=240,
    )
    return Sheet(
        "chat",
        (),
        column(top, column(*lines, voice, space(), gap=8, pad=12, grow=1), entry, grow=1, gap=0, tone="panel"),
        side,
        aside if m.chance.random() < 0.6 else None,
    )


def _dashboard(m: Maker) -> Sheet:
    w = m.words
    top = row(
        text("Ledgerly", "heading"),
        m.tabs("page", ["Overview", "Reports", "Customers", "Billing"]),
        space(),
        m.field("Search", "top", "search", width=190, grow=0),
        m.tools("top", "bell", "moon", "user"),
        tone="bar",
        pad=8,
    )
    side = replace(
        m.tools("side", "grid", "chart", "group", "cart", "database", "calendar", "settings", more=1),
        what="column",
        tone="side",
        pad=8,
        width=58,
    )

    def figure(name: str, concept: str) -> Part:
        return column(
            row(text(name, "dim"), space(), m.tool("more", f"card-{name}")),
            text(w.amount(), "heading"),
            row(
                Part("icon", icon=m.icons.named(concept), concept=concept, tone="sign"),
                Part("progress", value=m.chance.random(), grow=1, live=True),
            ),
            tone="card",
            pad=10,
            grow=1,
        )

    figures = row(figure("Income", "up"), figure("Visits", "eye"), figure("Returns", "refresh"), gap=10)
    orders = m.items(
        _titles(w.person, 7),
        lambda t: m.item(
            t,
            cover=26,
            texts=[w.amount(), m.chance.choice(("Paid", "Open", "Late"))],
            controls=("edit", "download", "more"),
            lines=True,
        ),
    )
    bar = row(
        m.button("Export", "bar", "outline", "download"),
        m.button("Filters", "bar", "outline", "filter"),
        m.field("Filter by name", "bar", "filter"),
        m.tools("bar", "refresh", "sort"),
        m.button("New folder", "bar", "filled", "add"),
    )
    chart = column(
        text("Flow", "heading"),
        replace(m.canvas(8), grow=1),
        row(text("Zoom", "dim"), m.slider("Zoom"), text("Speed", "dim"), m.slider("Speed")),
        tone="card",
        pad=10,
        grow=1,
    )
    return Sheet("dashboard", (top,), column(figures, row(chart, grow=1), bar, orders, grow=1, gap=10, pad=12), side)


def _gallery(m: Maker) -> Sheet:
    w = m.words
    top = row(
        m.tools("top", "left", "menu"),
        m.button("Import", "top", "filled", "upload"),
        m.tools("top", "add", "share", "delete", more=2),
        space(),
        m.tabs("page", ["Albums", "Pictures", "Recent"]),
        m.field("Search", "top", "search", width=180, grow=0),
        tone="bar",
        pad=7,
    )
    side = column(
        m.nav([("Library", "image"), ("Favourites", "heart"), ("Archive", "archive"), ("Trash", "delete")]),
        text("ADJUST", "dim"),
        *(column(text(n, "dim"), m.slider(n), gap=0) for n in ("Brightness", "Contrast", "Opacity")),
        m.field("Title", "side"),
        m.button("Duplicate", "side"),
        m.button("Reset", "side"),
        space(),
        tone="side",
        pad=8,
        width=176,
    )
    foot = row(
        text("128 pictures", "dim"),
        space(),
        m.tools("foot", "grid", "list", "sort"),
        m.slider("Zoom", width=120),
        tone="bar",
        pad=4,
    )
    return Sheet(
        "gallery", (top,), column(_cards(m, 4, 2, ("star", "more")), grow=1, tone="panel", pad=10), side, None, foot
    )


def _drawing(m: Maker) -> Sheet:
    w = m.words
    top = row(
        m.tools("top", "home", "menu"),
        text(w.title(), "strong"),
        space(),
        m.tools("top", "undo", "redo", "layers", "text", more=3),
        space(),
        m.tools("top", "help"),
        m.button("Preview", "top"),
        m.button("Publish", "top", "filled"),
        tone="bar",
        pad=6,
    )
    ribbon = row(
        m.tabs("page", ["Insert", "View", "Tools"]),
        Part("line", tone="upright"),
        m.tools("page", "image", "link", "crop", "palette", more=2),
        m.button("Select all", "page", "flat"),
        space(),
        m.field("Search", "page", "search", width=150, grow=0),
        tone="bar",
        pad=4,
    )
    side = column(
        row(text("Pages", "heading"), space(), m.tools("side", "add")),
        m.items(_titles(w.title, 7), lambda t: m.item(t, cover=40, below="page", controls=("copy", "delete"))),
        tone="side",
        pad=6,
        width=250,
    )
    aside = column(
        text("Shape", "heading"),
        m.labelled("Opacity", m.slider("Opacity")),
        m.labelled("Zoom", m.slider("Zoom")),
        m.field("Title", "aside"),
        m.field("Tags", "aside", "tag"),
        m.check("Dark mode"),
        row(m.button("Apply", "aside", "filled"), m.button("Cancel", "aside")),
        space(),
        row(m.tools("aside", "lock", "eye", "close")),
        tone="side",
        pad=10,
        width=240,
    )
    return Sheet("drawing", (top, ribbon), column(m.canvas(11), grow=1, gap=0, tone="panel"), side, aside)


def _podcasts(m: Maker) -> Sheet:
    w = m.words
    top = row(
        m.tabs("page", ["Podcasts", "Library", "Browse"]),
        space(),
        m.field("Search the list", "top", "search", width=250, grow=0),
        m.tools("top", "bell", "moon", "settings"),
        tone="bar",
        pad=8,
    )
    hero = Part(
        "stack",
        (
            m.photo(0, 150),
            column(
                space(),
                row(
                    column(text(w.title(), "overbig"), text(w.person(), "over"), gap=0),
                    space(),
                    m.tool("play", "hero", "over", 52),
                    m.tools("hero", "add", "share", "info", tone="over"),
                ),
                pad=12,
            ),
        ),
        height=150,
    )
    shows = m.items(
        _titles(w.title, 10),
        lambda t: m.item(
            t,
            leading="mic",
            below=w.person(),
            texts=[w.time(), w.sentence()[:28]],
            controls=("play", "download", "more"),
            lines=m.chance.random() < 2,
        ),
    )
    aside = column(
        row(text("Up next", "heading"), space(), m.tools("aside", "shuffle", "close")),
        m.nav([(w.title(), "music") for _ in range(5)]),
        row(m.button("Follow", "aside", "filled"), m.button("Share", "aside")),
        m.labelled("Speed", m.slider("Speed")),
        m.labelled("Balance", m.slider("Balance")),
        m.field("Filter by name", "aside", "filter"),
        space(),
        tone="side",
        pad=10,
        width=236,
    )
    bar = column(
        m.slider("Progress", live=True),
        row(
            m.photo(40, 40),
            column(text(w.title(), "strong"), text(w.person(), "dim"), gap=0, grow=1),
            m.tools("now", "previous"),
            m.tool("pause", "now", "round", 40),
            m.tools("now", "next", "repeat"),
            space(),
            text(w.time(), "dim", live=True),
            m.tools("now", "volume", "list"),
        ),
        tone="bar",
        pad=8,
        gap=4,
    )
    return Sheet("podcasts", (top,), column(hero, shows, grow=1, gap=0, tone="panel"), None, aside, bar)


PROGRAMS: dict[Split, tuple[Callable[[Maker], Sheet], ...]] = {
    "dev": (_library, _files, _editor, _settings, _video, _shop),
    "final": (_mail, _podcasts, _drawing, _chat, _gallery, _dashboard),
}


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
