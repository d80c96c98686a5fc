"""What can go wrong outside, said once.

    SourceError                  what a source raises; nothing else of a third party leaves it
    ├── VideoVerdict             the final word about this video: private, gone, not started, ...
    ├── Throttled                about us: too many requests, bot check, blocked address
    ├── NetworkBlip              nobody's verdict: timeout, reset, DNS, a server error
    ├── TranscriptionOff         about our own settings or disk: transcription stops as a whole
    └── YouTubeChanged           an answer we cannot read, or words nobody has said yet: never final
        └── ListCutShort         a list that ended before all of its entries came

Every error carries a `Cause`; what a cause means to a person is in `videos/causes.py`. The
functions here are pure: they turn a status, a reason or an HTTP header into one of these errors.
The client modules catch their library's exceptions and ask here, by type and attribute first, by
text last. Nothing in this module imports a client library.
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
    """`retry_after`: seconds the other side asks us to wait, None when it does not say.

    `starts_at`: when an upcoming video begins.

    `info`: what is known of a video that cannot be imported, so that it has its title; None when
    nothing is. `status`: the HTTP status that decided, None for anything else. `detail` is for the
    log: it never carries a secret, and never reaches a person.
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
        said = self.cause.value
        if detail:
            said = f"{said}: {detail}"
        super().__init__(said)


class VideoVerdict(SourceError):
    default_cause = Cause.UNAVAILABLE


class Throttled(SourceError):
    default_cause = Cause.THROTTLED


class NetworkBlip(SourceError):
    default_cause = Cause.NETWORK


class YouTubeChanged(SourceError):
    default_cause = Cause.YOUTUBE_CHANGED


class ListCutShort(YouTubeChanged):
    """A list that ended too early.

    `read`: entries that came; `announced`: entries YouTube spoke of, None if it did not.
    """

    default_cause = Cause.PLAYLIST_INCOMPLETE

    def __init__(self, *, read: int, announced: int | None) -> None:
        super().__init__(detail=f"{read} of {announced} entries")
        self.read = read
        self.announced = announced


class TranscriptionOff(SourceError):
    """Nothing can be transcribed until somebody mends it: a wrong key, a model we may not use, a
    full disk.
    """

    default_cause = Cause.TRANSCRIPTION_OFF


KINDS: dict[Cause, type[SourceError]] = {
    Cause.THROTTLED: Throttled,
    Cause.BLOCKED: Throttled,
    Cause.TRANSCRIPTION_THROTTLED: Throttled,
    Cause.NETWORK: NetworkBlip,
    Cause.YOUTUBE_DOWN: YouTubeChanged,  # YouTube's own words for it; a 5xx status is a NetworkBlip
    Cause.YOUTUBE_CHANGED: YouTubeChanged,
    Cause.TRANSCRIPTION_OFF: TranscriptionOff,
    Cause.RESTRICTED_HERE: YouTubeChanged,
    Cause.SIGN_IN: YouTubeChanged,
}


def error_for(cause: Cause, detail: str = "") -> SourceError:
    """Make the kind of error a cause belongs to: a verdict about the video unless it is about us or
    the way there.
    """
    return KINDS.get(cause, VideoVerdict)(cause, detail)


# Texts --------------------------------------------------------------------------------------------

