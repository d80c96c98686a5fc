"""Audio cut into parts without re-encoding: the packets are copied, so an hour costs less than a
second.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Lock
from typing import Any

import av
from av.container import InputContainer

PART = 600.0  # seconds
OVERLAP = 10.0  # seconds that two parts share, so that no word is cut in both
SHORTEST = 30.0  # seconds: a part that is still too big at this length cannot be helped
DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)
FORMATS = {".m4a": "mp4", ".mp4": "mp4", ".webm": "webm"}
KINDS = {"mp4": ".m4a", "webm": ".webm"}


class UnreadableAudioError(Exception):
    """The file holds no audio that can be cut."""


@dataclass(frozen=True)
class Span:
    """A piece of the recording, in seconds."""

    start: float
    length: float

    def halves(self) -> tuple["Span", "Span"]:
        """The same piece as two that overlap."""
        middle = self.length / 2
        return Span(self.start, min(middle + OVERLAP, self.length)), Span(
            self.start + middle, self.length - middle
        )


@dataclass(frozen=True)
class Part:
    """A file with the audio from `start` on; `start` and `duration` in seconds, as its packets say;
    `size` in bytes.
    """

    path: Path
    start: float
    duration: float
    size: int


def spans(duration: float) -> list[Span]:
    """The parts of a recording: ten minutes each and what they share with the next.

    One that lies in another's overlap is left out.
    """
    starts = [0.0]
    while starts[-1] + PART + OVERLAP < duration:
        starts.append(starts[-1] + PART)
    return [Span(start, min(PART + OVERLAP, duration - start)) for start in starts]


class Recording:
    """An audio file that parts are cut from. Several threads may share it: they take turns.

    It is opened once, since the index of twelve hours takes some 90 MB. Everything raises
    UnreadableAudioError.
    """

    def __init__(self, audio: Path) -> None:
        with readable():
            self._container: InputContainer = av.open(str(audio))
        if not self._container.streams.audio:
            self._container.close()
            raise UnreadableAudioError("no audio stream")
        self._stream: Any = self._container.streams.audio[0]
        self._base: Fraction = self._stream.time_base  # read once: an hour has 77,000 packets
        self._format = FORMATS.get(audio.suffix, "mp4")
        self._turn = Lock()

    @property
    def duration(self) -> float:
        """Seconds."""
        if self._stream.duration is not None:
            return self._seconds(self._stream.duration)
        if self._container.duration is not None:
            return float(self._container.duration / av.time_base)
        raise UnreadableAudioError("no duration")

    @contextmanager
    def cut(self, span: Span, folder: Path) -> Iterator[Part | None]:
        """One part as a file in `folder`, which is gone afterwards; None when nothing lies in the
        span.
        """
        path = folder / f"part-{span.start:.0f}-{span.length:.0f}{KINDS[self._format]}"
        try:
            times = self._copy(span, path)
            if times is None:
                yield None
            else:
                begin, end = times
                yield Part(path, begin, end - begin, path.stat().st_size)
        finally:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        self._container.close()

    def _copy(self, span: Span, path: Path) -> tuple[float, float] | None:
        """Copies the span's packets; the begin of the first and the end of the last, in seconds."""
        first, end = None, 0
        with self._turn, readable(), av.open(str(path), "w", format=self._format) as target:
            copy = target.add_stream_from_template(self._stream)
            for packet in self._packets(span):
                if first is None:
                    first = packet.pts
                end = packet.pts + (packet.duration or 0)
                packet.pts, packet.dts, packet.stream = packet.pts - first, packet.pts - first, copy
                target.mux(packet)
        return None if first is None else (self._seconds(first), self._seconds(end))

    def _packets(self, span: Span) -> Iterator[Any]:
        """The packets that begin within the span."""
        self._container.seek(int(span.start / self._base), stream=self._stream, backward=True)
        for packet in self._container.demux(self._stream):
            if packet.pts is None:
                continue
            begins = self._seconds(packet.pts)
            if begins >= span.start + span.length:
                return
            if begins >= span.start:
                yield packet

    def _seconds(self, ticks: int) -> float:
        """Whole numbers divided: as exact as fractions multiplied, for a tenth of the time."""
        return ticks * self._base.numerator / self._base.denominator


@contextmanager
def readable() -> Iterator[None]:
    try:
        yield
    except (av.error.FFmpegError, EOFError, ValueError) as error:
        if getattr(error, "errno", None) in DISK_IS_FULL:
            raise OSError(errno.ENOSPC, "No space left on device") from None
        raise UnreadableAudioError(type(error).__name__) from None
