"""Kinds of programs of the dev screens: each makes the areas of a window."""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.finder.sheet import Part, Sheet, column, row, space, text
from tests.benchmarks.finder.sheet_maker import UPRIGHT, Maker, cards, titled


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
    titles = titled(w.title, 12)
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
        titled(w.file, 16),
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
        titled(w.person, 5),
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
        row(text("General", "heading"), space(), m.tools("page", "copy", "refresh", more=1)),
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
        UPRIGHT,
        m.tools("top", "undo", "redo"),
        UPRIGHT,
        m.tools("top", "bold", "italic", "text", "link", more=3),
        space(),
        m.tools("top", "zoomout", "zoomin"),
        m.button("Share", "top", "filled"),
        tone="bar",
        pad=5,
    )
    tabs = row(m.tabs("page", titled(w.file, 3)), m.tools("page", "add", "close"), tone="bar", pad=2)
    side = replace(
        m.tools("tool", "edit", "brush", "crop", "layers", "image", "palette", more=3),
        what="column",
        tone="side",
        pad=6,
        width=52,
    )
    aside = column(
        text("Layers", "heading"),
        m.items(titled(w.title, 5), lambda t: m.item(t, leading="layers", controls=("eye", "lock"))),
        text("Layer", "heading"),
        m.labelled("Opacity", m.slider("Opacity")),
        m.labelled("Contrast", m.slider("Contrast")),
        m.field("Title", "aside"),
        row(m.tools("aside", "add", "delete", "copy"), space(), m.tools("aside", "close")),
        tone="side",
        pad=8,
        width=300,
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
            titled(w.title, 9),
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
    return Sheet("shop", (top, links), column(cards(m, 3, 2), grow=1, tone="panel", pad=8), side)


DEV = (_library, _files, _editor, _settings, _video, _shop)