# What YouTube says that ends no video, in lower case with straight quotes and without full stops
# and commas; the first
# line that occurs decides. These come before the final words: taken for a verdict they would end a
# thousand imports.
PASSING_WORDS: tuple[tuple[str, Cause], ...] = (
    ("not a bot", Cause.BLOCKED),
    ("you're not a robot", Cause.BLOCKED),
    ("captcha", Cause.BLOCKED),
    ("unusual traffic", Cause.BLOCKED),
    ("likely being blocked", Cause.BLOCKED),
    ("content isn't available try again later", Cause.THROTTLED),
    ("content isn't available please try again later", Cause.THROTTLED),
    ("content is not available try again later", Cause.THROTTLED),
    ("content is not available please try again later", Cause.THROTTLED),
    ("rate-limited", Cause.THROTTLED),
    ("too many requests", Cause.THROTTLED),
    ("google workspace", Cause.RESTRICTED_HERE),
    ("network administrator", Cause.RESTRICTED_HERE),
    ("restricted mode", Cause.RESTRICTED_HERE),
    ("blocked on this network", Cause.RESTRICTED_HERE),
    ("youtube is not available", Cause.RESTRICTED_HERE),
    ("youtube isn't available", Cause.RESTRICTED_HERE),
    ("youtube is unavailable", Cause.RESTRICTED_HERE),
    ("youtube is currently unavailable", Cause.RESTRICTED_HERE),
    ("page needs to be reloaded", Cause.YOUTUBE_CHANGED),
    ("on this app", Cause.YOUTUBE_CHANGED),
    ("on this device", Cause.YOUTUBE_CHANGED),
    ("update youtube", Cause.YOUTUBE_CHANGED),
    ("newer version of the app", Cause.YOUTUBE_CHANGED),
    ("latest version of youtube", Cause.YOUTUBE_CHANGED),
    ("watch this video on youtube", Cause.YOUTUBE_CHANGED),
    ("playback on other websites", Cause.YOUTUBE_CHANGED),
    ("error occurred", Cause.YOUTUBE_DOWN),
    ("something went wrong", Cause.YOUTUBE_DOWN),
    ("something is wrong", Cause.YOUTUBE_DOWN),
    ("currently offline", Cause.YOUTUBE_DOWN),
    ("event will begin", Cause.UPCOMING),
    ("premieres", Cause.UPCOMING),
    ("premiere will begin", Cause.UPCOMING),
    ("will begin shortly", Cause.UPCOMING),
    ("stream has been cancelled", Cause.UPCOMING),
    ("stream offline", Cause.PROCESSING),
    ("processing this video", Cause.PROCESSING),
    ("being processed", Cause.PROCESSING),
    ("video is processing", Cause.PROCESSING),
    ("still processing", Cause.PROCESSING),
    ("under review", Cause.PROCESSING),
    ("live event has ended", Cause.PROCESSING),
    ("requested format is not available", Cause.TRANSCRIPTION_FAILED),
)

# What is final, and nothing else is. "Removed" comes first: its explanations name countries and
# rules.
FINAL_WORDS: tuple[tuple[str, Cause], ...] = (
    ("this channel was removed", Cause.PLAYLIST_MISSING),
    ("playlist does not exist", Cause.PLAYLIST_MISSING),
    ("playlist is private", Cause.PLAYLIST_MISSING),
    ("playlist type is unviewable", Cause.PLAYLIST_MISSING),
    ("channel does not exist", Cause.PLAYLIST_MISSING),
    ("failed to resolve url", Cause.PLAYLIST_MISSING),
    ("has been removed", Cause.UNAVAILABLE),
    ("removed for violating", Cause.UNAVAILABLE),
    ("removed by the uploader", Cause.UNAVAILABLE),
    ("was removed because", Cause.UNAVAILABLE),
    ("duplicate of a previously uploaded video", Cause.UNAVAILABLE),
    ("been terminated", Cause.UNAVAILABLE),
    ("account has been closed", Cause.UNAVAILABLE),
    ("no longer available due to", Cause.UNAVAILABLE),
    ("no longer available because", Cause.UNAVAILABLE),
    ("confirm your age", Cause.AGE_RESTRICTED),
    ("age-restricted", Cause.AGE_RESTRICTED),
    ("inappropriate for some users", Cause.AGE_RESTRICTED),
    ("suicide or self-harm", Cause.CONTENT_WARNING),
    ("private video", Cause.PRIVATE),
    ("video is private", Cause.PRIVATE),
    ("made it private", Cause.PRIVATE),
    ("been made private", Cause.PRIVATE),
    ("available to members", Cause.MEMBERS_ONLY),
    ("channel's members", Cause.MEMBERS_ONLY),
    ("members-only", Cause.MEMBERS_ONLY),
    ("members only", Cause.MEMBERS_ONLY),
    ("member of the channel", Cause.MEMBERS_ONLY),
    ("member of this channel", Cause.MEMBERS_ONLY),
    ("join this channel", Cause.MEMBERS_ONLY),
    ("join this youtube channel", Cause.MEMBERS_ONLY),
    ("premium members", Cause.PAID),
    ("premium users", Cause.PAID),
    ("requires youtube premium", Cause.PAID),
    ("subscription required", Cause.PAID),
    ("requires payment", Cause.PAID),
    ("requires purchase", Cause.PAID),
    ("requires a purchase", Cause.PAID),
    ("purchase this video", Cause.PAID),
    ("available for rent", Cause.PAID),
    ("rent or buy", Cause.PAID),
    ("available in your country", Cause.GEO_BLOCKED),
    ("blocked it in your country", Cause.GEO_BLOCKED),
    ("blocked in your country", Cause.GEO_BLOCKED),
    ("available in your region", Cause.GEO_BLOCKED),
    ("available in your location", Cause.GEO_BLOCKED),
    ("available in your current location", Cause.GEO_BLOCKED),
    ("available from your location", Cause.GEO_BLOCKED),
    ("available on this country domain", Cause.GEO_BLOCKED),
    ("blocked in your region", Cause.GEO_BLOCKED),
    ("geo restriction", Cause.GEO_BLOCKED),
    ("blocked it on copyright grounds", Cause.UNAVAILABLE),
    ("drm protected", Cause.DRM),
)

