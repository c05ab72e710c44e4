"""Fixtures of the desktop drawer: a private desktop for the whole session.

The pytest process itself moves onto the stage with the first test that asks for `stage` and stays there, so code under
test finds its screen, microphone and D-Bus as on a person's desktop. PortAudio, Xlib and Qt read the environment when
they start: open devices inside tests, and run code that needs its own QApplication in a child process
(`stage.spawn`). Tests of this drawer run last, after those that need no desktop.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demos.errors import MissingPrograms
from demos.packages import DEBIAN_PACKAGES, missing_programs
from demos.player.remote import RemotePlayer
from demos.stage import Stage

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.desktop)
    items.sort(key=lambda item: item.path.is_relative_to(_HERE))


@pytest.fixture(scope="session")
def stage_programs() -> None:
    """Skip where the stage's programs are missing; on a build server that is a failure."""
    missing = missing_programs()
    if missing and os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(str(MissingPrograms(missing, DEBIAN_PACKAGES)))
    if missing:
        raise MissingPrograms(missing, DEBIAN_PACKAGES)


@pytest.fixture(scope="session")
def stage(stage_programs: None) -> Iterator[Stage]:
    """The private desktop that this pytest process is on."""
    with Stage() as running, running.applied():
        yield running


StartPlayer = Callable[..., RemotePlayer]


@pytest.fixture
def start_player(stage: Stage) -> Iterator[StartPlayer]:
    """Starts players on the stage: `start_player("--theme", "light")`; they end with the test."""
    with ExitStack() as players:
        yield lambda *flags, **options: players.enter_context(RemotePlayer(stage, *flags, **options))


@pytest.fixture
def player(start_player: StartPlayer) -> RemotePlayer:
    """A player with its usual look."""
    return start_player()
