"""A private desktop: X server, window manager, D-Bus session, sound with a virtual microphone, own home.

    with Stage(StageOptions(size=(1280, 800))) as stage:
        player = stage.spawn([sys.executable, "-m", "demos.player"])
        stage.screenshot(Path("player.png"))

Several stages run side by side. Nothing is left behind, even when the owner is killed: see `demos.keeper`.

Also a command: `python -m demos.stage --packages` prints the Debian packages it needs (the standard library is enough
to run it), `python -m demos.stage [--size WxH] [--tray] COMMAND ...` runs a command on a stage.
"""

from __future__ import annotations

import argparse
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from demos import keeper
from demos.errors import MissingPrograms, StageFailed
from demos.packages import DEBIAN_PACKAGES, PROGRAMS, missing_programs
from demos.sound import MICROPHONE, SPEAKERS, Playback, Sound, SpeakerRecording, server_script

_SESSION_PREFIXES = (
    "XDG_", "DBUS_", "PULSE_", "WAYLAND_", "QT_", "GTK_", "GDK_", "SDL_", "AT_SPI_", "DESKTOP_", "GNOME_", "KDE_",
)  # fmt: skip
_SESSION_NAMES = (
    "DISPLAY",
    "XAUTHORITY",
    "XMODIFIERS",
    "SESSION_MANAGER",
    "WINDOWID",
    "ALSA_CONFIG_PATH",
    "NO_AT_BRIDGE",
)


@dataclass(frozen=True, slots=True)
class StageOptions:
    """What a stage looks like."""

    size: tuple[int, int] = (1280, 800)
    """Screen width and height in pixels."""
    display: str | None = None
    """An X display that is there already, such as the person's own, with its window manager; None starts one. Sound,
    D-Bus and home are the stage's own in either case."""
    tray: bool = False
    """Whether a panel hosts tray icons (tint2, along the lower edge)."""
    ready_timeout_s: float = 20.0
    """How long each part may take to come up."""

    def __post_init__(self) -> None:
        if min(self.size) < 200:
            raise ValueError(f"a stage of {self.size[0]} x {self.size[1]} pixels is too small; 200 x 200 at least")


