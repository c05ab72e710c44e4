"""The stand-in player on a real desktop: searched, clicked, seen and heard."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from demos.hands import Hands
from demos.player.catalogue import generate
from demos.player.remote import RemotePlayer
from demos.player.tones import identify
from demos.stage import Stage

TRACKS = generate().tracks


@pytest.fixture
def hands(stage: Stage) -> Hands:
    return Hands(stage, seed=11)


def _playerctl(stage: Stage, *words: str) -> str:
    argv = ["playerctl", "--player=encore_player", *words]
    return subprocess.run(argv, env=stage.env, capture_output=True, text=True, timeout=10, check=True).stdout.strip()


def _heard(stage: Stage) -> str:
    recording = stage.record_speakers(1.1)
    return getattr(identify(recording.samples, recording.rate, TRACKS), "title", "nothing")


def _search(player: RemotePlayer, hands: Hands, words: str) -> None:
    hands.click(*player.box("Search field").center)
    hands.press("ctrl", "a")
    hands.type(words)


def _brightness(stage: Stage, player: RemotePlayer, path: Path) -> float:
    import cv2

    box = player.box("window")
    picture = cv2.imread(str(stage.screenshot(path)))
    assert picture is not None
    return float(picture[box.top : box.top + box.height, box.left : box.left + box.width].mean())


def test_misspelt_search_then_double_click_plays_the_right_one_of_two(stage: Stage, player: RemotePlayer, hands: Hands):
    _search(player, hands, "yestarday\n")
    row = player.box("title: Yesterday Once More")
    assert player.status == "Stopped", "Enter only searches"
    hands.double_click(*row.center)
    player.wait_until_playing("Yesterday Once More")
    assert _heard(stage) == "Yesterday Once More"
    artist = generate().titled("Yesterday Once More").artist
    title = subprocess.run(
        ["xdotool", "getactivewindow", "getwindowname"], env=stage.env, capture_output=True, text=True, check=True
    )
    assert title.stdout.strip() == f"{artist} - Yesterday Once More"
    hands.double_click(*player.box("title: Yesterday").center)
    player.wait_until_playing("Yesterday")
    assert _heard(stage) == "Yesterday"


def test_answers_mpris(stage: Stage, player: RemotePlayer):
    _playerctl(stage, "play")
    player.wait_until(lambda: player.status == "Playing", 5, "playing")
    first = player.title
    told = _playerctl(stage, "metadata", "--format", "{{title}}|{{artist}}|{{album}}|{{mpris:length}}")
    track = generate().titled(first)
    assert told == f"{track.title}|{track.artist}|{track.album}|{track.duration_s * 1_000_000}"
    follower = subprocess.Popen(
        ["playerctl", "--player=encore_player", "--follow", "metadata", "title"],
        env=stage.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    try:
        assert follower.stdout.readline().strip() == first
        _playerctl(stage, "next")
        following = follower.stdout.readline().strip()
    finally:
        follower.terminate()
        follower.communicate()
    assert following == player.title != first
    _playerctl(stage, "position", "60")
    assert 60 <= float(_playerctl(stage, "position")) < 62
    _playerctl(stage, "volume", "0.5")
    player.wait_until(lambda: player.volume == 0.5, 5, "half as loud")
    for command, answer in (("shuffle On", "On"), ("loop Track", "Track"), ("pause", "Paused"), ("stop", "Paused")):
        _playerctl(stage, *command.split())
        name = "status" if answer == "Paused" else command.split()[0]
        player.wait_until(lambda name=name, answer=answer: _playerctl(stage, name) == answer, 5, command)  # type: ignore[misc]
    assert _heard(stage) == "nothing"


def test_menu_queues_a_song_and_the_bar_goes_on_to_it(player: RemotePlayer, hands: Hands):
    _search(player, hands, "blue moon")
    hands.double_click(*player.box("title: Blue Moon").center)
    player.wait_until_playing("Blue Moon")
    hands.right_click(*player.box("title: Blue Moon Rising").center)
    hands.click(*player.box("menu: Add to queue").center)
    player.wait_until(lambda: "Next" in player.boxes(), 5, "without its menu")
    hands.click(*player.box("Next").center)
    player.wait_until_playing("Blue Moon Rising")
    hands.click(*player.box("more: Blue Moon").center)
    hands.click(*player.box("menu: Play").center)
    player.wait_until_playing("Blue Moon")
    hands.click(*player.box("Pause").center)
    player.wait_until(lambda: player.status == "Paused", 5, "paused")


def test_heart_in_a_row_puts_the_song_among_the_liked_ones(player: RemotePlayer, hands: Hands):
    _search(player, hands, "night train")
    hands.double_click(*player.box("heart: Night Train").center)
    hands.click(*player.box("heart: Night Train").center)
    assert player.status == "Stopped", "a heart does not play"
    hands.click(*player.box("Liked Songs").center)
    player.box("title: Night Train")
    assert "Search field" in player.boxes()


@pytest.mark.parametrize(
    ("flags", "scale"),
    [
        (("--theme", "light", "--scale", "150", "--sidebar", "right", "--bar", "mirrored"), 1.5),
        (("--theme", "dark", "--scale", "175", "--sidebar", "collapsed", "--bar", "grouped"), 1.75),
    ],
)
def test_looks(stage: Stage, start_player, hands: Hands, tmp_path: Path, flags, scale):
    player = start_player(*flags, "--size", "1200x720", "--position", "20,10")
    window = player.box("window")
    assert (window.width, window.height) == pytest.approx((1200, 720), abs=2)
    boxes = player.boxes()
    assert boxes["Play"].width == pytest.approx(36 * scale, abs=2)
    for box in boxes.values():
        assert window.left <= box.left < box.left + box.width <= window.left + window.width + 2
    right = "--sidebar" in flags and "right" in flags
    assert (boxes["Home"].left > boxes["Search field"].left) == right
    if "mirrored" in flags:
        assert boxes["Volume"].left < boxes["Play"].left < boxes["Cover"].left
    else:
        assert boxes["Play"].left < boxes["Shuffle"].left < boxes["Volume"].left
    assert (_brightness(stage, player, tmp_path / "look.png") > 128) == ("light" in flags)
    _search(player, hands, "golden hour")
    hands.double_click(*player.box("title: Golden Hour").center)
    player.wait_until_playing("Golden Hour")


def test_title_left_out_is_not_found_and_look_alikes_are(start_player, hands: Hands):
    player = start_player("--without", "Yesterday")
    _search(player, hands, "yesterday")
    player.box("title: Yesterday Once More")
    assert "title: Yesterday" not in player.boxes()


def test_popup_covers_until_it_is_dismissed(start_player, hands: Hands):
    player = start_player("--popup", "0")
    button = player.box("Not now")
    assert list(player.boxes()) == ["Not now"]
    hands.click(*button.center)
    player.box("Search field")


def test_slow_player_shows_that_it_loads(start_player, hands: Hands):
    player = start_player("--slow-ms", "1500")
    _search(player, hands, "river")
    player.box("Loading")
    assert "title: River" not in player.boxes()
    player.box("title: River")
    assert "Loading" not in player.boxes()


def test_without_a_sound_device_it_says_so_and_goes_on(start_player, stage: Stage):
    player = start_player(env={"PULSE_SERVER": "unix:/nonexistent"})
    player.box("No sound device found. Playing silently.")
    _playerctl(stage, "play")
    player.wait_until(lambda: float(_playerctl(stage, "position")) > 0.3, 5, "moving on")
