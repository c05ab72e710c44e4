"""Kinds of programs of the final screens: each makes the areas of a window."""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.finder.sheet import Part, Sheet, column, row, space, text
from tests.benchmarks.finder.sheet_maker import LINE, UPRIGHT, Maker, cards, titled


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
        titled(w.title, 10),
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
        titled(w.person, 8),
        lambda t: m.item(t, cover=34, below=w.sentence()[:24], texts=[w.time()], controls=("pin", "close")),
    )
    side = column(
        row(m.field("Search", "side", "search"), m.tools("side", "edit")),
        m.tabs("side", ["Channels", "Threads"]),
        people,
        tone="side",
        pad=8,
        width=350,
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
        titled(w.person, 7),
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
        "gallery", (top,), column(cards(m, 4, 2, ("star", "more")), grow=1, tone="panel", pad=10), side, None, foot
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
        UPRIGHT,
        m.tools("page", "image", "link", "crop", "palette", more=2),
        m.button("Select all", "page", "flat"),
        space(),
        m.field("Search", "page", "search", width=150, grow=0),
        tone="bar",
        pad=4,
    )
    side = column(
        row(text("Pages", "heading"), space(), m.tools("side", "add")),
        m.items(titled(w.title, 7), lambda t: m.item(t, cover=40, below="page", controls=("copy", "delete"))),
        tone="side",
        pad=6,
        width=310,
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
        titled(w.title, 10),
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


FINAL = (_mail, _podcasts, _drawing, _chat, _gallery, _dashboard)
