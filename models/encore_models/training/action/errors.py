"""What can go wrong while the action model is trained."""

from __future__ import annotations

from pathlib import Path

from encore_models.errors import ModelsError

NO_MEMORY = "can't allocate memory"
"""What torch says where the machine's memory ran out, in an error of no particular kind."""


class TrainingDiverged(ModelsError, ArithmeticError):
    """A loss or a gradient is no number any more."""

    def __init__(self, step: int, what: str, kept: Path | None) -> None:
        self.step, self.what = step, what
        advice = f"The checkpoint of before is whole, in {kept}" if kept else "There was no checkpoint yet"
        super().__init__(
            f"training stopped at step {step}: {what} is not finite. {advice}; "
            "go on from there with a lower learning rate, or look for broken samples"
        )


class TooLarge(ModelsError, MemoryError):
    """Not even one sample at a time fits into memory."""

    def __init__(self, samples: int) -> None:
        super().__init__(
            f"the device's memory does not hold {samples} sample at a time. "
            "Train a narrower model, or end what else uses the device"
        )


def memory_ended(error: BaseException) -> bool:
    """Whether an error means that memory ran out; on a processor torch has no error of its own for that."""
    import torch

    return isinstance(error, torch.OutOfMemoryError | MemoryError) or NO_MEMORY in str(error)


class OtherRun(ModelsError, ValueError):
    """A checkpoint belongs to a run with other options."""

    def __init__(self, folder: Path, differences: str) -> None:
        self.folder, self.differences = folder, differences
        super().__init__(
            f"the checkpoint in {folder} was made with other options ({differences}), so going on would not be the "
            "same run. Take the options back, or choose another folder"
        )

    def __reduce__(self) -> tuple[type[OtherRun], tuple[Path, str]]:
        """As it was raised: a run in a process of its own has to tell it, too."""
        return OtherRun, (self.folder, self.differences)
