"""A bundle is all there and unchanged, or it is refused with the reason."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from encore_models.bundle import MANIFEST, Bundle, Contents, Graph, write_bundle
from encore_models.errors import BundleBroken, BundleMissing, BundleNotWritten

CONTENTS = Contents(
    name="ear-1",
    source="made by hand",
    licence="MIT",
    graphs={"ear": Graph("ear.onnx", {"sound": (1, "n")}, {"word": (1,)})},
    settings={"start": [1, 2], "end": 3, "kind": "small"},
    metrics={"error": 0.25},
)


def fill(folder: Path) -> Contents:
    (folder / "ear.onnx").write_bytes(b"graph")
    (folder / "ear.weights").write_bytes(b"weights" * 1000)
    return CONTENTS


def write(folder: Path) -> Bundle:
    return write_bundle(folder, fill)


def test_what_was_written_is_opened(tmp_path: Path):
    written = write(tmp_path / "deep" / "ear")
    opened = Bundle.open(tmp_path / "deep" / "ear")
    assert opened.manifest == written.manifest
    assert opened.contents == CONTENTS
    assert opened.path("ear.onnx").read_bytes() == b"graph"
    assert set(opened.manifest.files) == {"ear.onnx", "ear.weights"}


def test_an_empty_folder_is_no_bundle(tmp_path: Path):
    with pytest.raises(BundleMissing, match="encore setup"):
        Bundle.open(tmp_path)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda f: (f / "ear.weights").unlink(), "ear.weights is missing"),
        (lambda f: (f / "ear.weights").write_bytes(b"short"), "5 bytes instead of 7000"),
        (lambda f: (f / "ear.weights").write_bytes(b"Weights" * 1000), "has changed"),
        (lambda f: (f / MANIFEST).write_text("{"), "not valid"),
        (lambda f: change(f, format_version=99), "format 99"),
        (lambda f: change(f, files={"../ear.onnx": {"bytes": 1, "sha256": ""}}), "outside"),
    ],
)
def test_a_damaged_bundle_says_what_is_wrong(tmp_path: Path, damage, reason: str):
    folder = tmp_path / "ear"
    write(folder)
    damage(folder)
    with pytest.raises(BundleBroken, match=reason):
        Bundle.open(folder)


def change(folder: Path, **fields: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | fields))


def test_files_and_graphs_it_does_not_name_are_refused(tmp_path: Path):
    bundle = write(tmp_path / "ear")
    with pytest.raises(BundleBroken, match=r"no file nose\.onnx"):
        bundle.path("nose.onnx")
    with pytest.raises(BundleBroken, match="no graph nose"):
        bundle.session("nose")


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("no")])
def test_a_failure_leaves_what_was_there(tmp_path: Path, failure: Exception):
    folder = tmp_path / "ear"
    write(folder)

    def fail(made: Path) -> Contents:
        fill(made)
        raise failure

    expected = BundleNotWritten if isinstance(failure, OSError) else RuntimeError
    with pytest.raises(expected, match=r"No space left on device|no"):
        write_bundle(folder, fail)
    assert Bundle.open(folder).contents == CONTENTS
    assert [path.name for path in tmp_path.iterdir()] == ["ear"]


def test_a_new_bundle_replaces_all_of_the_old_one(tmp_path: Path):
    folder = tmp_path / "ear"
    write(folder)
    (folder / "left over").touch()
    write(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["ear.onnx", "ear.weights", MANIFEST]
    assert [path.name for path in tmp_path.iterdir()] == ["ear"]


ROOT = Path(__file__).parents[2]
KILLED = """
import os, sys
from dataclasses import replace
from pathlib import Path

from encore_models.bundle import write_bundle
from tests.unit.test_bundle import CONTENTS, fill

rename, (folder, moment) = Path.rename, sys.argv[1:]

def until(self, target):
    if moment == "before" and Path(target) == Path(folder):
        os._exit(9)
    rename(self, target)
    if moment == "after" and Path(target) == Path(folder):
        os._exit(9)

Path.rename = until
write_bundle(Path(folder), lambda made: replace(fill(made), name="ear-2"))
"""


def killed(folder: Path, moment: str) -> None:
    """A process that is killed while it exchanges a bundle, before or after the new one is in its place."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), moment], cwd=ROOT, check=False)
    assert done.returncode == 9


def test_an_exchange_that_was_killed_half_way_is_taken_back(tmp_path: Path):
    folder = tmp_path / "ear"
    write(folder)
    killed(folder, "before")
    assert not folder.exists()
    assert Bundle.lies_in(folder)
    assert Bundle.open(folder).contents == CONTENTS
    killed(folder, "before")
    killed(folder, "before")  # nobody has opened it before the next exchange
    assert Bundle.open(folder).contents == CONTENTS


def test_an_exchange_that_was_killed_at_its_end_has_happened(tmp_path: Path):
    folder = tmp_path / "ear"
    write(folder)
    killed(folder, "after")
    assert Bundle.open(folder).contents.name == "ear-2"
    write(folder)
    assert Bundle.open(folder).contents == CONTENTS
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".old")]


def test_an_exchange_that_fails_half_way_is_taken_back_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "ear"
    write(folder)
    rename = Path.rename

    def stuck(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stuck)
    with pytest.raises(KeyboardInterrupt):
        write(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["ear"]


def test_no_bundle_lies_where_none_was(tmp_path: Path):
    assert not Bundle.lies_in(tmp_path / "ear")
    assert not Bundle.lies_in(tmp_path)
