"""A video's audio for transcription: the smallest file of the original language, in a folder that
never outlives its use.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from yt_dlp.networking import Request, Response

from enrichment.errors import SourceError, VideoVerdict
from enrichment.sources.metadata import seconds_of
from enrichment.sources.types import AudioAddress, AudioFile
from enrichment.sources.ytdlp import LeanYoutubeDL
from videos.causes import Cause

Json = dict[str, Any]
RANGE = (
    8 * 2**20
    # bytes asked for at once, and the most of a file that is ever in memory; the player asks for
    # about
    # as much
)
EXTENSIONS = {"m4a": ".m4a", "mp4": ".m4a", "webm": ".webm"}


def address_of(chosen: Json) -> AudioAddress:
    """Read yt-dlp's choice of format."""
    return AudioAddress(
        url=str(chosen["url"]),
        extension=EXTENSIONS.get(str(chosen.get("ext")), ".m4a"),
        headers=headers_of(chosen),
        duration=seconds_of(chosen.get("duration")),
    )


def headers_of(chosen: Json) -> dict[str, str]:
    headers = {}
    for name, value in dict(chosen.get("http_headers") or {}).items():
        headers[str(name)] = str(value)
    return headers


def fetch_audio(
    ydl: LeanYoutubeDL,
    address: AudioAddress,
    folder: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> AudioFile:
    """Fetch the audio as a file in `folder`: one request per 8 MB.

    `progress` gets bytes so far and in all.

    Raises TRANSCRIPTION_FAILED when the file cannot be had.
    """
    path = folder / f"audio{address.extension}"
    size = download(ydl, address.url, address.headers, path, progress)
    return AudioFile(path, size, address.duration)


def download(
    ydl: LeanYoutubeDL,
    url: str,
    headers: dict[str, str],
    path: Path,
    progress: Callable[[int, int], None] | None,
) -> int:
    """The file at `url`, range by range; its size in bytes."""
    done, whole = 0, RANGE
    with path.open("wb") as file:
        while done < whole:
            answer = ask_range(ydl, url, headers, done)
            body = answer.read()
            file.write(body)
            whole = len(body)
            if answer.status == 206:
                whole = whole_size(answer.headers.get("Content-Range"), done + len(body))
            done += len(body)
            if not body:
                raise VideoVerdict(Cause.TRANSCRIPTION_FAILED, "audio ends early")
            if progress:
                progress(done, whole)
    return done


def ask_range(ydl: LeanYoutubeDL, url: str, headers: dict[str, str], begin: int) -> Response:
    wanted = {**headers, "Range": f"bytes={begin}-{begin + RANGE - 1}"}
    try:
        return ydl.urlopen(Request(url, headers=wanted))
    except SourceError as error:
        raise refused(error) from None


def refused(error: SourceError) -> SourceError:
    """A media server that refuses a file (403, 404) says nothing about the video or about us: just
    this client's addresses fail.
    """
    if error.status is not None and 400 <= error.status < 429:
        return VideoVerdict(
            Cause.TRANSCRIPTION_FAILED, f"audio: {error.detail}", status=error.status
        )
    return error


def whole_size(content_range: str | None, otherwise: int) -> int:
    """The size of the file a range is part of: `bytes 0-99/1234`."""
    size = (content_range or "").rpartition("/")[2]
    return int(size) if size.isdigit() else otherwise


# Folders ------------------------------------------------------------------------------------------

PREFIX = "audio-"
LOCK = "in-use"


@contextmanager
def audio_folder(root: Path) -> Iterator[Path]:
    """A folder for one video's audio, gone afterwards.

    While it is in use its lock is held, which even `kill -9` gives up.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    try:
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_audio(root: Path) -> int:
    """Removes the folders whose process was killed; how many there were."""
    removed = 0
    for folder in root.glob(f"{PREFIX}*"):
        try:
            with (folder / LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        except OSError:  # in use, just being made, or gone already
            continue
    return removed
