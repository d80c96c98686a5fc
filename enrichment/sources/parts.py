"""Audio cut into parts without re-encoding: the packets are copied, so an hour costs less than a second."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

PART = 600.0  # seconds
OVERLAP = 10.0  # seconds that two parts share, so that no word is cut in both
SHORTEST = 30.0  # seconds: a part that is still too big at this length cannot be helped
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
        return Span(self.start, min(middle + OVERLAP, self.length)), Span(self.start + middle, self.length - middle)


@dataclass(frozen=True)
class Part:
    """A file with the audio from `start` on; `start` and `duration` in seconds, as its packets say; `size` in bytes."""

    path: Path
    start: float
    duration: float
    size: int


def spans(duration: float) -> list[Span]:
    """The parts of a recording: ten minutes each and what they share with the next. One that lies in another's overlap is left out."""
    starts = [0.0]
    while starts[-1] + PART + OVERLAP < duration:
        starts.append(starts[-1] + PART)
    return [Span(start, min(PART + OVERLAP, duration - start)) for start in starts]


def duration_of(audio: Path) -> float:
    """Seconds of a recording. Raises UnreadableAudioError."""
    with opened(audio) as container:
        stream = container.streams.audio[0]
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        if container.duration is not None:
            return float(container.duration / av.time_base)
    raise UnreadableAudioError("no duration")


def cut(audio: Path, span: Span, folder: Path) -> Part | None:
    """One part as a file in `folder`; None when nothing lies in the span. Raises UnreadableAudioError."""
    kind = FORMATS.get(audio.suffix, "mp4")
    path = folder / f"part-{span.start:.0f}-{span.length:.0f}{KINDS[kind]}"
    first = last = None
    start = span.start
    try:
        with opened(audio) as source, av.open(str(path), "w", format=kind) as target:
            stream = source.streams.audio[0]
            copy = target.add_stream_from_template(stream)
            for packet, begins, ends in packets_of(source, stream, span):
                first = packet.pts if first is None else first
                start = begins if last is None else start
                last = ends
                packet.pts, packet.dts, packet.stream = packet.pts - first, packet.pts - first, copy
                target.mux(packet)
    except (av.error.FFmpegError, EOFError, ValueError) as error:
        raise UnreadableAudioError(type(error).__name__) from None
    if last is None:
        path.unlink(missing_ok=True)
        return None
    return Part(path, start, last - start, path.stat().st_size)


def packets_of(source: InputContainer, stream: Any, span: Span) -> Iterator[tuple[Any, float, float]]:
    """The packets that begin within the span, with their own begin and end in seconds."""
    source.seek(int(span.start / stream.time_base), stream=stream, backward=True)
    for packet in source.demux(stream):
        if packet.pts is None:
            continue
        begins = float(packet.pts * stream.time_base)
        if begins >= span.start + span.length:
            return
        if begins >= span.start:
            yield packet, begins, begins + float((packet.duration or 0) * stream.time_base)


def opened(audio: Path) -> InputContainer:
    try:
        container: InputContainer = av.open(str(audio))
    except (av.error.FFmpegError, EOFError, ValueError) as error:
        raise UnreadableAudioError(type(error).__name__) from None
    if not container.streams.audio:
        container.close()
        raise UnreadableAudioError("no audio stream")
    return container
