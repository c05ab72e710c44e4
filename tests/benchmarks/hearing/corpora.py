"""Real sounds without commands: the speech, single words and music that Debian's packages ship.

Packages are downloaded and unpacked into a folder that git ignores, never installed, and nothing of them is copied into
the project. Development and final run have no source in common.
"""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from encore_models.perception.mel import RATE
from tests.benchmarks.hearing.commands import Split
from tests.benchmarks.hearing.rnc import MAGIC, unpacked

Kind = Literal["speech", "single words", "music"]
Sounds = Iterator[tuple[str, NDArray[np.float32]]]
"""Names, and float32 mono [n] at 16 kHz."""

_READ = {".ogg", ".opus", ".g722", ".gsm", ".wav", ".mp3", ".flac"}
_HOLDERS = {".pk3", ".wz"}
"""Archives of games, in ZIP's format."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one package adds."""

    package: str
    split: Split
    kind: Kind
    holds: str
    """In words: who speaks or plays."""
    within: str = ""
    """Only files whose path holds this."""
    most_minutes: float = 1e9
    """More of it is not taken."""

    @property
    def name(self) -> str:
        """A file name of its own."""
        return f"{self.package}-{self.kind.replace(' ', '-')}"


SOURCES = (
    Source("asterisk-core-sounds-en-g722", "dev", "speech", "an American woman's telephone prompts"),
    Source("asterisk-core-sounds-it-g722", "dev", "speech", "Italian telephone prompts"),
    Source("asterisk-core-sounds-es-g722", "dev", "speech", "Mexican telephone prompts"),
    Source("fillets-ng-data-nl", "dev", "speech", "Dutch actors of a puzzle game", "", 45),
    Source("warzone2100-data", "dev", "speech", "English radio messages of a strategy game", "audio/"),
    Source("gcin-voice", "dev", "single words", "Chinese syllables", "", 30),
    Source("tuxpaint-stamps-default", "dev", "single words", "names of things in 20 languages", "", 45),
    Source("ktuberling-data", "dev", "single words", "names of things in 26 languages, said by their translators"),
    Source("megaglest-data", "dev", "single words", "English exclamations and sounds of a strategy game", "", 30),
    Source("drascula-music", "dev", "music", "soundtrack", "", 20),
    Source("hyperrogue-music", "dev", "music", "soundtrack", "", 20),
    Source("wesnoth-1.16-music", "dev", "music", "orchestral soundtrack", "", 20),
    Source("flight-of-the-amazon-queen", "final", "speech", "American actors of an adventure"),
    Source("beneath-a-steel-sky", "final", "speech", "British and American actors of an adventure"),
    Source("asterisk-core-sounds-fr-g722", "final", "speech", "Canadian French telephone prompts"),
    Source("asterisk-core-sounds-ru-g722", "final", "speech", "Russian telephone prompts"),
    Source("asterisk-prompt-it-menardi-wav", "final", "speech", "Italian telephone prompts"),
    Source("asterisk-prompt-es-co", "final", "speech", "Colombian telephone prompts"),
    Source("asterisk-prompt-fr-armelle", "final", "speech", "French telephone prompts"),
    Source("fillets-ng-data-cs", "final", "speech", "Czech actors of a puzzle game"),
    Source("hedgewars-data", "final", "speech", "actors' shouts of an artillery game, mostly English", "voices/"),
    Source("klettres-data", "final", "single words", "letters and syllables of 25 languages"),
    Source("nexuiz-data", "final", "single words", "English announcers, players and sounds of a shooter", "sound/"),
    Source("warzone2100-music", "final", "music", "soundtrack", "", 36),
    Source("ufoai-music", "final", "music", "soundtrack", "", 36),
    Source("singularity-music", "final", "music", "electronic soundtrack", "", 36),
    Source("planetblupi-music-ogg", "final", "music", "soundtrack", "", 36),
    Source("nexuiz-music", "final", "music", "rock and electronic soundtrack", "", 36),
)


_MIXED: dict[Split, tuple[str, str, float]] = {
    "dev": ("fillets-ng-data-nl", "hyperrogue-music", 20),
    "final": ("flight-of-the-amazon-queen", "ufoai-music", 60),
}
"""Speech, music, and how many minutes of both at once."""
_PIECE_S = 60
_LOUDER_DB = (-5.0, 15.0)
"""How much louder the speech is than the music."""


def mixed_name(split: Split) -> str:
    """Of the stream of speech over music."""
    return f"{split}-speech-over-music"


def mixed(split: Split, folder: Path) -> Sounds:
    """Speech over music, a minute at a time at a level by chance; these hours are not new sound."""
    speech, music, minutes = _MIXED[split]
    pieces = [_pieces(source, folder) for name in (speech, music) for source in SOURCES if source.package == name]
    chance = np.random.default_rng(0)
    for minute, (voice, behind) in enumerate(zip(*pieces, strict=False)):
        if minute >= minutes:
            return
        loud = float(np.mean(behind**2))
        gain = np.sqrt(float(np.mean(voice**2)) / max(loud, 1e-9)) * 10 ** (-chance.uniform(*_LOUDER_DB) / 20)
        both = voice + np.float32(gain) * behind
        yield f"minute {minute}", np.asarray(both * min(1.0, 0.95 / float(np.abs(both).max())), np.float32)


def _pieces(source: Source, folder: Path) -> Iterator[NDArray[np.float32]]:
    """A source's sound, a minute at a time."""
    place = fetched(source, folder)
    waiting = np.zeros(0, np.float32)
    for _, sound in sounds_of(source, place) if place else ():
        waiting = np.concatenate([waiting, sound])
        while len(waiting) >= _PIECE_S * RATE:
            yield waiting[: _PIECE_S * RATE]
            waiting = waiting[_PIECE_S * RATE :]


