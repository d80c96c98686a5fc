"""Audio that tells where it is: every packet carries the video and the second it belongs to, so a
transcript shows each seam and gap.

The mark sits in bits a decoder must skip (a fill element of AAC, the padding of Opus), so the sound
is a normal, decodable one. A stream copy keeps it; re-encoding loses it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

_MAGIC = b"\x05SI"
"""The first four bits must be 0, the type of a fill element that means nothing."""
_LAYOUT = struct.Struct(">3s11s2scI")
_AAC_HEADER_BITS = 15
_AAC_LARGEST = 269
OPUS_FRAMES = 3
"""Frames of 20 ms in one packet."""
_OPUS_PADDED = 0x40


@dataclass(frozen=True)
class Mark:
    """`at`: milliseconds from the beginning of the video.

    `role`: `o`riginal, `d`ubbed or `x` for descriptive.
    """

    video_id: str
    language: str
    role: str
    at: int

    def to_bytes(self) -> bytes:
        return _LAYOUT.pack(
            _MAGIC,
            self.video_id.encode(),
            self.language[:2].encode(),
            self.role[:1].encode(),
            self.at,
        )


def mark_aac(frame: bytes, mark: Mark, size: int) -> bytes:
    """An AAC frame with the mark, filled up to about `size` bytes."""
    bits, place, length = _filled_up(frame, size)
    return (bits | int.from_bytes(mark.to_bytes(), "big") << place).to_bytes(length, "big")


@cache
def _filled_up(frame: bytes, size: int) -> tuple[int, int, int]:
    """A frame with elements of zeros behind it, at which bit from the end a mark has its place, and
    the bytes of it all.
    """
    room = max(_LAYOUT.size, size - len(frame) - 2)
    room = min(room, _AAC_LARGEST) if room < _AAC_LARGEST + _LAYOUT.size else room
    bits, length = int.from_bytes(frame, "big"), 8 * len(frame)
    for start in reversed(range(0, room, _AAC_LARGEST)):
        count = min(max(room - start, _LAYOUT.size), _AAC_LARGEST)
        bits |= (0b110_1111 << 8 | count - 14) << 8 * count + length
        length += _AAC_HEADER_BITS + 8 * count
    spare = -length % 8
    return (
        bits << spare,
        length + spare - _AAC_HEADER_BITS - 8 * _LAYOUT.size,
        (length + spare) // 8,
    )


def mark_opus(frame: bytes, mark: Mark, size: int) -> bytes:
    """An Opus packet of that frame three times, with the mark in its padding, filled up to about
    `size` bytes.
    """
    padding = mark.to_bytes().ljust(max(_LAYOUT.size, size - OPUS_FRAMES * len(frame) - 4), b"\0")
    full, rest = divmod(len(padding), 254)
    lengths = bytes([255] * full + [rest])
    return (
        bytes([frame[0] | 3, _OPUS_PADDED | OPUS_FRAMES])
        + lengths
        + frame[1:] * OPUS_FRAMES
        + padding
    )


def read_mark(packet: bytes) -> Mark | None:
    """The mark of a packet of either kind; None when it has none."""
    place = packet.rfind(_MAGIC)
    if place >= 0 and place + _LAYOUT.size <= len(packet):
        return _unpack(packet[place : place + _LAYOUT.size])
    surplus = 8 * len(packet) - _AAC_HEADER_BITS - 8 * _LAYOUT.size
    if surplus < 0:
        return None
    bits = int.from_bytes(packet, "big") >> surplus
    return _unpack((bits & ((1 << 8 * _LAYOUT.size) - 1)).to_bytes(_LAYOUT.size, "big"))


def _unpack(content: bytes) -> Mark | None:
    magic, video_id, language, role, at = _LAYOUT.unpack(content)
    if magic != _MAGIC:
        return None
    return Mark(video_id.decode(), language.decode(), role.decode(), at)
