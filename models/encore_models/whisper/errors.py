"""What can go wrong with a Whisper that the user named."""

from __future__ import annotations

from collections.abc import Iterable

from encore_models.errors import ModelsError


class WhisperMissing(ModelsError, ValueError):
    """A Whisper that was asked for is not there, or is none."""

    def __init__(
        self,
        name: str,
        problem: str,
        advice: str = "Name a Whisper of transformers or of openai-whisper (base.en, ...), or its folder or .pt file",
    ) -> None:
        self.problem = problem.rstrip(".")
        super().__init__(f"{name} cannot be used as a Whisper: {self.problem}. {advice}")


class LanguageMissing(ModelsError, ValueError):
    """A Whisper does not know the language that was asked for."""

    def __init__(self, whisper: str, language: str, known: Iterable[str]) -> None:
        codes = ", ".join(sorted(known))
        advice = (
            f"It knows: {codes}"
            if codes
            else "It knows English only; leave out --language, or name a multilingual one, such as --whisper base"
        )
        super().__init__(f"{whisper} does not know the language {language!r}. {advice}")


class WhisperStrays(ModelsError, ArithmeticError):
    """An exported graph does not compute what the original does."""

    def __init__(self, what: str, problem: str, advice: str) -> None:
        super().__init__(f"{what} {problem}. Nothing was written. {advice}")
