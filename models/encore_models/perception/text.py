"""Reading text on the screen.

One strip costs about 10 to 15 ms on two cores, a page more than a second: callers ask for strips of the
candidates that matter, and what was read once is not read again while its pixels stay the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from encore_models.errors import ReaderBroken, ReaderMissing
from encore_models.perception.crops import content
from encore_recorder.geometry import Rect

T = TypeVar("T")

LOOKS_LIKE = str.maketrans({"0": "o", "1": "l", "i": "l"})
"""Characters that a reader takes for each other in many fonts."""
SETTINGS: Mapping[str, object] = {
    # Strips are padded to this width at least; most labels are short.
    "Rec.rec_img_shape": [3, 48, 96],
    # Together they would be padded to the longest, which costs more than it saves, and what one of them
    # reads would depend on the others.
    "Rec.rec_batch_num": 1,
}
"""Of rapidocr, for labels; a page takes two thirds to three quarters of the time so, too."""
PAGES = 4
"""Pages whose lines are kept: only what cannot be found otherwise is looked for on one."""


def unconfused(text: str) -> str:
    """A text in small letters with one for all that a reader takes for each other: to be compared, not to be shown."""
    return text.translate(LOOKS_LIKE).replace("rn", "m").replace("vv", "w")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text found on a page."""

    text: str
    box: Rect
    """Pixels of the picture."""
    confidence: float
    """0 to 1."""


class TextReader(Protocol):
    """Reads text in pictures."""

    def read(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> list[str]:
        """The text in each box, one line a box; empty where there is none or it is not legible.

        Args:
            image: BGR [height, width, 3].
            boxes: The ink of a line, without a margin; parts outside of the picture are cut off.
        """

    def read_page(self, image: NDArray[np.uint8]) -> list[TextLine]:
        """All lines of a picture, found without candidates; slow."""

    def recall(self, image: NDArray[np.uint8], texts: Mapping[Rect, str]) -> None:
        """Take what `read` gave for boxes of this picture, perhaps in another process."""


class RapidOcrReader:
    """PP-OCR models through rapidocr, both inside its wheel: nothing is downloaded.

    May be shared between threads.
    """

    def __init__(
        self,
        threads: int = 2,
        remembered: int = 4096,
        least_confidence: float = 0.5,
        settings: Mapping[str, object] = SETTINGS,
    ) -> None:
        """Nothing is loaded before the first reading.

        Args:
            threads: Threads that recognition may use.
            remembered: Strips whose text is kept; 0 reads pages anew, too.
            least_confidence: Below it a strip counts as not legible.
            settings: Of rapidocr, beside its models and threads.
        """
        self._threads = threads
        self._remembered = remembered
        self._least_confidence = least_confidence
        self._settings = settings
        self._texts: OrderedDict[bytes, str] = OrderedDict()
        self._pages: OrderedDict[bytes, list[TextLine]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> list[str]:
        """See `TextReader.read`.

        Raises:
            ReaderMissing: rapidocr is installed without its models.
            ReaderBroken: They are damaged.
        """
        strips = [_strip(image, box) for box in boxes]
        keys = [content(strip) for strip in strips]
        with self._lock:
            unknown = {
                key: strip for key, strip in zip(keys, strips, strict=True) if strip.size and key not in self._texts
            }
            texts = dict(zip(unknown, self._recognise(list(unknown.values())), strict=True))
            for key in keys:
                if key in self._texts:
                    texts[key] = self._texts[key]
                    self._texts.move_to_end(key)
            _remember(self._texts, {key: texts[key] for key in unknown}, self._remembered)
        return [texts.get(key, "") for key in keys]

    def read_page(self, image: NDArray[np.uint8]) -> list[TextLine]:
        """See `TextReader.read_page`.

        Raises:
            ReaderMissing: rapidocr is installed without its models.
            ReaderBroken: They are damaged.
        """
        key = content(image)
        with self._lock:
            lines = self._pages.get(key)
            if lines is None:
                lines = self._read_page(image)
                _remember(self._pages, {key: lines}, min(PAGES, self._remembered))
        return list(lines)

    def recall(self, image: NDArray[np.uint8], texts: Mapping[Rect, str]) -> None:
        """See `TextReader.recall`; the same strips are then known wherever they stand."""
        with self._lock:
            known = {content(_strip(image, box)): text for box, text in texts.items()}
            _remember(self._texts, known, self._remembered)

    def forget(self) -> None:
        """Read everything anew from now on."""
        with self._lock:
            self._texts.clear()
            self._pages.clear()

    def _read_page(self, image: NDArray[np.uint8]) -> list[TextLine]:
        with _damage_is_told():
            page = self._engine(image, use_det=True, use_cls=False, use_rec=True)
        if page.boxes is None or page.txts is None:
            return []
        lines = []
        for corners, text, confidence in zip(page.boxes, page.txts, page.scores, strict=True):
            left, top = np.floor(np.min(corners, axis=0)).astype(int).tolist()
            right, bottom = np.ceil(np.max(corners, axis=0)).astype(int).tolist()
            lines.append(TextLine(text.strip(), Rect(left, top, right - left, bottom - top), float(confidence)))
        return lines

    def _recognise(self, strips: list[NDArray[np.uint8]]) -> list[str]:
        if not strips:
            return []
        with _damage_is_told():
            result = self._engine.recognize_txt(strips)
        return [
            text.strip() if confidence >= self._least_confidence else ""
            for text, confidence in zip(result.txts, result.scores, strict=True)
        ]

    @cached_property
    def _engine(self) -> Any:
        import rapidocr

        folder = Path(rapidocr.__file__).parent / "models"
        params = {
            # Only rapidocr's own logger hears this.
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
            # With a path given, rapidocr has no reason to download.
            "Det.model_path": str(_model(folder, "*_det_*.onnx")),
            "Rec.model_path": str(_model(folder, "*_rec_*.onnx")),
            **self._settings,
        }
        return rapidocr.RapidOCR(params=params)


def _remember(read: OrderedDict[bytes, T], new: dict[bytes, T], most: int) -> None:
    """Keep what was read; what was not asked for the longest goes."""
    read.update(new)
    while len(read) > most:
        read.popitem(last=False)


@contextmanager
def _damage_is_told() -> Iterator[None]:
    """Models are loaded when they are needed first, each by itself."""
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf, NoModel

    try:
        yield
    except (Fail, InvalidGraph, InvalidProtobuf, NoModel) as error:
        raise ReaderBroken(str(error)) from error


def _model(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise ReaderMissing(folder, pattern)
    return found[-1]


def _strip(image: NDArray[np.uint8], box: Rect) -> NDArray[np.uint8]:
    """The box with the margin that recognition was trained with; empty outside of the picture."""
    height, width = image.shape[:2]
    around = box.grown(max(2, round(0.3 * box.height)))
    inside = around.intersection(Rect(0, 0, width, height))
    if inside is None:
        return image[:0, :0]
    return image[inside.top : inside.bottom, inside.left : inside.right]
