"""youtube-transcript-api: the second way to a caption track, asking YouTube as another client does.

Used when the watch page lists tracks and withholds them. Two requests, or three when the watch
page's key is not known yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

import requests
from requests.adapters import BaseAdapter
from youtube_transcript_api import (
    AgeRestricted,
    FailedToCreateConsentCookie,
    FetchedTranscriptSnippet,
    InvalidVideoId,
    NoTranscriptFound,
    PoTokenRequired,
    RequestBlocked,
    Transcript,
    TranscriptsDisabled,
    VideoUnavailable,
    VideoUnplayable,
    YouTubeTranscriptApi,
    YouTubeTranscriptApiException,
)
from yt_dlp.networking import Request

from enrichment.errors import (
    SourceError,
    Throttled,
    VideoVerdict,
    YouTubeChanged,
    cause_of_text,
    error_for,
)
from enrichment.sources.captions import Kind, in_order, transcript
from enrichment.sources.types import TranscriptInfo
from enrichment.sources.ytdlp import LeanYoutubeDL
from videos.causes import Cause
from videos.cues import Cue, tidy

WATCH_PAGE = "https://www.youtube.com/watch?"


class ThroughYoutubeDL(BaseAdapter):
    """Sends a session's requests through yt-dlp: its way out (SOCKS, too), its authorities, timeout
    and errors.
    """

    def __init__(self, ydl: LeanYoutubeDL) -> None:
        super().__init__()
        self.ydl = ydl

    def send(
        self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any
    ) -> requests.Response:
        url, response = str(request.url), requests.Response()
        response.request, response.url, response.encoding = request, url, "utf-8"
        if self.ydl.youtube.api_key and url.startswith(WATCH_PAGE):
            # All the library wants of the watch page is this key, and that page was read a moment
            # ago.
            response.status_code = 200
            response._content = f'"INNERTUBE_API_KEY": "{self.ydl.youtube.api_key}"'.encode()
            return response
        answer = self.ydl.urlopen(
            Request(url, data=request.body, headers=dict(request.headers), method=request.method)
        )
        response.status_code, response._content = answer.status, answer.read()
        return response

    def close(self) -> None:
        """The connections are yt-dlp's."""


@dataclass(frozen=True)
class Listed:
    language: str
    kind: Kind
    found: Transcript


def kind_of(track: Transcript) -> Kind:
    if track.is_generated:
        return "auto"
    return "manual"


def fetch_transcript(
    ydl: LeanYoutubeDL, youtube_id: str, languages: Sequence[str]
) -> TranscriptInfo | None:
    """The best track this client gets; None when it says there is none.

    Raises SourceError: Throttled when it is withheld here, too.
    """
    with session_through(ydl) as session:
        try:
            tracks = YouTubeTranscriptApi(http_client=session).list(youtube_id)
            chosen = in_order(map(listed_of, tracks), languages)[0]
            snippets = chosen.found.fetch()
        except (TranscriptsDisabled, NoTranscriptFound, PoTokenRequired):
            return None  # about this video's tracks for this client
        except YouTubeTranscriptApiException as error:
            raise translated(error) from None
        except ParseError:  # 200 without a body, where a token of origin is wanted
            raise Throttled(Cause.BLOCKED, "transcript withheld") from None
        except (
            requests.RequestException,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:
            raise YouTubeChanged(detail=f"transcript list: {type(error).__name__}") from None
    return transcript(chosen.kind, chosen.language, tidy(map(cue_of, snippets)))


def session_through(ydl: LeanYoutubeDL) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, ThroughYoutubeDL(ydl))
    return session


def listed_of(track: Transcript) -> Listed:
    return Listed(track.language_code, kind_of(track), track)


def cue_of(snippet: FetchedTranscriptSnippet) -> Cue:
    return Cue(snippet.start, snippet.start + snippet.duration, snippet.text)


REFUSED = (RequestBlocked, PoTokenRequired, FailedToCreateConsentCookie)


def translated(error: YouTubeTranscriptApiException) -> SourceError:
    """The library's exception as ours: by type first, an unplayable video by YouTube's words."""
    kind = type(error).__name__
    if isinstance(error, REFUSED):
        return Throttled(Cause.BLOCKED, kind)
    if isinstance(error, AgeRestricted):
        return VideoVerdict(Cause.AGE_RESTRICTED, kind)
    if isinstance(error, VideoUnavailable | InvalidVideoId):
        return VideoVerdict(Cause.UNAVAILABLE, kind)
    if isinstance(error, VideoUnplayable):
        reason = ". ".join(filter(None, (error.reason, *error.sub_reasons)))[:500]
        return error_for(cause_of_text(reason) or Cause.YOUTUBE_CHANGED, reason)
    return YouTubeChanged(detail=kind)
