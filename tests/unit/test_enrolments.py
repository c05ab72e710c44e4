"""What lies in a macro's folder of the person's own speech: whole, capped, calibrated, and never in the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from encore_agent.decide import ACCEPT, UNCALIBRATED, Enrolled
from encore_agent.enrolments import MOST, Enrolments
from encore_models.perception.prints import VoicePrint


def print_at(place: float, head: str = "") -> VoicePrint:
    """A print that is so like another one as their places are near."""
    return VoicePrint(np.zeros((1, 1), np.float32), np.array([place], np.float32), 1.0, head=head)


def near(said: VoicePrint, enrolled: Sequence[VoicePrint]) -> np.ndarray:
    return np.array([1.0 - abs(said.embedding[0] - one.embedding[0]) for one in enrolled], np.float32)


def places(prints: Sequence[VoicePrint]) -> list[float]:
    return [round(float(one.embedding[0]), 3) for one in prints]


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("next", "previous", "old")}
    for folder in found.values():
        folder.mkdir()
    return found


def opened(folders: dict[str, Path]) -> Enrolments:
    return Enrolments(folders["next"].parent, compare=near)


@pytest.fixture
def enrolments(folders: dict[str, Path]) -> Enrolments:
    return opened(folders)


def test_a_macro_without_enrolments_is_as_before(enrolments: Enrolments, folders: dict[str, Path]) -> None:
    found = enrolments.enrolled("old")
    assert (found.prints, found.impostors, found.calibration) == ((), (), UNCALIBRATED)
    assert enrolments.enrolled("never there").prints == Enrolled().prints
    assert enrolments.problems("old") == ()
    assert list(folders["old"].iterdir()) == []


def test_enrolments_and_impostors_survive_a_restart(enrolments: Enrolments, folders: dict[str, Path]) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    enrolments.add("next", print_at(0.1), "skip this", "confirmed", heard_id=7)
    calibration = enrolments.add_impostor("next", print_at(0.2), "foxtrot", heard_id=8)
    again = opened(folders)
    found = again.enrolled("next")
    assert (places(found.prints), places(found.impostors)) == ([0.0, 0.1], [0.2])
    assert found.calibration == calibration
    assert calibration.accept > ACCEPT
    assert [(e.phrase, e.source, e.heard_id) for e in again.listed("next")] == [
        ("next track", "demonstration", None),
        ("skip this", "confirmed", 7),
    ]
    assert [(e.phrase, e.heard_id) for e in again.impostors("next")] == [("foxtrot", 8)]


def test_what_was_said_is_known_as_a_wording_newest_first(enrolments: Enrolments) -> None:
    for number, said in enumerate(("Next track.", "Skip this one, please.", "", "next track")):
        enrolments.add("next", print_at(0.1 * number), said, "confirmed")
    assert enrolments.enrolled("next").wordings == ("next track", "Skip this one, please.")


def test_another_macro_that_sounds_alike_is_noted_of_both(enrolments: Enrolments) -> None:
    alone = enrolments.add("next", print_at(0.0), "next track", "demonstration")
    assert alone == UNCALIBRATED
    enrolments.add("previous", print_at(0.25), "previous track", "demonstration")
    for macro_id in ("next", "previous"):
        assert enrolments.enrolled(macro_id).calibration.notes


def test_deleting_the_other_macro_gives_it_back(enrolments: Enrolments, folders: dict[str, Path]) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    enrolments.add("previous", print_at(0.25), "previous track", "demonstration")
    shutil.rmtree(folders["previous"])
    enrolments.recalibrate()
    assert enrolments.enrolled("next").calibration == UNCALIBRATED


def test_only_so_many_are_kept_and_those_that_differ(enrolments: Enrolments, folders: dict[str, Path]) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    spread = [0.1 * n for n in range(1, MOST)]
    for place in (0.001, 0.002, *spread, 0.301):
        enrolments.add("next", print_at(place), "next track", "confirmed")
    kept = places(enrolments.enrolled("next").prints)
    assert len(kept) == MOST
    assert 0.0 in kept  # the demonstration's stays
    assert not {0.001, 0.002} & set(kept)
    assert len(list((folders["next"] / "enrolments").glob("*.npz"))) == MOST


def test_what_was_learned_from_an_utterance_can_be_forgotten(enrolments: Enrolments) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    enrolments.add("next", print_at(0.4), "foxtrot", "confirmed", heard_id=3)
    enrolments.add_impostor("previous", print_at(0.4), "foxtrot", heard_id=3)
    enrolments.forget(3)
    assert places(enrolments.enrolled("next").prints) == [0.0]
    assert enrolments.impostors("previous") == ()


def test_one_can_be_removed(enrolments: Enrolments, folders: dict[str, Path]) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    enrolments.add_impostor("next", print_at(0.2), "foxtrot")
    enrolments.remove("next", enrolments.impostors("next")[0].file)
    assert enrolments.enrolled("next").impostors == ()
    assert enrolments.enrolled("next").calibration == UNCALIBRATED
    assert list((folders["next"] / "impostors").iterdir()) == []


def test_a_damaged_print_is_skipped_and_told(enrolments: Enrolments, folders: dict[str, Path]) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    enrolments.add("next", print_at(0.1), "next track", "confirmed")
    (folders["next"] / "enrolments" / "0001.npz").write_bytes(b"not a print")
    again = opened(folders)
    assert places(again.enrolled("next").prints) == [0.1]
    assert "0001.npz" in again.problems("next")[0]
    again.add("next", print_at(0.2), "next track", "confirmed")
    assert places(again.enrolled("next").prints) == [0.1, 0.2]


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"enrolments": 3}', b"\xff"])
def test_damaged_notes_leave_the_prints_of_use(enrolments: Enrolments, folders: dict[str, Path], damage: bytes) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    (folders["next"] / "enrolments.json").write_bytes(damage)
    again = opened(folders)
    assert places(again.enrolled("next").prints) == [0.0]
    assert "damaged" in again.problems("next")[0]
    again.add("next", print_at(0.1), "next track", "confirmed")
    assert places(again.enrolled("next").prints) == [0.0, 0.1]
    assert again.problems("next") == ()


def test_a_print_of_another_head_is_skipped_and_told(enrolments: Enrolments) -> None:
    enrolments.add("next", print_at(0.0, head="some other head"), "next track", "demonstration")
    assert enrolments.enrolled("next").prints == ()
    assert "another voice head" in enrolments.problems("next")[0]


def test_prints_of_another_head_are_renewed(enrolments: Enrolments) -> None:
    enrolments.add("next", print_at(0.0, head="some other head"), "next track", "demonstration")
    enrolments.add("previous", print_at(0.25), "previous track", "demonstration")
    enrolments.renew(lambda frames: print_at(0.1))
    assert places(enrolments.enrolled("next").prints) == [0.1]
    assert enrolments.problems("next") == ()
    assert enrolments.enrolled("next").calibration.notes
    assert [e.source for e in enrolments.listed("next")] == ["demonstration"]


def test_what_another_process_writes_is_noticed(enrolments: Enrolments, folders: dict[str, Path]) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    assert len(enrolments.enrolled("next").prints) == 1
    opened(folders).add("next", print_at(0.1), "next track", "corrected")
    assert len(enrolments.enrolled("next").prints) == 2


def test_the_nearest_macro_is_named(enrolments: Enrolments) -> None:
    assert enrolments.nearest(print_at(0.0)) is None
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    enrolments.add("previous", print_at(0.5), "previous track", "demonstration")
    assert enrolments.nearest(print_at(0.1)) == "next"
    assert enrolments.nearest(print_at(0.4)) == "previous"
    assert enrolments.nearest(print_at(9.0)) is None


def test_the_file_is_for_people_too(enrolments: Enrolments, folders: dict[str, Path]) -> None:
    enrolments.add("next", print_at(0.0), "next track", "demonstration")
    told = json.loads((folders["next"] / "enrolments.json").read_text())
    assert told["enrolments"][0]["phrase"] == "next track"
    assert told["calibration"]["accept"] == ACCEPT
