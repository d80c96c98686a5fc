"""Every exception class of the client libraries has a cause; one that a new release brings fails
here until it has.
"""

import errno
import io
from collections.abc import Iterator
from typing import Any

import av.error
import groq
import httpx
import pytest
import yt_dlp
import yt_dlp.cookies
import yt_dlp.postprocessor
from youtube_transcript_api import YouTubeTranscriptApiException
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import YoutubeDLError

from enrichment.errors import SourceError
from enrichment.sources import parts, transcript_api, transcription, ytdlp
from videos.causes import CAUSES, Cause

CHANGED, NETWORK, BLOCKED = Cause.YOUTUBE_CHANGED, Cause.NETWORK, Cause.BLOCKED
FAILED, OFF = Cause.TRANSCRIPTION_FAILED, Cause.TRANSCRIPTION_OFF

YT_DLP = {
    **dict.fromkeys(
        [
            "ExtractorError",
            "UnsupportedError",
            "RegexNotFoundError",
            "UserNotLive",
            "_RequiredError",
            "DownloadError",
            "EntryNotInPlaylist",
            "SameFileError",
            "PostProcessingError",
            "AudioConversionError",
            "FFmpegPostProcessorError",
            "EmbedThumbnailPPError",
            "DownloadCancelled",
            "ExistingVideoReached",
            "RejectedVideoReached",
            "MaxDownloadsReached",
            "ReExtractInfo",
            "ThrottledDownload",
            "UnavailableVideoError",
            "ContentTooShortError",
            "XAttrMetadataError",
            "XAttrUnavailableError",
            "UnsafeExecExpansionError",
            "CookieLoadError",
        ],
        CHANGED,
    ),
    "GeoRestrictedError": Cause.GEO_BLOCKED,
    **dict.fromkeys(
        [
            "RequestError",
            "UnsupportedRequest",
            "NoSupportingHandlers",
            "TransportError",
            "IncompleteRead",
            "SSLError",
            "CertificateVerifyError",
            "ProxyError",
        ],
        NETWORK,
    ),
    "HTTPError": Cause.THROTTLED,  # the one below has the status 429
}
TRANSCRIPT_API = {
    **dict.fromkeys(
        [
            "CookieError",
            "CookiePathInvalid",
            "CookieInvalid",
            "CouldNotRetrieveTranscript",
            "YouTubeDataUnparsable",
            "YouTubeRequestFailed",
            "TranscriptsDisabled",
            "NotTranslatable",
            "TranslationLanguageNotAvailable",
            "NoTranscriptFound",
            "VideoUnplayable",
        ],
        CHANGED,
    ),
    **dict.fromkeys(
        ["RequestBlocked", "IpBlocked", "PoTokenRequired", "FailedToCreateConsentCookie"], BLOCKED
    ),
    "AgeRestricted": Cause.AGE_RESTRICTED,
    "VideoUnavailable": Cause.UNAVAILABLE,
    "InvalidVideoId": Cause.UNAVAILABLE,
}
GROQ = {
    **dict.fromkeys(
        [
            "APIError",
            "APIResponseValidationError",
            "APIStatusError",
            "BadRequestError",
            "ConflictError",
            "UnprocessableEntityError",
            "InternalServerError",
            "APIConnectionError",
            "APITimeoutError",
            "StreamAlreadyConsumed",
        ],
        FAILED,
    ),
    **dict.fromkeys(["AuthenticationError", "PermissionDeniedError", "NotFoundError"], OFF),
    "RateLimitError": Cause.TRANSCRIPTION_THROTTLED,
}
STATUSES = {
    "BadRequestError": 400,
    "AuthenticationError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "ConflictError": 409,
    "UnprocessableEntityError": 422,
    "RateLimitError": 429,
    "APIStatusError": 418,
}


def below(root: Any) -> Iterator[Any]:
    for child in root.__subclasses__():
        yield child
        yield from below(child)


def of_library(root: Any, package: str) -> list[Any]:
    """Every class below `root` that the library itself made."""
    own = {each for each in below(root) if each.__module__.split(".")[0] == package}
    return sorted(own, key=lambda each: each.__name__)


def bare(kind: Any, **fields: Any) -> Any:
    """An exception of this class with nothing but these fields: its constructor is the library's
    affair.
    """
    error = kind.__new__(kind)
    vars(error).update(fields)
    return error


def has_a_cause(error: SourceError, table: dict[str, Cause], kind: Any) -> None:
    assert kind.__name__ in table, "new in this release: say what it means"
    assert error.cause == table[kind.__name__]
    assert error.cause in CAUSES


@pytest.mark.parametrize("kind", of_library(YoutubeDLError, "yt_dlp"))
def test_exception_of_yt_dlp_has_a_cause(kind):
    answer = Response(io.BytesIO(), "https://www.youtube.com/", {}, status=429)
    fields = {"orig_msg": "words", "cause": None, "exc_info": None}
    error = HTTPError(answer) if kind is HTTPError else bare(kind, **fields)
    has_a_cause(ytdlp.translated(error), YT_DLP, kind)
    answer.close()


@pytest.mark.parametrize(
    "kind", of_library(YouTubeTranscriptApiException, "youtube_transcript_api")
)
def test_exception_of_transcript_api_has_a_cause(kind):
    error = bare(kind, reason="words", sub_reasons=[], video_id="x")
    has_a_cause(transcript_api.translated(error), TRANSCRIPT_API, kind)


@pytest.mark.parametrize("kind", of_library(groq.GroqError, "groq"))
def test_exception_of_groq_has_a_cause(kind):
    status = STATUSES.get(kind.__name__, 500)
    response = httpx.Response(status, request=httpx.Request("POST", "https://groq.example"))
    error = bare(kind, status_code=status, response=response, body=None, message="words")
    has_a_cause(transcription.translated(error), GROQ, kind)


def classes_of_av() -> list[type[Exception]]:
    kinds = {each for each in vars(av.error).values() if isinstance(each, type)}
    return sorted(
        (each for each in kinds if issubclass(each, Exception) and each.__module__ == "av.error"),
        key=lambda each: each.__name__,
    )


@pytest.mark.parametrize("kind", classes_of_av())
def test_exception_of_av_is_unreadable_audio(kind):
    def fail() -> None:
        with parts.readable():
            raise kind(1, "words")

    with pytest.raises(parts.UnreadableAudioError):
        fail()


def test_full_disk_is_no_unreadable_audio():
    """Cutting a part writes a file; what that says is about us and not about the audio."""

    def fail() -> None:
        with parts.readable():
            raise av.error.OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        fail()
    assert caught.value.errno == errno.ENOSPC


def test_walk_finds_the_classes_of_each_library():
    """Else a moved module would make the tests above pass with nothing in them."""
    assert len(of_library(YoutubeDLError, "yt_dlp")) >= len(YT_DLP)
    assert len(of_library(YouTubeTranscriptApiException, "youtube_transcript_api")) >= 17
    assert len(of_library(groq.GroqError, "groq")) >= len(GROQ)
    assert len(classes_of_av()) > 30
    assert yt_dlp.cookies
    assert yt_dlp.postprocessor
