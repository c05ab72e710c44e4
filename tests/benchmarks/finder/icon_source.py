"""Icons and fonts of the rendered screens: none of them was ever trained on.

Icons come from the six sets that are kept for testing, as the npm packages that the training fetched (or are
fetched now). Fonts come from Debian packages, which are unpacked beside the icons and loaded by path, never
installed, so that what is installed on a machine stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_cache_path

from encore_models.training.icon_sets import TEST_SETS

Split = Literal["dev", "final"]

ICON_SETS: dict[Split, tuple[str, ...]] = {"dev": ("ri", "bi", "ion"), "final": ("mingcute", "mynaui", "octicon")}

ENDINGS = ("-line", "-outline", "", "-24", "-16", "-1-line", "-2-line", "-3-line", "-4-line", "-1", "-2", "-two")
FILLED_ENDINGS = ("-fill", "-solid", "", "-fill-24", "-fill-16", "-24", "-1-fill", "-2-fill", "-3-fill")

# What a sheet asks for, and what the sets call it, best first.
_NAMES = """
play: play play-circle
pause: pause pause-circle
stop: stop square
next: skip-forward skip-end play-skip-forward skip-next chevron-double-right tab-external
previous: skip-back skip-start play-skip-back skip-previous chevron-double-left tab
shuffle: shuffle arrow-left-right git-compare
repeat: repeat sync issue-reopened
heart: heart
star: star
search: search magnifier
home: home house home-alt
menu: menu list three-bars
close: close x x-lg
delete: delete-bin trash trash3 delete
edit: edit pencil create pen
add: add plus plus-lg
remove: subtract dash remove minus
download: download download-simple arrow-down-circle
upload: upload
share: share share-forward share-social
link: link
copy: file-copy copy files
cut: scissors cut
paste: clipboard paste
save: save floppy floppy-disk-1 package
print: printer print
undo: arrow-go-back arrow-counterclockwise arrow-undo back-2 undo redo-dot reply
redo: arrow-go-forward arrow-clockwise arrow-redo forward-2 redo
refresh: refresh arrow-repeat refresh-1 sync
settings: settings gear cog settings-3
user: user person user-1
group: group people user-2 users
bell: notification bell notifications
mail: mail envelope
send: send-plane send paper-airplane
reply: reply mail-reply arrow-reply
archive: archive box
flag: flag flag-1
tag: price-tag tag pricetag price-tag-2
folder: folder file-directory
file: file document file-text
image: image images pic
camera: camera
film: film video videocam
music: music music-note musical-notes unmute
mic: mic broadcast microphone
volume: volume-up volume volume-high unmute
mute: volume-mute volume-off mute volume-slash
calendar: calendar calendar-event
clock: time clock time-outline
pin: map-pin geo-alt location pin
lock: lock lock-closed
eye: eye
filter: filter funnel
sort: sort-desc sort-down swap-vertical sort-descending arrow-switch sort-asc
grid: grid layout-grid apps
list: list-unordered list-ul list list-check
chart: bar-chart stats-chart chart-bar graph chart-vertical
cloud: cloud
cart: shopping-cart cart shopping-cart-1 credit-card
bag: shopping-bag bag bag-1 briefcase
gift: gift
phone: phone call telephone device-mobile
chat: chat chatbubble chat-1 comment message-1 chat-left
smile: emotion emoji-smile happy smiley emoji
attach: attachment paperclip attach attachment-2
bookmark: bookmark
globe: earth globe globe-americas
help: question question-circle help-circle question-line
info: information info-circle information-circle info
check: check checkmark check-lg
left: arrow-left arrow-back arrow-left-1
right: arrow-right arrow-forward arrow-right-1
up: arrow-up
down: arrow-down
expand: fullscreen arrows-fullscreen expand screen-full fullscreen-1
more: more-1 more three-dots ellipsis-horizontal dots kebab-horizontal
zoomin: zoom-in add-circle
zoomout: zoom-out remove-circle
bold: bold
italic: italic
code: code code-slash
brush: brush paintbrush paint-brush
palette: palette color-palette paint color-picker
crop: crop
layers: stack layers layers-3
text: text type font-size text-1 typography
moon: moon
sun: sun sunny
bulb: lightbulb bulb light-bulb
key: key
shield: shield
rocket: rocket
trophy: trophy
coffee: cup cafe coffee
truck: truck car bus
database: database server hard-drive
terminal: terminal terminal-box
bug: bug
pulse: pulse activity heartbeat
"""
CONCEPTS: dict[str, tuple[str, ...]] = {
    line.partition(":")[0]: tuple(line.partition(":")[2].split()) for line in _NAMES.strip().splitlines()
}
SIMILAR = {
    "play": "pause", "pause": "play", "next": "previous", "previous": "next", "heart": "star", "star": "bookmark",
    "search": "zoomin", "add": "close", "close": "add", "more": "menu", "menu": "list", "list": "sort",
    "undo": "redo", "redo": "undo", "left": "right", "right": "left", "up": "down", "down": "up",
    "download": "upload", "upload": "download", "zoomin": "zoomout", "zoomout": "search", "volume": "mute",
    "mute": "volume", "bell": "flag", "mail": "send", "reply": "left", "copy": "paste", "paste": "file",
    "file": "copy", "folder": "archive", "bookmark": "tag", "image": "film", "film": "camera", "user": "group",
    "group": "user", "settings": "sun", "sun": "settings", "clock": "globe", "globe": "clock", "bold": "italic",
    "italic": "text", "help": "info", "info": "help", "cart": "bag", "bag": "cart", "refresh": "repeat",
    "repeat": "refresh", "shuffle": "repeat", "edit": "brush", "delete": "archive", "archive": "delete",
    "grid": "layers", "chat": "mail", "lock": "shield", "eye": "camera", "check": "down",
}  # fmt: skip


class SourcesMissing(RuntimeError):
    """Icons or fonts could not be fetched."""

    def __init__(self, what: str, command: str) -> None:
        super().__init__(f"{what} could not be fetched: {command!r} failed; it needs that program and a network")


@dataclass(frozen=True, slots=True)
class Typeface:
    """Letters in a file."""

    family: str
    regular: Path
    bold: Path


_FACES: dict[Split, dict[str, tuple[str, str, str]]] = {
    "dev": {
        "Roboto": ("fonts-roboto-unhinted", "Roboto-Regular.ttf", "Roboto-Bold.ttf"),
        "Lato": ("fonts-lato", "Lato-Regular.ttf", "Lato-Bold.ttf"),
        "Liberation Sans": ("fonts-liberation2", "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
        "Liberation Serif": ("fonts-liberation2", "LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf"),
    },
    "final": {
        "Open Sans": ("fonts-open-sans", "OpenSans-Regular.ttf", "OpenSans-Bold.ttf"),
        "Cantarell": ("fonts-cantarell", "Cantarell-Regular.otf", "Cantarell-Bold.otf"),
        "Inter": ("fonts-inter", "Inter-Regular.otf", "Inter-Bold.otf"),
        "Caladea": ("fonts-crosextra-caladea", "Caladea-Regular.ttf", "Caladea-Bold.ttf"),
    },
}


def typefaces(split: Split, folder: Path | None = None) -> tuple[Typeface, ...]:
    """The fonts of a split, fetched with apt into the user's cache where they are not there yet.

    Raises:
        SourcesMissing: apt-get or dpkg is not installed, or did not succeed.
    """
    home = folder or user_cache_path("encore") / "fonts"
    return tuple(
        Typeface(family, _font_file(home, package, regular), _font_file(home, package, bold))
        for family, (package, regular, bold) in _FACES[split].items()
    )


def _font_file(home: Path, package: str, name: str) -> Path:
    place = home / package
    if not (found := sorted(place.rglob(name))):
        place.mkdir(parents=True, exist_ok=True)
        _run(["apt-get", "download", package], place, f"the fonts of {package}")
        for archive in place.glob("*.deb"):
            _run(["dpkg", "-x", archive.name, "."], place, f"the fonts of {package}")
        found = sorted(place.rglob(name))
    if not found:
        raise SourcesMissing(f"{name} of {package}", f"apt-get download {package}")
    return found[0]


def _run(command: list[str], folder: Path, what: str) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise SourcesMissing(what, " ".join(command)) from error


class IconShop:
    """One icon set: what it calls things, and how it draws them."""

    def __init__(self, name: str, *, filled: bool = False) -> None:
        """Open a set by its name, fetching it with npm where it is not there yet.

        Raises:
            SourcesMissing: npm is not installed, or did not succeed.
        """
        self.name = name
        self._data = _read_set(name)
        self._endings = FILLED_ENDINGS if filled else ENDINGS
        self._plain: list[str] = sorted(
            k for k, icon in self._data["icons"].items() if not icon.get("hidden") and len(k) < 22
        )

    def named(self, concept: str) -> str:
        """Name of the set's icon for a concept; something else of the set, always the same, where it has none."""
        known = self._data["icons"].keys() | self._data.get("aliases", {}).keys()
        for word in CONCEPTS.get(concept, (concept,)):
            for ending in self._endings:
                if word + ending in known:
                    return word + ending
        number = int.from_bytes(hashlib.sha256(concept.encode()).digest()[:4], "big")
        return self._plain[number % len(self._plain)]

    def like(self, concept: str) -> str:
        """An icon that could be taken for another, but is not the same."""
        wanted = self.named(concept)
        for other in (SIMILAR.get(concept, "info"), "flag", "key", "bulb"):
            if self.svg(found := self.named(other)) != self.svg(wanted):
                return found
        return self._plain[0]

    def svg(self, name: str) -> str:
        """An SVG document in `currentColor`."""
        entry, data = self._data["icons"].get(name), self._data
        if entry is None:
            return self.svg(str(data["aliases"][name]["parent"]))
        left, top = entry.get("left", data.get("left", 0)), entry.get("top", data.get("top", 0))
        width = entry.get("width", data.get("width", 16))
        height = entry.get("height", data.get("height", 16))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {width} {height}" '
            f'width="24" height="24">{entry["body"]}</svg>'
        )


@cache
def _read_set(name: str) -> dict[str, Any]:
    icon_set = next(s for s in TEST_SETS if s.name == name)
    home = user_cache_path("encore") / "icons"
    file = home / "node_modules" / icon_set.package / "icons.json"
    if not file.is_file():
        home.mkdir(parents=True, exist_ok=True)
        package = f"{icon_set.package}@{icon_set.version}"
        _run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", package], home, f"the icons of {name}")
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data
