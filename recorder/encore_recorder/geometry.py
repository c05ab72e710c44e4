"""Places on the virtual desktop, in physical pixels.

The origin is the desktop's, so a monitor to the left of the main one has negative coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A pixel of the virtual desktop, or of a picture where the text says so."""

    x: int
    y: int

    def moved(self, dx: int, dy: int) -> Point:
        """The point `dx` to the right and `dy` down."""
        return Point(self.x + dx, self.y + dy)


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle: left and top are inside it, right and bottom are not."""

    left: int
    top: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 0 or self.height < 0:
            raise ValueError(f"a rectangle needs a size of 0 or more, not {self.width} x {self.height}")

    @property
    def right(self) -> int:
        """First column right of the rectangle."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First row below the rectangle."""
        return self.top + self.height

    @property
    def center(self) -> Point:
        """The pixel in the middle, rounded towards the origin."""
        return Point(self.left + self.width // 2, self.top + self.height // 2)

    @property
    def area(self) -> int:
        """Pixels inside."""
        return self.width * self.height

    def contains(self, point: Point) -> bool:
        """Whether `point` lies inside."""
        return self.left <= point.x < self.right and self.top <= point.y < self.bottom

    def moved(self, dx: int, dy: int) -> Rect:
        """The same size, `dx` to the right and `dy` down."""
        return Rect(self.left + dx, self.top + dy, self.width, self.height)

    def grown(self, margin: int) -> Rect:
        """Larger by `margin` pixels on every side (smaller when negative, never below nothing)."""
        return Rect(
            self.left - margin,
            self.top - margin,
            max(0, self.width + 2 * margin),
            max(0, self.height + 2 * margin),
        )

    def scaled(self, by: float) -> Rect:
        """Where it lies on a picture drawn so many times as large; never narrower or lower than a pixel."""
        width, height = max(1, round(self.width * by)), max(1, round(self.height * by))
        return Rect(round(self.left * by), round(self.top * by), width, height)

    def intersection(self, other: Rect) -> Rect | None:
        """What both share, or None where they do not touch."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(left, top, right - left, bottom - top) if right > left and bottom > top else None

    def overlap(self, other: Rect) -> float:
        """Intersection over union, 0 to 1."""
        shared = self.intersection(other)
        if shared is None:
            return 0.0
        return shared.area / (self.area + other.area - shared.area)
