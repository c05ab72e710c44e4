"""Icon packages of npm, rendered once into the user's cache as small grey pictures with their names.

Nothing of a package is copied into Encore: `install` fetches the pinned versions with the npm client, `render` draws
each icon at 64 px. A part of the cache (`train` or `test`) holds

    pictures.npy    uint8 [n, 2, 64, 64]: brightness and coverage (alpha) of each icon, mapped into memory when read
    index.json      which set, name, box of the ink, and the texts that belong to each picture, with all licences
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from encore_models.errors import IconsMissing
from encore_models.training.icon_sets import TAG_PACKAGES, TEST_SETS, TRAIN_SETS, IconSet
from encore_models.training.names import spoken_name, words_of

SIZE = 64
"""Pixels of a rendered icon's side."""
FAINTEST = 24
"""Coverage from which a pixel counts as ink."""
PICTURES, INDEX = "pictures.npy", "index.json"

Pictures = NDArray[np.uint8]
Progress = Callable[[str, float], None]
"""Told what is being done and how much of it, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One icon before it is rendered."""

    set: str
    name: str
    """What is drawn, in words."""
    svg: str
    other_names: tuple[str, ...]
    """Aliases of the same drawing, and tags it is searched by."""


@dataclass(frozen=True, slots=True)
class Icons:
    """A part of the cache, opened."""

    pictures: Pictures
    """uint8 [n, 2, 64, 64]: brightness and coverage."""
    boxes: NDArray[np.uint8]
    """uint8 [n, 4]: left, top, right, bottom of the ink."""
    sets: tuple[str, ...]
    """Name of each picture's set."""
    names: tuple[str, ...]
    """What each picture shows."""
    other_names: tuple[tuple[str, ...], ...]
    """Aliases and tags of each picture."""

    def __post_init__(self) -> None:
        counts = {len(self.pictures), len(self.boxes), len(self.sets), len(self.names), len(self.other_names)}
        if len(counts) != 1:
            raise ValueError(f"the parts of the icons differ in number: {sorted(counts)}")

    def __len__(self) -> int:
        return len(self.names)


def cache_folder() -> Path:
    """Where packages and pictures are kept."""
    return user_cache_path("encore") / "icons"


def open_icons(part: str, folder: Path | None = None) -> Icons:
    """The rendered icons of `train` or `test`; pictures stay on disk and are mapped.

    Raises:
        IconsMissing: They were not rendered yet.
    """
    home = (folder or cache_folder()) / part
    if not (home / INDEX).is_file():
        raise IconsMissing(home)
    index = json.loads((home / INDEX).read_text())
    pictures: Pictures = np.load(home / PICTURES, mmap_mode="r")
    return Icons(
        pictures,
        np.array(index["boxes"], np.uint8).reshape(-1, 4),
        tuple(index["sets"]),
        tuple(index["names"]),
        tuple(tuple(names) for names in index["other_names"]),
    )


def prepare(folder: Path | None = None, tell: Progress = lambda what, done: None) -> None:
    """Install the packages and render both parts, unless that was done before."""
    home = folder or cache_folder()
    if all((home / part / INDEX).is_file() for part in ("train", "test")):
        return
    packages = install(home)
    tags = read_tags(packages)
    for part, sets in (("train", TRAIN_SETS), ("test", TEST_SETS)):
        drawings = [d for s in sets for d in read_set(packages, s, tags if part == "train" else {})]
        render(home / part, drawings, {s.package: f"{s.version} {s.licence}" for s in sets}, tell)


def install(folder: Path) -> Path:
    """Fetch every package into `folder` with npm; returns its `node_modules`.

    Raises:
        IconsMissing: npm is not installed, or did not succeed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    wanted = [f"{s.package}@{s.version}" for s in TRAIN_SETS + TEST_SETS]
    wanted += [f"{package}@{version}" for package, (version, _) in TAG_PACKAGES.items()]
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", "--omit=optional"]
    try:
        subprocess.run(["npm", "install", *quiet, *wanted], cwd=folder, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise IconsMissing(folder) from error
    return folder / "node_modules"


def read_set(packages: Path, icon_set: IconSet, tags: dict[str, list[str]]) -> Iterator[Drawing]:
    """The drawings of a set, with aliases of its own and tags of the same name from elsewhere.

    Raises:
        ValueError: The package states another licence than the one it was chosen for.
    """
    home = packages / icon_set.package
    stated = json.loads((home / "info.json").read_text())["license"]["spdx"]
    if stated != icon_set.licence:
        raise ValueError(f"{icon_set.package} is now under {stated}, it was chosen under {icon_set.licence}")
    data = json.loads((home / "icons.json").read_text())
    metadata = json.loads((home / "metadata.json").read_text()) if (home / "metadata.json").is_file() else {}
    prefixed = bool(metadata.get("prefixes"))
    aliases = defaultdict(list)
    for alias, entry in data.get("aliases", {}).items():
        if set(entry) == {"parent"}:  # others are flipped or turned, so another drawing
            aliases[entry["parent"]].append(spoken_name(alias, prefixed))
    for key, icon in data["icons"].items():
        if icon.get("hidden"):
            continue
        name = spoken_name(key, prefixed)
        others = sorted({*aliases[key], *tags.get(name, ())} - {name})
        yield Drawing(icon_set.name, name, _svg(icon, data), tuple(others))


def _svg(icon: dict[str, Any], data: dict[str, Any]) -> str:
    """A whole SVG document of an icon's body."""
    left, top = icon.get("left", data.get("left", 0)), icon.get("top", data.get("top", 0))
    width = icon.get("width", data.get("width", 16))
    height = icon.get("height", data.get("height", 16))
    view = f"{left} {top} {width} {height}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{SIZE}" height="{SIZE}" viewBox="{view}" color="black">{icon["body"]}</svg>'
    )


