"""Trying a version of yt-dlp before it is used, in a process of its own: `python -m
enrichment.ytdlp.trial`.

It reads a question from standard input and writes a verdict to standard output, both JSON. First it
looks for every private place of yt-dlp that our own classes override, then it extracts a made-up
video and list without a network, and at last, when it is asked to, one real video. The process ends
with the trial, so nothing of a bad version is left.
"""

import io
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

REAL_VIDEO = (
    "jNQXAC9IVRw"  # the first video of YouTube: public, short, and there for more than twenty years
)

NEW_METHODS = ("ask", "page_behind")  # of our classes that yt-dlp's never had


@dataclass(frozen=True)
class Question:
    """`folder`: where the version lies, "" for the one Sammelwerk came with.

    `version`: what it must say it is.

    `ask_youtube`: whether to extract a real video, by `proxy` ("" for the machine's own way out),
    trusting `ca_file`.
    """

    folder: str
    version: str
    ask_youtube: bool = False
    proxy: str = ""
    ca_file: str = ""


@dataclass(frozen=True)
class Verdict:
    """`problem`: why the version cannot be used, "" when it can.

    `real`: how the real extraction went.

    `real` is `read`, `unreadable` (YouTube answered, and it was not understood), `refused` (YouTube
    does not let us in, which says nothing about the version), `unreachable`, or `not_tried`.
    """

    problem: str = ""
    real: str = "not_tried"
    detail: str = ""


def main() -> None:
    os.environ.setdefault("YTDLP_NO_PLUGINS", "1")
    question = Question(**json.loads(sys.stdin.read()))
    if question.folder:
        sys.path.insert(0, question.folder)
    try:
        verdict = try_version(question)
    except Exception as error:  # noqa: BLE001  whatever a broken version raises is its verdict
        verdict = Verdict(problem=f"{type(error).__name__}: {error}"[:300])
    sys.stdout.write(f"\n{json.dumps(asdict(verdict))}")  # the last line, whatever stands before it


def try_version(question: Question) -> Verdict:
    """Try the version on this process's path. Raises whatever a broken version raises."""
    problem = wrong_version(question) or missing_places() or offline_problem()
    if problem:
        return Verdict(problem)
    if not question.ask_youtube:
        return Verdict()
    real, detail = extract_real(question)
    return Verdict(real=real, detail=detail)


def wrong_version(question: Question) -> str:
    import yt_dlp
    import yt_dlp.version
    from packaging.version import Version

    found = yt_dlp.version.__version__
    if Version(found) != Version(question.version):
        return f"it says that it is version {found}"
    if question.folder and not Path(str(yt_dlp.__file__)).is_relative_to(question.folder):
        return "another yt-dlp was loaded in its place"
    return ""


def missing_places() -> str:
    """Look for every method our classes override, in the classes of yt-dlp they are made of; ""
    when none is gone.
    """
    from enrichment.sources import transport, ytdlp

    for ours in (ytdlp.YoutubeIE, ytdlp.YoutubeTabIE, transport.TrustingRH, ytdlp.LeanYoutubeDL):
        stock = ours.__mro__[1]
        for name in vars(ours):
            if is_override(ours, name) and not hasattr(stock, name):
                return f"{stock.__name__}.{name} is gone"
    return ""


def is_override(ours: type, name: str) -> bool:
    if name.startswith("__") or name in NEW_METHODS:
        return False
    return callable(getattr(ours, name))


def offline_problem() -> str:
    """Extract the made-up video and list with our own code; "" when everything came out right."""
    from yt_dlp.networking import Response

    from enrichment.sources.metadata import read_video
    from enrichment.sources.playlists import fetch_page
    from enrichment.sources.transport import WayOut
    from enrichment.sources.ytdlp import OPTIONS, LeanYoutubeDL
    from enrichment.ytdlp import offline

    class OfflineYoutubeDL(LeanYoutubeDL):
        """Answers every request itself."""

        def urlopen(self, request: Any) -> Response:
            url = request if isinstance(request, str) else request.url
            text = offline.answer_to(url, getattr(request, "data", None) or b"")
            return Response(io.BytesIO(text.encode()), url, {}, 200, "OK")

    ydl = OfflineYoutubeDL(OPTIONS, WayOut())
    answer = ydl.ask(f"https://www.youtube.com/watch?v={offline.VIDEO_ID}", "Youtube")
    info = read_video(offline.VIDEO_ID, answer, ydl.youtube.player_responses)
    if (info.title, info.channel, info.duration) != (offline.TITLE, offline.CHANNEL, 75):
        return "it reads a watch page wrongly"
    if [(track.language, track.kind) for track in info.tracks] != [("en", "manual")]:
        return "it does not list the captions"
    first = fetch_page(ydl, offline.LIST_ID)
    if first.continuation is None:
        return "it finds no second page of a playlist"
    second = fetch_page(ydl, offline.LIST_ID, first.continuation)
    read = tuple(entry.youtube_id for entry in first.entries + second.entries)
    if (first.announced, read) != (len(offline.LIST_IDS), offline.LIST_IDS):
        return "it reads a playlist wrongly"
    return ""


def extract_real(question: Question) -> tuple[str, str]:
    """Extract one real video. One request. Answers how it went, and what to say about it."""
    from enrichment.errors import NetworkBlip, SourceError, Throttled
    from enrichment.sources.youtube import YouTubeSource
    from videos.causes import Cause

    source = YouTubeSource(proxy=question.proxy, ca_file=question.ca_file)
    try:
        info = source.fetch_metadata(REAL_VIDEO)
    except Throttled as error:
        return "refused", error.cause.value
    except NetworkBlip as error:
        return "unreachable", error.cause.value
    except SourceError as error:
        if error.cause == Cause.SIGN_IN:
            return "refused", error.cause.value
        return "unreadable", str(error)[:200]
    finally:
        source.close()
    return "read", info.title


if __name__ == "__main__":
    import django

    django.setup()
    main()