def fetched(source: Source, folder: Path) -> Path | None:
    """The unpacked package; None where it cannot be had here."""
    place = folder / source.package
    if place.exists():
        return place
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return None
    loading = folder / f"{source.package}.loading"
    shutil.rmtree(loading, ignore_errors=True)
    loading.mkdir(parents=True)
    command = ["apt-get", "download", "-q", source.package]
    done = subprocess.run(command, cwd=loading, capture_output=True, check=False)
    packages = list(loading.glob("*.deb"))
    if done.returncode or not packages:
        shutil.rmtree(loading)
        return None
    subprocess.run(["dpkg-deb", "-x", str(packages[0]), str(loading)], check=True)
    packages[0].unlink()
    return loading.rename(place)


def licence_of(place: Path, package: str) -> str:
    """Licences that the package's copyright file names."""
    notice = place / "usr" / "share" / "doc" / package / "copyright"
    if not notice.exists():
        return "not stated"
    lines = notice.read_text("utf-8", errors="replace").splitlines()
    named = dict.fromkeys(line.partition(":")[2].strip() for line in lines if line.startswith("License:"))
    return ", ".join(filter(None, named)) or "see its copyright file"


def sounds_of(source: Source, place: Path) -> Sounds:
    """Every sound of a source, in the order of their names, up to its minutes."""
    readers: dict[str, Callable[[Path], Sounds]] = {
        "flight-of-the-amazon-queen": _amazon_queen,
        "beneath-a-steel-sky": _steel_sky,
    }
    left = source.most_minutes * 60
    for name, sound in readers.get(source.package, lambda folder: _files(folder, source.within))(place):
        if left <= 0:
            return
        left -= len(sound) / RATE
        yield name, sound


def _files(place: Path, within: str) -> Sounds:
    for path in sorted(p for p in place.rglob("*") if p.is_file() and not p.is_symlink()):
        name = str(path.relative_to(place))
        if path.suffix in _HOLDERS:
            yield from _held(path, within)
        elif path.suffix in _READ and within in name and (sound := decoded(path.read_bytes(), path.suffix)) is not None:
            yield name, sound


def _held(archive: Path, within: str) -> Sounds:
    with zipfile.ZipFile(archive) as file:
        for name in sorted(file.namelist()):
            suffix = Path(name).suffix
            if suffix in _READ and within in name and (sound := decoded(file.read(name), suffix)) is not None:
                yield name, sound


def decoded(data: bytes, suffix: str) -> NDArray[np.float32] | None:
    """A sound file as mono at 16 kHz; None where it cannot be read."""
    formats = {".g722": "g722", ".gsm": "gsm", ".mp3": "mp3"}
    try:
        with av.open(io.BytesIO(data), format=formats.get(suffix), metadata_errors="ignore") as container:
            resampler = av.AudioResampler("flt", "mono", RATE)
            frames = [*container.decode(audio=0), None]
            blocks = [block.to_ndarray().ravel() for frame in frames for block in resampler.resample(frame)]
    except (av.FFmpegError, IndexError):
        return None
    return np.concatenate(blocks).astype(np.float32) if blocks else None


def _amazon_queen(place: Path) -> Sounds:
    """The spoken lines: MP3 in `queen.1c`, whose table of names, offsets and sizes lies at its beginning."""
    (path,) = place.rglob("queen.1c")
    data = path.read_bytes()
    (count,) = struct.unpack_from(">H", data, 13)
    for index in range(count):
        name, _, offset, size = struct.unpack_from(">12sBII", data, 15 + 21 * index)
        if b".SB" in name and (sound := decoded(data[offset : offset + size], ".mp3")) is not None:
            yield name.split(b"\0")[0].decode(), sound


_SKY_SPEECH = range(50_000, 60_000)
"""Numbers of the spoken lines among the files of the game."""
_SKY_RATE = 11_025
_SKY_HEADER = 22


def _steel_sky(place: Path) -> Sounds:
    """The spoken lines, packed unsigned bytes: `sky.dnr` has a count and eight bytes for each file in `sky.dsk`.

    Those are its number (2 bytes), its place (3; the highest bit counts in units of 16) and its size (3; 22 bits).
    Source: https://github.com/scummvm/scummvm/blob/master/engines/sky/disk.cpp
    """
    (table,), (files,) = (list(place.rglob(name)) for name in ("sky.dnr", "sky.dsk"))
    rows, data = table.read_bytes(), files.read_bytes()
    (count,) = struct.unpack_from("<I", rows)
    for number, where, size in sorted(struct.unpack_from("<H3s3s", rows, 4 + 8 * row) for row in range(count)):
        start, length = int.from_bytes(where, "little"), int.from_bytes(size, "little") & 0x3FFFFF
        start = (start & 0x7FFFFF) * (16 if start >> 23 else 1)
        if number in _SKY_SPEECH:
            packed = data[start + _SKY_HEADER : start + length]
            samples = np.frombuffer(unpacked(packed) if packed.startswith(MAGIC) else packed, np.uint8)
            yield str(number), _at_our_rate(samples.astype(np.float32) / 128 - 1, _SKY_RATE)


def _at_our_rate(sound: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """A sound of another rate at 16 kHz."""
    frame = av.AudioFrame.from_ndarray(sound[None], "flt", "mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler("flt", "mono", RATE)
    return np.concatenate(
        [block.to_ndarray().ravel() for given in (frame, None) for block in resampler.resample(given)]
    )
