"""What counts as right, fired and missed in the hearing benchmark, and what its peers are asked with."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from encore_agent.messages import Evidence
from tests.benchmarks.hearing.false_accepts import Listened, figures, fuzzy_baseline
from tests.benchmarks.hearing.ours import Trial, macro
from tests.benchmarks.hearing.peers import nearest_phrase, nearest_title, openai_state
from tests.benchmarks.hearing.prints_alone import Compared, sibling_figures, top1_figures
from tests.benchmarks.hearing.report import AIMS, headline, reached
from tests.benchmarks.hearing.stream import Stream, open_stream
from tests.benchmarks.hearing.system import sibling_figures as whole_sibling_figures
from tests.benchmarks.hearing.versus import ENCORE, Heard, Versus, speedup


def trial(verdict: str, first: str | None, **changed: object) -> Trial:
    given = {
        "kind": "command",
        "enroller": "pico-us",
        "speaker": "flite-slt",
        "condition": "clean",
        "said": "next track",
        "wanted": "next-track",
        "value": None,
        "first_value": None,
        "always_asked": False,
        "evidence": Evidence(),
        "sure": 1.0,
        "heard": "",
        "reason": "",
        "ms": 1.0,
    }
    return Trial(**(given | {"verdict": verdict, "first": first} | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "right", "fired", "wrong"),
    [
        (trial("accepted", "next-track"), True, True, False),
        (trial("accepted", "undo-that"), False, False, True),
        (trial("asked", "next-track"), True, False, False),
        (trial("asked", "next-track", always_asked=True), True, True, False),
        (trial("rejected", "next-track"), True, False, False),
        (trial("not heard", None), False, False, False),
        (trial("accepted", "next-track", value="Help!", first_value="help"), True, True, False),
        (trial("accepted", "next-track", value="Help!", first_value="Helter Skelter"), False, False, True),
        (trial("accepted", "next-track", wanted=None), False, False, True),
    ],
)
def test_what_came_of_a_trial(one: Trial, right: bool, fired: bool, wrong: bool) -> None:
    assert (one.first_right, one.fired_right, one.fired_wrong) == (right, fired, wrong)


def test_siblings_set_the_threshold_that_commands_have_to_pass() -> None:
    commands = [trial("accepted", "next-track", sure=sure) for sure in (0.2, 0.9, 1.2)]
    commands.append(trial("rejected", "undo-that", sure=1.4))
    siblings = [trial("rejected", None, kind="sibling", wanted=None, sure=sure) for sure in (-math.inf, 0.8)]
    figures = whole_sibling_figures([*commands, *siblings])
    # 0.2 lies below the likest sibling, and what names another command is a miss however sure.
    assert figures["miss"]["share"] == 0.5
    assert figures["as_set"]["sibling_fired"]["share"] == 0.0


def test_prints_are_judged_by_other_voices_only() -> None:
    def compared(speaker: str, said: int, *like: float) -> Compared:
        return Compared("pico-us", speaker, "clean", said, like)

    found = [
        compared("flite-slt", 0, 0.9, 0.1),
        compared("flite-slt", 0, 0.3, 0.4),
        compared("flite-slt", 1, 0.5, 0.6),
        compared("pico-us", 0, 0.0, 1.0),
        compared("flite-slt", 0),
    ]
    assert top1_figures(found)["all"] == pytest.approx({"share": 0.5, "low": 0.15, "high": 0.85, "of": 4}, abs=0.01)
    # One is enrolled: the sibling reaches .5, so .3 and what was not heard are missed.
    assert sibling_figures(found, 1)["miss"]["share"] == pytest.approx(2 / 3, abs=1e-3)


def test_peers_are_asked_for_the_nearest() -> None:
    assert nearest_phrase("Next truck.", {"next track": "a", "undo that": "b"})[0] == "a"
    titles = ["Help!", "Hello", "Yesterday"]
    assert nearest_title("Play help.", titles) == "Help!"
    assert nearest_title("Please play yesterday by the Beatles.", titles) == "Yesterday"
    assert nearest_title("Could you play hello please?", titles) == "Hello"


def test_stacked_weights_are_taken_apart_for_openai_whisper() -> None:
    stacked = np.arange(12, dtype=np.float32).reshape(6, 2)
    state = openai_state(
        {
            "decoder/layer_3/self_attention/linear_0/weight": stacked,
            "decoder/layer_3/attention/linear_1/bias": np.arange(4, dtype=np.float32),
            "encoder/layer_norm/gamma": np.ones(2, np.float32),
            "encoder/conv1/bias": np.ones(2, np.float32),
            "encoder/num_heads": np.array(6, np.float32),
        }
    )
    assert state["decoder.blocks.3.attn.value.weight"].tolist() == stacked[4:].tolist()
    assert state["decoder.blocks.3.cross_attn.value.bias"].tolist() == [2.0, 3.0]
    assert {"encoder.ln_post.weight", "encoder.conv1.bias"} < set(state)
    assert not any(name.endswith("key.bias") or "num_heads" in name for name in state)


def test_times_are_compared_request_by_request() -> None:
    def heard(ms: float, seconds: float = 2.0, kind: str = "slot50") -> Heard:
        return Heard(kind, "clean", "a", "a", 1.0, ms, seconds)

    ours = [heard(10), heard(20), heard(10), heard(1, seconds=4.0), heard(1, kind="command")]
    theirs = [heard(80), heard(100), heard(100), heard(1e6, seconds=4.0), heard(1e6, kind="command")]
    assert speedup(Versus({ENCORE: ours, "peer": theirs}), "peer") == 8.0
    assert speedup(Versus({ENCORE: ours}), "peer") is None


def test_every_figure_of_the_headline_has_an_aim_and_a_place() -> None:
    assert set(headline({})) == set(AIMS)
    assert set(headline({}).values()) == {None}
    assert headline({"streams": {"all": {"an_hour": 0.1, "hours": 13.0}}})["hours"] == 13.0
    assert reached("top1", 0.99)
    assert not reached("rss_mb", 351.0)


def test_a_stream_is_cut_by_the_real_detector(tmp_path: Path) -> None:
    chunks = 60
    np.save(tmp_path / "talk.sound.npy", np.full(chunks * 512, 100, np.int16))
    likely = np.zeros(chunks, np.float16)
    likely[10:25] = likely[30:50] = 0.9
    np.save(tmp_path / "talk.likely.npy", likely)
    files = [["one", 0], ["two", 27 * 512]]
    (tmp_path / "talk.json").write_text(json.dumps({"seconds": 1.8, "files": files}), "utf-8")
    stream = open_stream(tmp_path, "talk")
    assert stream is not None
    (whole,) = stream.utterances()
    assert whole.start_ns == 10 * 32_000_000
    assert stream.file_at(whole.start_ns) == "one"
    asked = []

    def at_once(utterance: object) -> int:
        asked.append(utterance)
        return 0

    # Ears that are sure at the short pause end the utterance there.
    assert len(list(stream.utterances(foresee=at_once))) == len(asked) == 2
    assert open_stream(tmp_path, "other") is None
    first, second = stream.pieces(most_seconds=0.9)
    assert [first.file_at(0), second.file_at(0)] == ["one", "two"]
    assert [len(list(piece.utterances())) for piece in (first, second)] == [1, 1]
    assert [round(piece.seconds, 3) for piece in (first, second)] == [27 * 0.032 - 0.6, round(33 * 0.032 - 0.6, 3)]
    assert [len(piece.samples) // 512 for piece in (first, second)] == [27, 33]


def test_an_hour_counts_only_when_it_was_listened_to() -> None:
    silence = Stream("s", np.zeros(0, np.int16), np.zeros(0, np.float16), (("one", 0),), 7200.0)
    fired = trial("accepted", "next-track", wanted=None, heard="next truck")
    listened = Listened(silence, "speech", "nobody", "none", [fired, trial("asked", "undo-that", wanted=None)], 1800.0)
    found = figures([listened, Listened(silence, "mix", "nobody", "none", [], 1800.0)])
    assert (found["all"]["an_hour"], found["without_mixes"]["an_hour"], found["asked"]["events"]) == (1.0, 2.0, 1)
    assert len(found["fired"]) == 1
    assert fuzzy_baseline([listened], [macro("a", ["next track"])])["from 80 %"]["events"] == 1
