"""Unpacking what games of the nineties packed, on what a small packer here makes."""

from __future__ import annotations

import math
import struct

import pytest

from tests.benchmarks.hearing.rnc import MAGIC, _checked, unpacked

LEAVES = 4
"""In every table; each leaf has a code of two bits."""
CODES = (0b00, 0b10, 0b01, 0b11)
"""As the stream has them, lowest bit first."""


class Packer:
    """Writes bits in words, and bytes between them where an unpacker looks for them."""

    def __init__(self) -> None:
        self.bits: list[int] = []
        self.between: dict[int, bytes] = {}

    def put(self, value: int, count: int) -> None:
        self.bits += [value >> place & 1 for place in range(count)]

    def number(self, value: int) -> None:
        leaf = value.bit_length()
        self.put(CODES[leaf], 2)
        if leaf > 1:
            self.put(value - (1 << (leaf - 1)), leaf - 1)

    def plain(self, data: bytes) -> None:
        self.number(len(data))
        if data:
            place = math.ceil(len(self.bits) / 16)
            self.between[place] = self.between.get(place, b"") + data

    def packed(self, whole: bytes, blocks: int) -> bytes:
        words = [self.bits[start : start + 16] for start in range(0, len(self.bits), 16)]
        stream = b""
        for place, word in enumerate([*words, [0]]):
            stream += self.between.get(place, b"")
            stream += sum(bit << at for at, bit in enumerate(word)).to_bytes(2, "little")
        return MAGIC + struct.pack(">IIHHBB", len(whole), len(stream), _checked(whole), 0, 0, blocks) + stream


def block(packer: Packer, steps: list[tuple[bytes, int, int]]) -> None:
    """One block: bytes as they are, then so many repeated from so far back; nothing is repeated at the end."""
    for _ in range(3):
        packer.put(LEAVES, 5)
        for _ in range(LEAVES):
            packer.put(2, 4)
    packer.put(len(steps), 16)
    for place, (plain, back, size) in enumerate(steps):
        packer.plain(plain)
        if place < len(steps) - 1:
            packer.number(back - 1)
            packer.number(size - 2)


def packed(whole: bytes = b"hehehello, hello") -> bytes:
    packer = Packer()
    packer.put(0, 2)
    block(packer, [(b"he", 2, 4), (b"llo, ", 7, 2), (b"llo", 0, 0)])
    return packer.packed(whole, 1)


def test_what_was_packed_comes_out_also_what_repeats_itself() -> None:
    assert unpacked(packed()) == b"hehehello, hello"


def test_blocks_bring_their_own_codes() -> None:
    packer = Packer()
    packer.put(0, 2)
    block(packer, [(b"abc", 0, 0)])
    block(packer, [(b"", 3, 3), (b"d", 0, 0)])
    assert unpacked(packer.packed(b"abcabcd", 2)) == b"abcabcd"


@pytest.mark.parametrize("data", [b"RIFF....", packed(b"hehehello, hallo"), packed(b"hehehello")])
def test_what_is_damaged_or_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"RNC|came out"):
        unpacked(data)
