"""Every way YouTube says no: the playability status a player answer carries, per failure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Failure(StrEnum):
    """Why a video cannot be had."""

    PRIVATE = "private"
    PRIVATE_PLAIN = "private_plain"
    DELETED = "deleted"
    UNAVAILABLE = "unavailable"
    NOT_AVAILABLE = "not_available"
    TERMINATED = "terminated"
    COPYRIGHT = "copyright"
    RULES = "rules"
    MEMBERS = "members"
    MEMBERS_LEVEL = "members_level"
    PREMIUM = "premium"
    PAID = "paid"
    RENTAL = "rental"
    AGE = "age"
    AGE_INAPPROPRIATE = "age_inappropriate"
    GEO_SUBREASON = "geo_subreason"
    GEO_REASON = "geo_reason"
    UPCOMING = "upcoming"
    UPCOMING_SOON = "upcoming_soon"
    PREMIERE = "premiere"
    LIVE = "live"
    LIVE_ENDED = "live_ended"
    PROCESSING = "processing"
    DRM = "drm"
    BOT_CHECK = "bot_check"
    CAPTCHA = "captcha"
    SESSION_LIMIT = "session_limit"
    NO_REASON = "no_reason"


@dataclass(frozen=True)
class Verdict:
    """`details`: YouTube still tells the title and the channel.

    `screen`: further keys of the error screen.
    """

    status: str
    reason: str = ""
    subreason: str = ""
    details: bool = False
    interstitial: bool = False
    captcha: bool = False


_SIGN_IN_MEMBERS = (
    "Join this channel to get access to members-only content like this video, "
    "and other exclusive perks."
)
_MEMBERS_LEVEL = (
    "This video is available to this channel's members on level: "
    "Meisterklasse (or any higher level). "
    "Join this channel to get access to members-only content and other exclusive perks."
)

VERDICTS: dict[Failure, Verdict] = {
    Failure.PRIVATE: Verdict(
        "LOGIN_REQUIRED", "Private video", "Sign in if you've been granted access to this video"
    ),
    Failure.PRIVATE_PLAIN: Verdict("LOGIN_REQUIRED", "This video is private", interstitial=True),
    Failure.DELETED: Verdict(
        "ERROR", "Video unavailable", "This video has been removed by the uploader"
    ),
    Failure.UNAVAILABLE: Verdict("ERROR", "Video unavailable", "This video is unavailable"),
    Failure.NOT_AVAILABLE: Verdict("UNPLAYABLE", "This video is not available", details=True),
    Failure.TERMINATED: Verdict(
        "ERROR",
        "Video unavailable",
        "This video is no longer available because the YouTube account associated with "
        "this video has been terminated.",
    ),
    Failure.COPYRIGHT: Verdict(
        "ERROR",
        "Video unavailable",
        "This video is no longer available due to a copyright claim by Uhrwerk Media",
    ),
    Failure.RULES: Verdict(
        "ERROR", "This video has been removed for violating YouTube's Terms of Service"
    ),
    Failure.MEMBERS: Verdict("UNPLAYABLE", _SIGN_IN_MEMBERS, details=True),
    Failure.MEMBERS_LEVEL: Verdict("UNPLAYABLE", _MEMBERS_LEVEL, details=True),
    Failure.PREMIUM: Verdict(
        "UNPLAYABLE", "This video is only available to Music Premium members", details=True
    ),
    Failure.PAID: Verdict("UNPLAYABLE", "This video requires payment to watch.", details=True),
    Failure.RENTAL: Verdict(
        "UNPLAYABLE",
        "This video requires payment to watch",
        "Rent or buy this video to watch it",
        details=True,
    ),
    Failure.AGE: Verdict(
        "LOGIN_REQUIRED",
        "Sign in to confirm your age",
        "This video may be inappropriate for some users.",
        details=True,
    ),
    Failure.AGE_INAPPROPRIATE: Verdict(
        "LOGIN_REQUIRED", "This video may be inappropriate for some users.", details=True
    ),
    Failure.GEO_SUBREASON: Verdict(
        "UNPLAYABLE",
        "Video unavailable",
        "The uploader has not made this video available in your country",
        details=True,
    ),
    Failure.GEO_REASON: Verdict(
        "UNPLAYABLE", "The uploader has not made this video available in your country", details=True
    ),
    Failure.UPCOMING: Verdict(
        "LIVE_STREAM_OFFLINE", "This live event will begin in {wait}.", details=True
    ),
    Failure.UPCOMING_SOON: Verdict(
        "LIVE_STREAM_OFFLINE", "This live event will begin in a few moments.", details=True
    ),
    Failure.PREMIERE: Verdict("LIVE_STREAM_OFFLINE", "Premieres in {wait}", details=True),
    Failure.LIVE: Verdict("OK", details=True),
    Failure.LIVE_ENDED: Verdict(
        "LIVE_STREAM_OFFLINE", "This live stream recording is not available.", details=True
    ),
    Failure.PROCESSING: Verdict(
        "UNPLAYABLE", "We're processing this video. Check back later.", details=True
    ),
    Failure.DRM: Verdict("OK", details=True),
    Failure.BOT_CHECK: Verdict(
        "LOGIN_REQUIRED",
        "Sign in to confirm you’re not a bot",
        "This helps protect our community. Learn more",
    ),
    Failure.CAPTCHA: Verdict("UNPLAYABLE", "Video unavailable", captcha=True),
    Failure.SESSION_LIMIT: Verdict(
        "UNPLAYABLE", "Video unavailable", "This content isn't available, try again later."
    ),
    Failure.NO_REASON: Verdict("UNPLAYABLE"),
}

LATER = frozenset({Failure.UPCOMING, Failure.UPCOMING_SOON, Failure.PREMIERE})
"""Failures that end by themselves when the video starts."""

HIDDEN_TITLES = {
    Failure.PRIVATE: "[Private video]",
    Failure.PRIVATE_PLAIN: "[Private video]",
    Failure.DELETED: "[Deleted video]",
    Failure.UNAVAILABLE: "[Deleted video]",
    Failure.TERMINATED: "[Deleted video]",
}
"""What a playlist calls a video of which it may tell nothing else."""


def playability(
    failure: Failure,
    *,
    plain: bool,
    starts_at: datetime | None = None,
    reason: str | None = None,
    status: str | None = None,
) -> Json:
    """The `playabilityStatus` of a failed video.

    `plain`: the form the ANDROID client gets, a bare reason without an error screen.
    """
    verdict = VERDICTS[failure]
    if status is not None:
        verdict = replace(verdict, status=status)
    text = (reason or verdict.reason).format(wait=_wait(starts_at))
    if plain:
        return _plain(verdict, text)
    answer: Json = {"status": verdict.status, **({"reason": text} if text else {})}
    if screen := _error_screen(verdict, text):
        answer["errorScreen"] = screen
    if failure is Failure.AGE:
        answer["desktopLegacyAgeGateReason"] = 1
    if starts_at is not None:
        answer["liveStreamability"] = _offline_slate(starts_at)
    return answer


def _plain(verdict: Verdict, text: str) -> Json:
    """One reason, and it is the more telling of the two; the bot check keeps its own."""
    telling = (
        verdict.subreason
        if verdict.subreason
        and verdict.reason in {"Video unavailable", "Sign in to confirm your age"}
        else text
    )
    return {"status": verdict.status, **({"reason": telling} if telling else {})}


def _error_screen(verdict: Verdict, reason: str) -> Json:
    if verdict.interstitial:
        content = {
            "interstitialViewModel": {"title": {"content": reason}, "description": {"content": ""}}
        }
        return {"playerInterstitialRenderer": {"content": content}}
    if verdict.captcha:
        return {"playerCaptchaViewModel": {"title": {"content": reason}}}
    if not reason:
        return {}
    renderer: Json = {"reason": {"simpleText": reason}, "icon": {"iconType": "ERROR_OUTLINE"}}
    if verdict.subreason:
        renderer["subreason"] = {"runs": [{"text": verdict.subreason}]}
    return {"playerErrorMessageRenderer": renderer}


def _offline_slate(starts_at: datetime) -> Json:
    slate = {
        "scheduledStartTime": str(int(starts_at.timestamp())),
        "mainText": {"simpleText": "Live"},
    }
    return {
        "liveStreamabilityRenderer": {
            "offlineSlate": {"liveStreamOfflineSlateRenderer": slate},
            "pollDelayMs": "15000",
        }
    }


def _wait(starts_at: datetime | None) -> str:
    """YouTube's rounded wording: minutes below two hours, hours below two days, then days."""
    seconds = (starts_at - datetime.now(UTC)).total_seconds() if starts_at else 3 * 3600
    for size, unit in ((86_400, "days"), (3600, "hours")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(1, int(seconds // 60))} minutes"