# Final only as a sentence of its own: with more words behind them they say something else ("... on
# this app").
FINAL_SENTENCES = frozenset(
    {
        "this video is unavailable",
        "this video is not available",
        "this video isn't available",
        "this video isn't available anymore",
        "this video isn't available any more",
        "this video is no longer available",
        "this video does not exist",
        "video does not exist",
        "this live stream recording is not available",
    }
)
PLEASE_SIGN_IN = "please sign in"  # alone it is about us; "... to see this private video" is not
HEADING = "video unavailable"  # over many different reasons; final when there is none below it

QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "}
)
SORRY = re.compile(r"^(?:we're )?sorry,? ")  # may stand before any sentence
# The word in the languages of YouTube's pages, with the endings it takes there.
BOT_WORDS = re.compile(
    r"(?<![a-z])(?:ro)?bot(?:em|a|u|ti|s|er)?(?![a-z])|rob[oô]t?\b"
    r"|\bбот|робот|ロボット|ボット|机器人|機器人|로봇|봇|روبوت|רובוט|ρομπότ|บอท",
    re.IGNORECASE,
)


def cause_of_text(text: str) -> Cause | None:
    """Return the cause a reason names; None when it holds no words we know, which is never
    final.
    """
    straight = " ".join(text.translate(QUOTES).lower().split())
    words = " ".join(re.sub(r"[.,;:!?]+", " ", straight).split())
    cause = _cause_of_words(words)
    if cause is not None:
        return cause
    sentences = _sentences_of(straight)
    if sentences - {HEADING} == {PLEASE_SIGN_IN}:
        return Cause.BLOCKED
    if sentences & FINAL_SENTENCES or sentences == {HEADING}:
        return Cause.UNAVAILABLE
    return None


def _cause_of_words(words: str) -> Cause | None:
    for known, cause in (*PASSING_WORDS, *FINAL_WORDS):
        if known in words:
            return cause
    return None


def _sentences_of(text: str) -> set[str]:
    sentences = set()
    for part in re.split(r"[.!?]+(?:\s|$)", text):
        sentences.add(SORRY.sub("", part.strip()))
    return sentences - {""}


# What YouTube means by a status of its own when the reason is new to us. UNPLAYABLE and ERROR say
# nothing by themselves,
# and LOGIN_REQUIRED is both "private" and "prove you are no bot": none of them is final without
# known words.
STATUSES: dict[str, Cause] = {
    "AGE_CHECK_REQUIRED": Cause.AGE_RESTRICTED,
    "AGE_VERIFICATION_REQUIRED": Cause.AGE_RESTRICTED,
    "CONTENT_CHECK_REQUIRED": Cause.CONTENT_WARNING,
    "LIVE_STREAM_OFFLINE": Cause.UPCOMING,
}


def cause_of_playability(status: str, reason: str) -> Cause | None:
    """Return the cause of a `playabilityStatus`; None when the video can be played."""
    if status == "OK":
        return None
    cause = cause_of_text(reason) or STATUSES.get(status)
    if cause is not None:
        return cause
    if status == "LOGIN_REQUIRED" and BOT_WORDS.search(reason):
        return Cause.BLOCKED  # the bot check in another language
    return Cause.YOUTUBE_CHANGED


# HTTP ---------------------------------------------------------------------------------------------


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
    elif status == 451:  # unavailable for legal reasons
        kind, cause = VideoVerdict, Cause.GEO_BLOCKED
    elif status in (402, 407):  # said by a proxy: not paid for, or a wrong password
        kind, cause = NetworkBlip, Cause.NETWORK
    elif status == 408 or status >= 500:
        kind, cause = NetworkBlip, Cause.YOUTUBE_DOWN
    else:
        kind, cause = YouTubeChanged, Cause.YOUTUBE_CHANGED
    return kind(
        cause, f"HTTP {status}", retry_after=seconds_to_wait(retry_after, now=now), status=status
    )


def seconds_to_wait(retry_after: str | None, *, now: datetime | None = None) -> float | None:
    """A Retry-After header, given in seconds or as a date, in seconds from now; None without one
    that can be read.
    """
    text = (retry_after or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
        return min(float(text), LONGEST_RETRY_AFTER)
    date = _date_of(text)
    if date is None:
        return None
    return min(max((date - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def _date_of(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    if date.tzinfo is None:
        return date.replace(tzinfo=UTC)
    return date
