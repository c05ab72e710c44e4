"""Everything the agent can be told, built once at the entry point and handed down."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

import platformdirs

from encore_agent.hotkey import Hotkey
from encore_agent.messages import Mode
from encore_models.perception.clip import OURS

log = logging.getLogger(__name__)

CHOICES_FILE = "settings.json"
TINY_EN = "tiny.en"
"""The Whisper that comes with Encore."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How the person wants to be listened to; kept in the library, so that it outlives a restart."""

    mode: Mode = "hands_free"
    microphone: str | None = None
    """Name of the input device; None follows the system's default."""
    muted: bool = False
    talk_key: str = "ctrl+alt+space"
    """Held down to talk, in the mode `push_to_talk`."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, so that a file edited by hand is either right or not used."""
        named = self.microphone is None or isinstance(self.microphone, str)
        if self.mode not in get_args(Mode) or not named or not isinstance(self.muted, bool):
            raise ValueError(f"these are no choices: {self}")
        if not isinstance(self.talk_key, str):
            raise ValueError(f"the talk key is a chord like ctrl+alt+space, not {self.talk_key!r}")
        Hotkey.parse(self.talk_key)

    @classmethod
    def read(cls, root: Path) -> Choices:
        """What was kept in the library at `root`; the defaults where nothing was, or nothing readable."""
        try:
            kept: Any = json.loads((root / CHOICES_FILE).read_text(encoding="utf-8"))
            if not isinstance(kept, dict):
                raise ValueError(f"it holds {kept!r}, not choices by their names")
            return cls(**{field.name: kept[field.name] for field in fields(cls) if field.name in kept})
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except (OSError, ValueError, TypeError) as problem:
            # Without its choices Encore is still of use, so this must not keep it from starting.
            log.warning("%s cannot be used, so the defaults are: %s", root / CHOICES_FILE, problem)
            return cls()

    def write(self, root: Path) -> None:
        """Keep them in the library at `root`, at once or not at all."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = root / f".{CHOICES_FILE}"
        kept = {field.name: getattr(self, field.name) for field in fields(self)}
        whole.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        whole.replace(root / CHOICES_FILE)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the service can be told; built once at the entry point."""

    root: Path
    """The library's folder."""
    models: Path
    """Where prepared models lie; what is there can be made again at any time."""
    choices: Choices = Choices()
    """How to listen when it starts."""
    fps: int = 15
    """Pictures a second in a recording."""
    say_what_you_see: bool = False
    """Whether controls can be called by their names, without any macro."""
    clip: str = OURS
    """What sees candidates and reads names: `ui-clip`, or a CLIP of transformers by its name or folder."""
    whisper: str = TINY_EN
    """What hears: `tiny.en`, or another Whisper by its name or folder."""
    language: str | None = None
    """What is spoken to a multilingual Whisper, for example `de`; None has others than English ones find out."""
    keep_rejected_audio: bool = False
    """Whether the sound of speech that started nothing is kept in the heard log."""

    @classmethod
    def default(
        cls,
        root: Path | None = None,
        clip: str = OURS,
        whisper: str = TINY_EN,
        language: str | None = None,
        keep_rejected_audio: bool = False,
    ) -> Settings:
        """The user's data folder, or the one given, with the choices that are kept there."""
        root = root or platformdirs.user_data_path("encore", appauthor=False)
        return cls(
            root=root,
            models=platformdirs.user_cache_path("encore", appauthor=False) / "models",
            choices=Choices.read(root),
            clip=clip,
            whisper=whisper,
            language=language,
            keep_rejected_audio=keep_rejected_audio,
        )

    @property
    def microphone(self) -> str | None:
        """Name of the input device; None follows the system's default."""
        return self.choices.microphone
