"""What the real programs of the benchmark have open: texts, a PDF, a page, and files to list. All written here."""

from __future__ import annotations

import sqlite3
import wave
import zipfile
from contextlib import closing
from pathlib import Path

PARAGRAPHS = (
    "The harbour opens at six. Boats that came in at night unload first, and the small crane is reserved for them.",
    "Fish is weighed on the east side, vegetables on the west side. Both scales were checked in spring.",
    "Visitors wait behind the yellow line until a pilot calls them. Dogs stay on the lead, bicycles in the stand.",
    "A list of arrivals hangs next to the door. It is renewed at noon and again when the last ferry has left.",
    "Whoever finds a key brings it to the office on the first floor, where a lamp burns until midnight.",
)
FOLDERS = ("Boats", "Crew lists", "Drawings", "Invoices", "Letters", "Maps", "Old charts", "Photographs", "Tide tables")
FILES = (
    "arrivals.txt", "budget.csv", "crane manual.txt", "departures.txt", "ferry plan.html", "harbour.pdf", "keys.txt",
    "lighthouse.html", "moorings.csv", "opening hours.txt", "pilots.csv", "storm log.txt", "weights.csv",
)  # fmt: skip
OTHER = ("autumn.txt", "gulls.csv", "nets and ropes.txt", "regatta.html", "winter.txt")
"""Files of another folder, `Old charts`."""

SONGS = ("First boat", "Gulls", "Low tide", "Nets", "Rope", "Sails", "Storm")

CODE = '''"""Weigh what comes in."""

LIMIT_KG = 1200


class Scale:
    """One of the two scales."""

    def __init__(self, side: str) -> None:
        self.side = side
        self.total = 0.0

    def weigh(self, crate: float) -> float:
        """Put a crate on the scale."""
        self.total += crate
        return min(self.total, LIMIT_KG)


def report(scales: list[Scale]) -> str:
    """One line a scale."""
    return "\\n".join(f"{scale.side}: {scale.total:.1f}" for scale in scales)
'''

_STYLE = """
body { font: 15px sans-serif; margin: 0; color: #222; background: #fff }
header { background: #e7edf3; padding: 10px 18px; display: flex; gap: 12px; align-items: center }
nav a { margin-right: 16px } main { padding: 10px 18px } h1 { font-size: 20px; margin: 0 16px 0 0 }
ul { list-style: none; padding: 0; margin: 8px 0 } li { display: flex; gap: 12px; padding: 7px 4px;
border-bottom: 1px solid #ccd } li span { flex: 1 } button, input, select { font: inherit; padding: 4px 10px }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1d20 } header { background: #2a2e33 }
a { color: #8ab4f8 } li { border-color: #444 } }
"""
_ARRIVALS = (
    ("Albatross", "06:10"), ("Black Swan", "06:40"), ("Cormorant", "07:25"), ("Dunlin", "08:05"), ("Eider", "08:50"),
    ("Fulmar", "09:30"), ("Gannet", "10:15"), ("Heron", "11:20"),
)  # fmt: skip


def write(folder: Path) -> None:
    """Fill a folder with everything that a program may open."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(FILES):
        _write_file(folder / name, place)
    for place, name in enumerate(OTHER):
        _write_file(folder / "Old charts" / name, place)
    (folder / "scale.py").write_text(CODE)
    (folder / "board.html").write_text(page())
    _write_songs(folder / "Songs")
    for name, packed in (("papers", FILES), ("charts", OTHER)):
        with zipfile.ZipFile(folder / "Songs" / f"{name}.zip", "w") as archive:
            for place, member in enumerate(packed):
                archive.writestr(f"{name}/{member}", "\n".join(PARAGRAPHS[: 1 + place % 5]))
    with closing(sqlite3.connect(folder / "harbour.sqlite")) as base, base:
        for table in ("boats", "berths", "pilots"):
            base.execute(f"create table {table} (name text, time text, crates integer)")
            base.executemany(f"insert into {table} values (?, ?, 12)", _ARRIVALS)


def _write_file(path: Path, place: int) -> None:
    if path.suffix == ".pdf":
        path.write_bytes(pdf([list(PARAGRAPHS), list(reversed(PARAGRAPHS)), list(PARAGRAPHS[:2])]))
    elif path.suffix == ".csv":
        rows = [f"{name},{time},{index * 7 + place}" for index, (name, time) in enumerate(_ARRIVALS)]
        path.write_text("\n".join(("boat,time,crates", *rows)) + "\n")
    elif path.suffix == ".html":
        path.write_text(f"<!doctype html><title>{path.stem}</title><p>{PARAGRAPHS[place % len(PARAGRAPHS)]}</p>")
    else:
        path.write_text("\n\n".join(PARAGRAPHS[place % 3 :]) + "\n")


def _write_songs(folder: Path) -> None:
    """Silence, long enough not to end while pictures are taken."""
    folder.mkdir(exist_ok=True)
    for name in SONGS:
        with wave.open(str(folder / f"{name}.wav"), "wb") as song:
            song.setnchannels(1)
            song.setsampwidth(1)
            song.setframerate(4000)
            song.writeframes(b"\x80" * 4000 * 240)


def page() -> str:
    """A page with links, a form and a list with buttons in its rows."""
    rows = "".join(
        f"<li><span>{name}</span><em>{time}</em><button aria-label='Call {name}'>&#9742;</button>"
        f"<button aria-label='Remove {name}'>&#10005;</button></li>"
        for name, time in _ARRIVALS
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=color-scheme content='light dark'>"
        f"<title>Arrivals board</title><style>{_STYLE}</style><header><h1>Arrivals</h1><nav>"
        "<a href='#boats'>Boats</a><a href='#pilots'>Pilots</a><a href='#weather'>Weather</a>"
        "<a href='#contact'>Contact</a></nav></header><main><form><input type=text aria-label='Boat' "
        "placeholder='Boat or captain'> <select aria-label='Quay'><option>East quay<option>West quay</select> "
        "<label><input type=checkbox> Only today</label> <button type=button>Search</button> "
        "<button type=button>Print list</button> <label>Wind <input type=range aria-label='Wind' value=30></label>"
        f"</form><ul>{rows}</ul><p>{PARAGRAPHS[0]}</p></main></html>"
    )


def pdf(pages: list[list[str]]) -> bytes:
    """A PDF of plain text, a heading and a line of text for each sentence of a page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for number, sentences in enumerate(pages, 1):
        lines = [f"BT /F1 20 Tf 60 780 Td (Harbour rules, part {number}) Tj ET"]
        for place, sentence in enumerate(part for text in sentences for part in text.split(". ")):
            lines.append(f"BT /F1 11 Tf 60 {740 - 26 * place} Td ({sentence.rstrip('.')}.) Tj ET")
        content = "\n".join(lines).encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out = bytearray(b"%PDF-1.4\n")
    starts = []
    for number, content in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    return bytes(out) + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(out))
    )
