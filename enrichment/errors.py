"""What can go wrong outside, said once.

    SourceError                  what a source raises; nothing else of a third party leaves it
    ├── VideoVerdict             the final word about this video: private, gone, not started yet, ...
    ├── Throttled                says something about us: too many requests, bot check, blocked address
    ├── NetworkBlip              nobody's verdict: timeout, reset, DNS, a server error
    └── YouTubeChanged           an answer we cannot read

Every error carries a `Cause`; what a cause means to a person is in `videos/causes.py`. The functions here are pure: they turn a status, a
reason or an HTTP header into one of these errors. The client modules catch their library's exceptions and ask here, by type and
attribute first, by text last. Nothing in this module imports a client library.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from videos.causes import Cause

if TYPE_CHECKING:
    from enrichment.sources.types import VideoInfo

LONGEST_RETRY_AFTER = 6 * 3600.0  # seconds: what a server may make us wait


class SourceError(Exception):
    """`retry_after`: seconds the other side asks us to wait, None when it does not say. `starts_at`: when an upcoming video begins.

    `info`: what is known of a video that cannot be imported, so that it has its title; None when nothing is. `status`: the HTTP status
    that decided, None for anything else. `detail` is for the log: it never carries a secret, and never reaches a person.
    """

    default_cause = Cause.INTERNAL

    def __init__(
        self,
        cause: Cause | None = None,
        detail: str = "",
        *,
        retry_after: float | None = None,
        starts_at: datetime | None = None,
        info: VideoInfo | None = None,
        status: int | None = None,
    ) -> None:
        self.cause = cause or self.default_cause
        self.detail = detail
        self.retry_after = retry_after
        self.starts_at = starts_at
        self.info = info
        self.status = status
        super().__init__(f"{self.cause.value}: {detail}" if detail else self.cause.value)


class VideoVerdict(SourceError):
    default_cause = Cause.UNAVAILABLE


class Throttled(SourceError):
    default_cause = Cause.THROTTLED


class NetworkBlip(SourceError):
    default_cause = Cause.NETWORK


class YouTubeChanged(SourceError):
    default_cause = Cause.YOUTUBE_CHANGED


KINDS: dict[Cause, type[SourceError]] = {
    Cause.THROTTLED: Throttled,
    Cause.BLOCKED: Throttled,
    Cause.TRANSCRIPTION_THROTTLED: Throttled,
    Cause.NETWORK: NetworkBlip,
    Cause.YOUTUBE_DOWN: NetworkBlip,
    Cause.YOUTUBE_CHANGED: YouTubeChanged,
}


def error_for(cause: Cause, detail: str = "") -> SourceError:
    """The kind of error a cause belongs to; a verdict about the video when it is nothing about us or the way there."""
    return KINDS.get(cause, VideoVerdict)(cause, detail)


# Texts ---------------------------------------------------------------------------------------------------------------

# What YouTube says, in lower case with straight quotes; the first line that occurs decides. What says something about us comes first: taken
# for a verdict about the video it would end a thousand imports. "Video unavailable" begins many a longer reason, so it comes last.
TEXTS: tuple[tuple[str, Cause], ...] = (
    ("not a bot", Cause.BLOCKED),
    ("captcha", Cause.BLOCKED),
    ("unusual traffic", Cause.BLOCKED),
    ("likely being blocked", Cause.BLOCKED),
    ("content isn't available, try again later", Cause.THROTTLED),
    ("rate-limited", Cause.THROTTLED),
    ("too many requests", Cause.THROTTLED),
    ("confirm your age", Cause.AGE_RESTRICTED),
    ("age-restricted", Cause.AGE_RESTRICTED),
    ("inappropriate for some users", Cause.AGE_RESTRICTED),
    ("private video", Cause.PRIVATE),
    ("video is private", Cause.PRIVATE),
    ("channel's members", Cause.MEMBERS_ONLY),
    ("members-only", Cause.MEMBERS_ONLY),
    ("join this channel", Cause.MEMBERS_ONLY),
    ("premium members", Cause.PAID),
    ("youtube premium", Cause.PAID),
    ("requires payment", Cause.PAID),
    ("requires purchase", Cause.PAID),
    ("available for rent", Cause.PAID),
    ("rental", Cause.PAID),
    ("in your country", Cause.GEO_BLOCKED),
    ("from your location", Cause.GEO_BLOCKED),
    ("geo restriction", Cause.GEO_BLOCKED),
    ("event will begin", Cause.UPCOMING),
    ("premieres in", Cause.UPCOMING),
    ("premiere will begin", Cause.UPCOMING),
    ("will begin shortly", Cause.UPCOMING),
    ("processing this video", Cause.PROCESSING),
    ("still being processed", Cause.PROCESSING),
    ("live event has ended", Cause.PROCESSING),
    ("drm protected", Cause.DRM),
    ("playlist does not exist", Cause.PLAYLIST_MISSING),
    ("playlist type is unviewable", Cause.PLAYLIST_MISSING),
    ("channel does not exist", Cause.PLAYLIST_MISSING),
    ("unavailable", Cause.UNAVAILABLE),
    ("has been removed", Cause.UNAVAILABLE),
    ("been terminated", Cause.UNAVAILABLE),
    ("account has been closed", Cause.UNAVAILABLE),
    ("no longer available", Cause.UNAVAILABLE),
    ("not available", Cause.UNAVAILABLE),
    ("isn't available", Cause.UNAVAILABLE),
)
QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "}
)


def cause_of_text(text: str) -> Cause | None:
    """The cause a reason names; None when none of the known texts occurs in it."""
    plain = " ".join(text.translate(QUOTES).lower().split())
    return next((cause for known, cause in TEXTS if known in plain), None)


# What YouTube means when its reason is new to us. LOGIN_REQUIRED is left out: it is both "private" and "prove you are no bot".
STATUSES: dict[str, Cause] = {
    "AGE_CHECK_REQUIRED": Cause.AGE_RESTRICTED,
    "AGE_VERIFICATION_REQUIRED": Cause.AGE_RESTRICTED,
    "LIVE_STREAM_OFFLINE": Cause.UPCOMING,
    "UNPLAYABLE": Cause.UNAVAILABLE,
    "ERROR": Cause.UNAVAILABLE,
}


def cause_of_playability(status: str, reason: str) -> Cause | None:
    """The cause of a `playabilityStatus`; None when the video can be played."""
    if status == "OK":
        return None
    return cause_of_text(reason) or STATUSES.get(status, Cause.YOUTUBE_CHANGED)


# HTTP ----------------------------------------------------------------------------------------------------------------


def error_for_status(
    status: int, retry_after: str | None = None, *, now: datetime | None = None
) -> SourceError:
    """What an HTTP status of YouTube means. `retry_after`: the header of that name, as it came."""
    kind: type[SourceError]
    if status == 429:
        kind, cause = Throttled, Cause.THROTTLED
    elif status == 403:
        kind, cause = Throttled, Cause.BLOCKED
    elif status in (404, 410):
        kind, cause = VideoVerdict, Cause.UNAVAILABLE
    elif status == 408 or status >= 500:
        kind, cause = NetworkBlip, Cause.YOUTUBE_DOWN
    else:
        kind, cause = YouTubeChanged, Cause.YOUTUBE_CHANGED
    return kind(
        cause, f"HTTP {status}", retry_after=seconds_to_wait(retry_after, now=now), status=status
    )


def seconds_to_wait(retry_after: str | None, *, now: datetime | None = None) -> float | None:
    """A Retry-After header, given in seconds or as a date, in seconds from now; None without one that can be read."""
    text = (retry_after or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max((date - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
