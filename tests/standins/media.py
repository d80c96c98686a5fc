"""Audio: the formats a player answer lists, and the files behind them, made on demand by repeating
one encoded frame.
"""

from __future__ import annotations

import tempfile
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import av

from tests.standins.marks import OPUS_FRAMES, Mark, mark_aac, mark_opus
from tests.standins.specs import AudioSpec, VideoSpec
from tests.standins.wire import Request, Response

HOST = "rr1---sn-standin.googlevideo.com"


@dataclass(frozen=True)
class Encoding:
    """An itag of YouTube's. `bitrate` in bits per second, `frame` in samples."""

    itag: int
    mime: str
    container: str
    codec: str
    bitrate: int
    rate: int
    frame: int
    quality: str

    @property
    def packet_size(self) -> int:
        return self.bitrate * self.frame // self.rate // 8

    def packets(self, duration: int) -> int:
        return max(1, duration * self.rate // self.frame)

    def size(self, duration: int) -> int:
        """Bytes of a whole file: what the packets take, with room for any container's bookkeeping;
        the rest is filled up.
        """
        return self.packets(duration) * (self.packet_size + 18) + 6000


ENCODINGS = {
    encoding.itag: encoding
    for encoding in (
        Encoding(139, 'audio/mp4; codecs="mp4a.40.5"', "mp4", "aac", 48_800, 22_050, 1024, "LOW"),
        Encoding(
            140, 'audio/mp4; codecs="mp4a.40.2"', "mp4", "aac", 129_500, 44_100, 1024, "MEDIUM"
        ),
        Encoding(249, 'audio/webm; codecs="opus"', "webm", "libopus", 50_000, 48_000, 2880, "LOW"),
        Encoding(
            251, 'audio/webm; codecs="opus"', "webm", "libopus", 106_000, 48_000, 2880, "MEDIUM"
        ),
    )
}
_LEAN = 12_000
"""Bits per second of the silence itself; the marks fill it up to the encoding's rate."""
_ROLES = {"original": ("o", "4"), "dubbed": ("d", "3"), "descriptive": ("x", "2")}


def audio_formats(video: VideoSpec) -> list[dict[str, Any]]:
    """The `adaptiveFormats` of a playable video: one silent picture stream, then every audio track
    in every encoding.
    """
    tracks = video.audio or (AudioSpec(video.language),)
    picture = {
        "itag": 134,
        "url": f"https://{HOST}/videoplayback?{urlencode({'id': video.video_id, 'itag': 134})}",
        "mimeType": 'video/mp4; codecs="avc1.4d401e"',
        "bitrate": 605_941,
        "width": 640,
        "height": 360,
        "contentLength": str(video.duration * 20_000),
        "quality": "medium",
        "fps": 25,
        "qualityLabel": "360p",
        "approxDurationMs": str(video.duration * 1000),
    }
    return [
        picture,
        *(
            _listed(video, encoding, track, len(tracks) > 1)
            for encoding in ENCODINGS.values()
            for track in tracks
        ),
    ]


def _listed(
    video: VideoSpec, encoding: Encoding, track: AudioSpec, several: bool
) -> dict[str, Any]:
    query = {
        "expire": 4_000_000_000,
        "id": video.video_id,
        "itag": encoding.itag,
        "lang": track.language,
        "acont": track.role,
        "clen": encoding.size(video.duration),
        "dur": f"{video.duration}.000",
        "sig": "stand-in",
    }
    listed: dict[str, Any] = {
        "itag": encoding.itag,
        "url": f"https://{HOST}/videoplayback?{urlencode(query)}",
        "mimeType": encoding.mime,
        "bitrate": encoding.bitrate,
        "averageBitrate": encoding.bitrate,
        "contentLength": str(encoding.size(video.duration)),
        "quality": "tiny",
        "audioQuality": f"AUDIO_QUALITY_{encoding.quality}",
        "audioSampleRate": str(encoding.rate),
        "audioChannels": 2,
        "approxDurationMs": str(video.duration * 1000),
    }
    if several:
        _, suffix = _ROLES[track.role]
        name = {
            "original": f"{track.language} original",
            "dubbed": track.language,
            "descriptive": f"{track.language} descriptive",
        }[track.role]
        listed["audioTrack"] = {
            "displayName": name,
            "id": f"{track.language}.{suffix}",
            "audioIsDefault": track.role == "original",
        }
        listed["xtags"] = b64encode(f"acont={track.role}:lang={track.language}".encode()).decode()
    return listed


class MediaStore:
    """Audio files, made when first asked for and gone with the store.

    An hour of audio costs about half a second once.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="standin-media-")
        self._lock = threading.Lock()

    def answer(self, video: VideoSpec, request: Request) -> Response:
        """What `/videoplayback` answers: the file or the range of it that was asked for, by header
        or by `range=`.
        """
        query = request.query
        encoding = ENCODINGS.get(int(query["itag"])) if query.get("itag", "").isdigit() else None
        if encoding is None:
            return Response(404, b"", "text/plain")
        path = self.file(
            video,
            encoding,
            AudioSpec(query.get("lang", video.language), query.get("acont", "original")),
        )
        wanted = request.headers.get("range", "").removeprefix("bytes=") or query.get("range", "")
        return _ranged(path, wanted, encoding.mime.partition(";")[0])

    def file(self, video: VideoSpec, encoding: Encoding, track: AudioSpec) -> Path:
        stem = f"{video.video_id}-{video.duration}-{encoding.itag}-{track.language}-{track.role}"
        path = Path(self._folder.name) / f"{stem}.{encoding.container}"
        with self._lock:
            if not path.exists():
                _write(path, video, encoding, track)
        return path

    def close(self) -> None:
        self._folder.cleanup()


def _ranged(path: Path, wanted: str, mime: str) -> Response:
    size = path.stat().st_size
    headers = {"Accept-Ranges": "bytes"}
    if not wanted:
        return Response(200, path.read_bytes(), mime, headers)
    first, _, last = wanted.partition("-")
    start, end = int(first or 0), min(int(last or size - 1), size - 1)
    if start > end:
        return Response(416, b"", mime, {"Content-Range": f"bytes */{size}"})
    with path.open("rb") as file:
        file.seek(start)
        body = file.read(end - start + 1)
    return Response(206, body, mime, {**headers, "Content-Range": f"bytes {start}-{end}/{size}"})


def _write(path: Path, video: VideoSpec, encoding: Encoding, track: AudioSpec) -> None:
    frame = _silent_frame(encoding)
    with av.open(str(path), "w", format=encoding.container) as output:
        stream = output.add_stream_from_template(_template(encoding))
        for number, content in enumerate(_packets(frame, video, encoding, track)):
            packet = av.Packet(content)
            packet.stream = stream
            packet.time_base = Fraction(1, encoding.rate)
            packet.pts = packet.dts = number * encoding.frame
            packet.duration = encoding.frame
            packet.is_keyframe = True
            output.mux(packet)
    _fill_up(path, encoding, encoding.size(video.duration))


def _packets(
    frame: bytes, video: VideoSpec, encoding: Encoding, track: AudioSpec
) -> Iterator[bytes]:
    mark_packet = mark_aac if encoding.codec == "aac" else mark_opus
    role, _ = _ROLES[track.role]
    for number in range(encoding.packets(video.duration)):
        mark = Mark(
            video.video_id, track.language, role, number * encoding.frame * 1000 // encoding.rate
        )
        yield mark_packet(frame, mark, encoding.packet_size)


def _fill_up(path: Path, encoding: Encoding, size: int) -> None:
    """Adds one element that players skip, so that the file has exactly the length the player answer
    promised.
    """
    missing = size - path.stat().st_size
    if encoding.container == "mp4":
        filler = missing.to_bytes(4, "big") + b"free" + bytes(missing - 8)
    else:
        filler = b"\xec" + (missing - 9 | 1 << 56).to_bytes(8, "big") + bytes(missing - 9)
    with path.open("ab") as file:
        file.write(filler)


@cache
def _encoded_silence(encoding: Encoding) -> tuple[Path, bytes]:
    """A file of a quarter of a second, kept as the pattern for the stream's parameters, and one
    frame out of its middle.
    """
    path = Path(tempfile.mkstemp(prefix="standin-silence-", suffix=f".{encoding.container}")[1])
    with av.open(str(path), "w", format=encoding.container) as output:
        stream = output.add_stream(encoding.codec, rate=encoding.rate, layout="mono")
        stream.bit_rate = _LEAN
        size = encoding.frame if encoding.codec == "aac" else encoding.frame // OPUS_FRAMES
        for number in range(12):
            frame = av.AudioFrame(
                format=stream.codec_context.format.name, layout="mono", samples=size
            )
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts = encoding.rate, number * size
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with av.open(str(path)) as written:
        frames = [bytes(packet) for packet in written.demux(audio=0) if packet.size]
    return path, frames[len(frames) // 2]


def _silent_frame(encoding: Encoding) -> bytes:
    return _encoded_silence(encoding)[1]


def _template(encoding: Encoding) -> Any:
    return av.open(str(_encoded_silence(encoding)[0])).streams.audio[0]
