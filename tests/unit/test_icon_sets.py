"""What UI-CLIP may learn from, and what it must not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from encore_models.errors import IconsMissing
from encore_models.training.icon_sets import PERMITTED_LICENCES, TAG_PACKAGES, TEST_SETS, TRAIN_SETS, IconSet
from encore_models.training.icons import INDEX, PICTURES, open_icons, prepare, read_set
from encore_models.training.names import spoken_name

TRAINED = {s.name for s in TRAIN_SETS}


def test_the_six_test_sets_and_what_derives_from_them_are_never_trained_on() -> None:
    assert {s.name for s in TEST_SETS} == {"ri", "bi", "ion", "mingcute", "mynaui", "octicon"}
    assert not TRAINED & {s.name for s in TEST_SETS}
    assert not TRAINED & {"famicons", "nonicons"}
    assert not {"ionicons", "@primer/octicons", "bootstrap-icons", "remixicon"} & set(TAG_PACKAGES)


def test_share_alike_and_copyleft_sets_are_left_out() -> None:
    assert not any("SA" in licence or "GPL" in licence for licence in PERMITTED_LICENCES)
    assert not TRAINED & {"arcticons", "typcn", "entypo", "icomoon-free", "dashicons", "gridicons"}
    with pytest.raises(ValueError, match=r"CC-BY-SA-4\.0"):
        IconSet("typcn", "1.2.2", "CC-BY-SA-4.0", "train")


def test_every_set_is_named_once_with_one_version() -> None:
    assert len(TRAINED) == len(TRAIN_SETS) > 60
    assert all(s.version.count(".") == 2 for s in TRAIN_SETS + TEST_SETS)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    home = tmp_path / "@iconify-json" / "demo"
    home.mkdir(parents=True)
    icons = {
        "play-outline": {"body": '<path d="M4 2v12l10-6z"/>'},
        "old": {"body": "<path/>", "hidden": True},
        "skip-next-20-filled": {"body": '<path d="M4 2v12l8-6z"/>', "width": 20},
    }
    aliases = {"start": {"parent": "play-outline"}, "back": {"parent": "skip-next-20-filled", "hFlip": True}}
    (home / "info.json").write_text(json.dumps({"license": {"spdx": "MIT"}}))
    (home / "icons.json").write_text(json.dumps({"icons": icons, "aliases": aliases, "width": 16, "height": 16}))
    return tmp_path


def test_a_set_gives_names_aliases_and_tags_but_no_hidden_or_flipped_icons(packages: Path) -> None:
    play, skip = read_set(packages, IconSet("demo", "1.0.0", "MIT", "train"), {"play": ["music"]})
    assert (play.name, play.other_names) == ("play", ("music", "start"))
    assert (skip.name, skip.other_names) == ("skip next", ())
    assert 'viewBox="0 0 20 16"' in skip.svg


def test_a_set_whose_licence_changed_is_refused(packages: Path) -> None:
    with pytest.raises(ValueError, match="now under MIT, it was chosen under ISC"):
        list(read_set(packages, IconSet("demo", "1.0.0", "ISC", "train"), {}))


def test_icons_that_were_not_rendered_say_how(tmp_path: Path) -> None:
    with pytest.raises(IconsMissing, match=r"python -m encore_models\.training\.icons"):
        open_icons("train", tmp_path)


def test_rendered_icons_are_mapped_and_nothing_is_installed_again(tmp_path: Path) -> None:
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        np.save(tmp_path / part / PICTURES, np.zeros((1, 2, 64, 64), np.uint8))
        index = {"sets": ["demo"], "names": ["play"], "other_names": [["start"]], "boxes": [[1, 2, 3, 4]]}
        (tmp_path / part / INDEX).write_text(json.dumps(index))
    prepare(tmp_path)
    icons = open_icons("test", tmp_path)
    assert (len(icons), icons.names, icons.other_names) == (1, ("play",), (("start",),))
    assert isinstance(icons.pictures, np.memmap)
    assert not (tmp_path / "node_modules").exists()


@pytest.mark.parametrize(
    ("name", "prefixed", "spoken"),
    [
        ("play-outline", False, "play"),
        ("skip-next-20-filled", False, "skip next"),
        ("baseline-play-arrow", True, "play arrow"),
        ("outline-add", True, "add"),
        ("round", True, "round"),
        ("bold-duotone", False, "bold"),
        ("24-hours-fill", False, "24 hours"),
        ("volume-2", False, "volume 2"),
        ("arrowLeft", False, "arrow left"),
    ],
)
def test_names_keep_what_is_drawn_and_lose_how(name: str, prefixed: bool, spoken: str) -> None:
    assert spoken_name(name, prefixed) == spoken
