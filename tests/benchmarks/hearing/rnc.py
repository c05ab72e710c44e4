"""Unpack Rob Northen Compression, method 1, in which games of the nineties keep their sounds.

A stream of bits, lowest first in words of 16, tells how many bytes follow as they are, then how many to repeat from how
far back; both in Huffman codes that each block brings along. Bytes as they are stand between the words.

Source: https://segaretro.org/Rob_Northen_compression
"""

from __future__ import annotations

import struct

MAGIC = b"RNC\x01"
_HEADER = 18
_WORD = 16
_SHORTEST = 2
"""Bytes that are worth repeating."""

Table = tuple[int, list[tuple[int, int]]]
"""Bits that choose an entry, and for each choice the leaf and how many bits it really has."""


def unpacked(data: bytes) -> bytes:
    """The bytes that were packed.

    Raises:
        ValueError: This is something else, or it is damaged.
    """
    if data[:4] != MAGIC:
        raise ValueError(f"this begins with {data[:4]!r}, not with {MAGIC!r}")
    size, _, check = struct.unpack_from(">IIH", data, 4)
    bits, made = _Bits(data, _HEADER), bytearray()
    bits.read(2)
    for _ in range(data[_HEADER - 1]):
        literal, back, length = (_table(bits) for _ in range(3))
        count = bits.read(_WORD)
        for number in range(count):
            if plain := bits.value(literal):
                made += bits.bytes(plain)
            if number < count - 1:
                start = len(made) - bits.value(back) - 1
                _repeat(made, start, bits.value(length) + _SHORTEST)
    if len(made) != size or _checked(made) != check:
        raise ValueError(f"{len(made)} of {size} bytes came out, or not those that were packed")
    return bytes(made)


def _repeat(made: bytearray, start: int, size: int) -> None:
    """Append `size` bytes from `start` on, which may run into what is just being appended."""
    if start < 0:
        raise ValueError("it repeats what is not there")
    while size > 0:
        part = made[start : start + size]
        made += part
        size -= len(part)


class _Bits:
    """Bits in words, with whole bytes between them; one word is always read ahead."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._place = start
        self._held = self._word()
        self._count = _WORD

    def _word(self) -> int:
        return int.from_bytes(self._data[self._place : self._place + 2], "little")

    def _skip(self, count: int) -> None:
        self._held >>= count
        self._count -= count
        if self._count < _WORD:
            self._place += 2
            self._held |= self._word() << self._count
            self._count += _WORD

    def read(self, count: int) -> int:
        """The next bits as a number."""
        found = self._held & ((1 << count) - 1)
        self._skip(count)
        return found

    def value(self, table: Table) -> int:
        """The next number in a Huffman code."""
        width, leaves = table
        leaf, size = leaves[self._held & ((1 << width) - 1)]
        self._skip(size)
        return leaf if leaf < 2 else 1 << (leaf - 1) | self.read(leaf - 1)

    def bytes(self, count: int) -> bytes:
        """The next bytes as they are; the word that was read ahead comes after them."""
        found = self._data[self._place : self._place + count]
        self._place += count
        self._count -= _WORD
        self._held = self._held & ((1 << self._count) - 1) | self._word() << self._count
        self._count += _WORD
        return found


def _table(bits: _Bits) -> Table:
    """A Huffman code as a block tells it: the length of each leaf, codes in the order of lengths."""
    sizes = [bits.read(4) for _ in range(bits.read(5))]
    width = max(sizes, default=0)
    leaves, code = [(0, 0)] * (1 << width), 0
    for size in range(1, width + 1):
        for leaf in (place for place, one in enumerate(sizes) if one == size):
            mirrored = int(f"{code:0{size}b}"[::-1], 2)
            leaves[mirrored :: 1 << size] = [(leaf, size)] * (1 << (width - size))
            code += 1
        code <<= 1
    return width, leaves


def _checked(data: bytes | bytearray) -> int:
    """CRC-16 with the polynomial 0xA001."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC = [_crc_of(byte) for byte in range(256)]