def read_tags(packages: Path) -> dict[str, list[str]]:
    """Words that people search an icon by, keyed by what is drawn."""
    tags: dict[str, list[str]] = defaultdict(list)
    for name, words in _stated_tags(packages):
        tags[spoken_name(name)] += [" ".join(words_of(word)[:4]) for word in words]
    return {name: sorted({word for word in words if word}) for name, words in tags.items()}


def _stated_tags(packages: Path) -> Iterator[tuple[str, Sequence[str]]]:
    def load(path: str) -> Any:
        return json.loads((packages / path).read_text())

    yield from load("lucide-static/tags.json").items()
    for name, icon in load("@tabler/icons/icons.json").items():
        yield name, [str(tag) for tag in icon["tags"]]
    for name, icon in load("@fortawesome/fontawesome-free/metadata/icon-families.json").items():
        yield name, [*icon["search"]["terms"], *icon.get("aliases", {}).get("names", [])]
    for icon in load("@mdi/svg/meta.json"):
        yield icon["name"], icon["aliases"]
    for icon in load("@carbon/icons/metadata.json")["icons"]:
        yield icon["name"], icon.get("aliases", [])


def render(folder: Path, drawings: Sequence[Drawing], licences: dict[str, str], tell: Progress) -> None:
    """Draw every icon at 64 px; those that leave no ink are left out. The index is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    # The number of drawings with ink is not known before they are drawn.
    scratch = np.lib.format.open_memmap(
        folder / "scratch.npy", mode="w+", dtype=np.uint8, shape=(len(drawings), 2, SIZE, SIZE)
    )
    kept: list[Drawing] = []
    boxes: list[list[int]] = []
    for number, drawing in enumerate(drawings):
        picture = draw(drawing.svg)
        if picture is not None:
            scratch[len(kept)] = picture
            kept.append(drawing)
            boxes.append(_ink(picture[1]))
        if number % 1000 == 0:
            tell(f"rendering icons for {folder.name}", number / len(drawings))
    np.save(folder / PICTURES, scratch[: len(kept)])
    del scratch
    (folder / "scratch.npy").unlink()
    index = {
        "licences": licences,
        "sets": [d.set for d in kept],
        "names": [d.name for d in kept],
        "other_names": [d.other_names for d in kept],
        "boxes": boxes,
    }
    (folder / INDEX).write_text(json.dumps(index))


def draw(svg: str) -> Pictures | None:
    """An icon as uint8 [2, 64, 64], brightness and coverage; None where it cannot be drawn or leaves no ink."""
    import resvg_py

    try:
        png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    except ValueError:
        return None
    data = base64.b64decode(png) if isinstance(png, str) else bytes(png)
    bgra = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if bgra is None or bgra.shape != (SIZE, SIZE, 4) or np.count_nonzero(bgra[..., 3] >= FAINTEST) < 12:
        return None
    return np.stack([cv2.cvtColor(bgra, cv2.COLOR_BGRA2GRAY), bgra[..., 3]]).astype(np.uint8)


def _ink(coverage: NDArray[np.uint8]) -> list[int]:
    rows = np.flatnonzero((coverage >= FAINTEST).any(axis=1))
    columns = np.flatnonzero((coverage >= FAINTEST).any(axis=0))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def main() -> None:
    """Fill the cache, saying how far it is."""
    from rich.progress import Progress as Bar

    with Bar() as bar:
        task = bar.add_task("installing icon packages", total=1.0)
        prepare(tell=lambda what, done: bar.update(task, description=what, completed=done))
        bar.update(task, completed=1.0)


if __name__ == "__main__":
    main()
