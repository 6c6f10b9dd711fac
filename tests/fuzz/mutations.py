"""How files are broken: at random, at sizes and lengths, by splicing, with checksums recomputed."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

from tests.fuzz.seeds import seeds
from tests.hostile.base import PAYLOADS

_TELLING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
Mutator = Callable[[random.Random, bytearray], bytearray]


def _flip(rng: random.Random, data: bytearray) -> bytearray:
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _flip_in_header(rng: random.Random, data: bytearray) -> bytearray:
    for _ in range(rng.choice((1, 1, 2, 4))):
        data[rng.randrange(min(len(data), 200))] = rng.randrange(256)
    return data


def _tell(rng: random.Random, data: bytearray) -> bytearray:
    """A boundary number, in either byte order."""
    pack = rng.choice((">H", "<H", ">I", "<I"))
    value = struct.pack(pack, rng.choice(_TELLING) % (1 << 8 * struct.calcsize(pack)))
    at = rng.randrange(min(len(data), rng.choice((64, 400, 1 << 20))))
    data[at : at + len(value)] = value
    return data


def _cut(rng: random.Random, data: bytearray) -> bytearray:
    return data[: rng.randrange(len(data))]


def _remove(rng: random.Random, data: bytearray) -> bytearray:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 2, 4, 16, 256))]
    return data


def _insert(rng: random.Random, data: bytearray) -> bytearray:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice((1, 2, 4, 16, 256)))
    return data


def _repeat(rng: random.Random, data: bytearray) -> bytearray:
    at = rng.randrange(len(data))
    block = data[at : at + rng.choice((4, 16, 64, 512))]
    data[at:at] = block * rng.choice((1, 2, 30))
    return data


def _zero(rng: random.Random, data: bytearray) -> bytearray:
    at, length = rng.randrange(len(data)), rng.choice((4, 32, 256))
    data[at : at + length] = bytes([rng.choice((0, 255))]) * len(data[at : at + length])
    return data


def _splice(rng: random.Random, data: bytearray) -> bytearray:
    other = rng.choice(list(seeds().values()))
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def _append(rng: random.Random, data: bytearray) -> bytearray:
    return data + rng.choice([*PAYLOADS.values(), *seeds().values(), bytes(64)])


_MUTATORS: tuple[Mutator, ...] = (
    _flip, _flip, _flip_in_header, _flip_in_header, _tell, _tell,
    _cut, _remove, _insert, _repeat, _zero, _splice, _append,
)  # fmt: skip


def mutation(seed: int, number: int) -> tuple[str, bytes]:
    """The name of the original file, and the mutated bytes. Deterministic for the two numbers."""
    rng = random.Random(f"{seed}:{number}")
    name, valid = rng.choice(sorted(seeds().items()))
    data = bytearray(valid)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if data:
            data = rng.choice(_MUTATORS)(rng, data)
    if name.endswith(".png") and rng.random() < 0.8:
        data = _right_checksums(data)
    if name.endswith(".webp") and rng.random() < 0.8:
        data[4:8] = struct.pack("<I", max(0, len(data) - 8))
    return name, bytes(data)


def _right_checksums(data: bytearray) -> bytearray:
    # Otherwise every broken PNG would fail at its first checksum, and nothing behind it would be tested.
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return data
