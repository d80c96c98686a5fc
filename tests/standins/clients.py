"""The real clients, unmodified, pointed at a stand-in: to prove that it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from youtube_transcript_api import YouTubeTranscriptApi
from yt_dlp import YoutubeDL
from yt_dlp.networking import RequestHandler
from yt_dlp.networking.exceptions import HTTPError

from tests.standins.youtube import YouTubeStandIn


class _Silent:
    """Keeps what yt-dlp says to itself."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def debug(self, message: str) -> None:
        pass

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    error = debug


class TrustingYoutubeDL(YoutubeDL):  # type: ignore[misc]  # yt-dlp is not typed
    """yt-dlp that trusts one more CA.

    Nothing of the process changes: each request handler loads the file into its own context.

    It also closes the answers yt-dlp leaves open after an HTTP error, which it may still read a
    little of before.
    """

    def __init__(self, params: dict[str, Any], ca_file: Path) -> None:
        self._ca_file = str(ca_file)
        self._refusals: list[HTTPError] = []
        super().__init__(params)

    def urlopen(self, request: Any) -> Any:
        try:
            return super().urlopen(request)
        except HTTPError as error:
            self._refusals.append(error)
            raise

    def close(self) -> None:
        for error in self._refusals:
            error.close()
        super().close()

    def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
        director = super().build_request_director(handlers, preferences)
        for handler in director.handlers.values():
            self._trust(handler)
        return director

    def _trust(self, handler: RequestHandler) -> None:
        make = handler._make_sslcontext

        def make_trusting(*args: Any, **options: Any) -> Any:
            context = make(*args, **options)
            context.load_verify_locations(cafile=self._ca_file)
            return context

        handler._make_sslcontext = make_trusting


@contextmanager
def extractor(
    youtube: YouTubeStandIn,
    *,
    client: str = "web",
    way: int = 0,
    timeout: float = 10,
    **options: Any,
) -> Iterator[TrustingYoutubeDL]:
    """yt-dlp with the lean options of a metadata run."""
    lean = {
        "skip_download": True,
        "noplaylist": True,
        "quiet": True,
        "logger": _Silent(),
        "color": "never",
        "cachedir": False,
        "socket_timeout": timeout,
        "extractor_retries": 0,
        "retries": 0,
        "js_runtimes": {},
        "proxy": youtube.proxy_urls[way],
        "allowed_extractors": ["youtube", "youtube:tab", "youtube:playlist"],
        "extractor_args": {
            "youtube": {
                "player_client": [client],
                "player_skip": ["configs", "js"],
                "skip": ["hls", "dash", "translated_subs"],
            },
        },
    }
    with TrustingYoutubeDL({**lean, **options}, youtube.ca_file) as extractor:
        yield extractor


def extract(extractor: YoutubeDL, video_id: str) -> dict[str, Any]:
    """The metadata, as the product would ask for it. Raises yt-dlp's DownloadError."""
    found: dict[str, Any] = extractor.extract_info(
        f"https://www.youtube.com/watch?v={video_id}", download=False, process=False
    )
    return found


def extract_list(extractor: YoutubeDL, path: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A playlist or channel tab and its flat entries."""
    found: dict[str, Any] = extractor.extract_info(
        f"https://www.youtube.com/{path}", download=False, process=False
    )
    return found, list(found["entries"])


class _PatientSession(requests.Session):
    """youtube-transcript-api sets no timeout of its own."""

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    def request(self, *args: Any, **options: Any) -> requests.Response:
        return super().request(*args, **{"timeout": self._timeout, **options})


@contextmanager
def transcript_api(
    youtube: YouTubeStandIn, *, way: int = 0, timeout: float = 10
) -> Iterator[YouTubeTranscriptApi]:
    with _PatientSession(timeout) as session:
        yield YouTubeTranscriptApi(http_client=direct(session, youtube, way))


def direct(session: requests.Session, youtube: YouTubeStandIn, way: int = 0) -> requests.Session:
    """The session, led to the stand-in."""
    session.trust_env, session.verify = False, str(youtube.ca_file)
    session.proxies = {"http": youtube.proxy_urls[way], "https": youtube.proxy_urls[way]}
    return session


def get(
    youtube: YouTubeStandIn, url: str, *, way: int = 0, timeout: float = 5
) -> requests.Response:
    """One bare request."""
    with requests.Session() as session:
        return direct(session, youtube, way).get(url, timeout=timeout)
