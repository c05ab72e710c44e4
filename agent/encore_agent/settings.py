"""Everything the agent can be told, built once at the entry point and handed down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from encore_models.perception.clip import OURS


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the service can be told; built once at the entry point."""

    root: Path
    """The library's folder."""
    models: Path
    """Where prepared models lie; what is there can be made again at any time."""
    microphone: str | None = None
    """Name of the input device; None takes the system's default."""
    fps: int = 15
    """Pictures a second in a recording."""
    say_what_you_see: bool = False
    """Whether controls can be called by their names, without any macro."""
    clip: str = OURS
    """What sees candidates and reads names: `ui-clip`, or a CLIP of transformers by its name or folder."""

    @classmethod
    def default(cls, root: Path | None = None, clip: str = OURS) -> Settings:
        """The user's data folder, or the one given."""
        root = root or platformdirs.user_data_path("encore", appauthor=False)
        return cls(root=root, models=platformdirs.user_cache_path("encore", appauthor=False) / "models", clip=clip)

    @property
    def hearing(self) -> Path:
        """The folder of the hearing model."""
        return self.models / "whisper-tiny.en"