class Stage:
    """One private desktop, up between `__enter__` and `__exit__`.

    Attributes:
        display: The X display, for example ":3".
        env: The complete environment for programs on the stage.
        home: Home folder of the stage's own.
        folder: Parent of everything the stage keeps on disk, logs included; removed at the end.
        sound: Microphone and speakers.
    """

    def __init__(self, options: StageOptions | None = None) -> None:
        self.options = options or StageOptions()
        self.display = ""
        self.env: dict[str, str] = {}
        self.home = self.folder = Path()
        self.sound = Sound(self.spawn)
        self._cleanup = ExitStack()
        self._logs: dict[int, Path] = {}

    def __enter__(self) -> Stage:
        """Bring the desktop up.

        Raises:
            MissingPrograms: with the packages to install.
            StageFailed: a part did not come up.
        """
        if missing := missing_programs():
            raise MissingPrograms(missing, sorted({PROGRAMS[program] for program in missing}))
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every program on the stage, the last started first, and remove its folder. Idempotent."""
        self._cleanup.close()

    # Programs -----------------------------------------------------------------------------------------------------

    def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program on the stage; it ends with the stage at the latest.

        Args:
            argv: Program and arguments.
            env: Variables beside the stage's own.
            stdout: As for Popen; None writes into the stage's log folder.
            stderr: Likewise.
            pass_fds: File descriptors the program inherits.
        """
        log = self.folder / "logs" / f"{len(self._logs):03}-{Path(argv[0]).name}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                argv,
                env={**self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink if stdout is None else stdout,
                stderr=sink if stderr is None else stderr,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self._logs[process.pid] = log
        self._cleanup.callback(end, process)
        return process

    def log_of(self, process: subprocess.Popen[bytes]) -> str:
        """The end of what a program started by `spawn` wrote."""
        return self._logs[process.pid].read_text(errors="replace")[-2000:]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Move this very process onto the stage while the block runs.

        Qt, Xlib and PortAudio read the environment when they start: import or open them inside the block. PortAudio
        lists its devices once a process, so it is started anew here if it already ran; that closes its open streams.
        """
        before = dict(os.environ)
        for name in list(os.environ):
            if _of_a_session(name):
                del os.environ[name]
        os.environ.update(self.env)
        _restart_portaudio()
        try:
            yield
        finally:
            changed = {name for name in {*before, *self.env} if before.get(name) != self.env.get(name)}
            for name in changed:
                if name in before:
                    os.environ[name] = before[name]
                else:
                    os.environ.pop(name, None)
            _restart_portaudio()

    # Sound and picture --------------------------------------------------------------------------------------------

    def play_into_microphone(self, wav: Path) -> Playback:
        """Start playing a WAV file into the virtual microphone; returns at its first frame, `.wait()` at its last."""
        return self.sound.play_into_microphone(wav)

    def recording_speakers(self) -> AbstractContextManager[SpeakerRecording]:
        """Record the speakers while a `with` block runs; `.samples` and `.rate` afterwards."""
        return self.sound.recording_speakers()

    def record_speakers(self, seconds: float) -> SpeakerRecording:
        """Record the speakers from now on for a while."""
        with self.sound.recording_speakers() as recording:
            time.sleep(seconds)
        return recording

    def screenshot(self, path: Path) -> Path:
        """Save the whole screen as PNG."""
        import mss
        import mss.tools

        with mss.MSS(display=self.display) as screen:
            picture = screen.grab(screen.monitors[0])
        mss.tools.to_png(picture.rgb, picture.size, output=str(path))
        return path

    # Coming up ----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="encore-stage-"))
        self._start_keeper()
        self.home = self.folder / "home"
        for name in (
            "home",
            "logs",
            "run",
            "home/.config",
            "home/.local/share",
            "home/.cache",
            "home/.local/state",
        ):
            (self.folder / name).mkdir(parents=True, mode=0o700)
        _write_authority(self.home / ".Xauthority")
        self.env = self._environment()
        if self.options.display is None:
            self._start_x()
        else:
            self.display = self.env["DISPLAY"] = self.options.display
            self.env["XAUTHORITY"] = os.environ.get("XAUTHORITY", str(Path.home() / ".Xauthority"))
        self._start_bus()
        self._start_sound()
        if self.options.display is None:
            self._start_window_manager()
        if self.options.tray:
            self._start_tray()

    def _start_keeper(self) -> None:
        """First of all: from here on nothing stays behind."""
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, str(self.folder), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None
        # A word, not only the closed pipe: a forked child of this process may hold the pipe open.
        self._cleanup.callback(process.communicate, b"stop")
        if process.stdout.readline() != b"ready\n":
            raise StageFailed("keeper", 0, "it ended at once")

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _of_a_session(name)}
        run = self.folder / "run"
        return kept | {
            keeper.MARK: str(self.folder),
            "HOME": str(self.home),
            "XAUTHORITY": str(self.home / ".Xauthority"),
            "XDG_RUNTIME_DIR": str(run),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_SESSION_TYPE": "x11",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={run / 'bus'}",
            "PULSE_SERVER": f"unix:{run / 'pulse.socket'}",
            "PULSE_SINK": SPEAKERS,
            "PULSE_SOURCE": MICROPHONE,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }

    def _start_x(self) -> None:
        # Not -displayfd: it takes no lock, and of two servers that start together one may lose its socket.
        first = 100 + os.getpid() % 400
        width, height = self.options.size
        for number in range(first, first + 100):
            door = Path(f"/tmp/.X11-unix/X{number}")
            if door.exists() or Path(f"/tmp/.X{number}-lock").exists():
                continue
            server = self.spawn(
                ["Xvfb", f":{number}", "-screen", "0", f"{width}x{height}x24", "-dpi", "96", "-noreset"]
            )
            self.display = self.env["DISPLAY"] = f":{number}"
            if self._await_x(server, number):
                return
        raise StageFailed("X server", 0, f"no display is free from :{first} to :{first + 99}")

    def _await_x(self, server: subprocess.Popen[bytes], number: int) -> bool:
        """Whether `server` came up as display `number`; False if another one was quicker."""

        def decided() -> bool:
            return server.poll() is not None or (
                _locked_by(number) == server.pid and bool(self._ask("xprop", "-root", "_NET_SUPPORTED"))
            )

        self._await("X server", server, decided)
        return server.poll() is None

    def _start_bus(self) -> None:
        address = self.env["DBUS_SESSION_BUS_ADDRESS"]
        daemon = self.spawn(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}"])
        bus = self.folder / "run" / "bus"
        self._await("D-Bus session", daemon, bus.exists)

    def _start_sound(self) -> None:
        script = self.folder / "pulse.pa"
        script.write_text(server_script(self.folder / "run" / "pulse.socket"))
        server = self.spawn(
            ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes",
             "--high-priority=no", "--realtime=no", "-F", str(script)],
        )  # fmt: skip
        self._await("sound server", server, lambda: MICROPHONE in self._ask("pactl", "get-default-source"))

    def _start_window_manager(self) -> None:
        manager = self.spawn(["openbox", "--sm-disable"])
        self._await(
            "window manager",
            manager,
            lambda: "#" in self._ask("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"),
        )
        # With one desktop only, a turn of the wheel over the background changes nothing.
        self._ask("xdotool", "set_num_desktops", "1")

    def _start_tray(self) -> None:
        settings = self.folder / "tint2rc"
        settings.write_text(
            "panel_items = TS\npanel_size = 100% 30\npanel_position = bottom center horizontal\n"
            "systray_icon_size = 22\nsystray_padding = 6 3 6\nstrut_policy = follow_size\nwm_menu = 0\n"
        )
        panel = self.spawn(["tint2", "-c", str(settings)])
        self._await("tray", panel, lambda: bool(self._ask("xdotool", "search", "--onlyvisible", "--class", "tint2")))

    def _ask(self, *argv: str) -> str:
        return subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=10, check=False).stdout

    def _await(self, part: str, program: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.options.ready_timeout_s
        while not ready():
            if time.monotonic() > deadline:
                raise StageFailed(part, self.options.ready_timeout_s, self.log_of(program))
            time.sleep(0.02)


def end(process: subprocess.Popen[bytes], patience_s: float = keeper.PATIENCE_S) -> None:
    """End a program politely, then with force, and wait for it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _locked_by(display: int) -> int | None:
    """Process id of the X server that holds a display's lock file."""
    try:
        return int(Path(f"/tmp/.X{display}-lock").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _write_authority(path: Path) -> None:
    """A key to any display. Xvfb asks for none, but python-xlib prints a warning with each connection without one."""
    fields = (socket.gethostname().encode(), b"", b"MIT-MAGIC-COOKIE-1", os.urandom(16))
    family_local = struct.pack(">H", 256)
    path.touch(mode=0o600)
    path.write_bytes(family_local + b"".join(struct.pack(">H", len(field)) + field for field in fields))


def _of_a_session(name: str) -> bool:
    return name in _SESSION_NAMES or name.startswith(_SESSION_PREFIXES)


def _restart_portaudio() -> None:
    sounddevice = sys.modules.get("sounddevice")
    if sounddevice is not None:
        sounddevice._terminate()
        sounddevice._initialize()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the packages, or run a command on a stage and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m demos.stage", description="Run a command on a private desktop.")
    parser.add_argument("--packages", action="store_true", help="print the Debian packages this needs, and exit")
    parser.add_argument("--size", type=_size, default=(1280, 800), metavar="WxH")
    parser.add_argument("--tray", action="store_true", help="with a panel for tray icons")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND ...")
    arguments = parser.parse_args(argv)
    if arguments.packages:
        print(" ".join(DEBIAN_PACKAGES))  # noqa: T201 - this is the command's answer
        return 0
    if not arguments.command:
        parser.error("give a command to run, or --packages")
    with Stage(StageOptions(size=arguments.size, tray=arguments.tray)) as stage:
        return subprocess.run(arguments.command, env=stage.env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
