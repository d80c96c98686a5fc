"""Why a video could not be imported, or waits: the one table of causes.

A row stores the cause; a page, an answer or a frame shows its message in the reader's language.
Nothing else about an error ever reaches a person. How third-party errors become causes is in
`enrichment/errors.py`.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Cause(models.TextChoices):
    PRIVATE = "private"
    UNAVAILABLE = "unavailable"
    MEMBERS_ONLY = "members_only"
    PAID = "paid"
    AGE_RESTRICTED = "age_restricted"
    CONTENT_WARNING = "content_warning"
    GEO_BLOCKED = "geo_blocked"
    RESTRICTED_HERE = "restricted_here"
    UPCOMING = "upcoming"
    LIVE = "live"
    PROCESSING = "processing"
    NEVER_AVAILABLE = "never_available"
    DRM = "drm"
    PLAYLIST_MISSING = "playlist_missing"
    PLAYLIST_PRIVATE = "playlist_private"
    PLAYLIST_EMPTY = "playlist_empty"
    PLAYLIST_INCOMPLETE = "playlist_incomplete"
    CHANNEL_MISSING = "channel_missing"
    CHANNEL_REMOVED = "channel_removed"
    TAB_MISSING = "tab_missing"
    NOT_LIVE = "not_live"
    THROTTLED = "throttled"
    BLOCKED = "blocked"
    NETWORK = "network"
    YOUTUBE_DOWN = "youtube_down"
    YOUTUBE_CHANGED = "youtube_changed"
    SIGN_IN = "sign_in"
    TRANSCRIPTION_THROTTLED = "transcription_throttled"
    TRANSCRIPTION_BUDGET = "transcription_budget"
    TRANSCRIPTION_FAILED = "transcription_failed"
    TRANSCRIPTION_OFF = "transcription_off"
    AUDIO_TOO_LONG = "audio_too_long"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    INTERNAL = "internal"


@dataclass(frozen=True)
class CauseInfo:
    """What a cause means.

    `short`: two or three words for the line of a card; "" where the message is short enough.
    `retryable`: trying again may help. `throttle`: it says something about us, not about the video.
    """

    message: str | Promise
    retryable: bool = False
    throttle: bool = False
    short: str | Promise = ""


CAUSES: dict[Cause, CauseInfo] = {
    Cause.PRIVATE: CauseInfo(_("This video is private."), short=_("Private")),
    Cause.UNAVAILABLE: CauseInfo(
        _("The video is no longer available."), short=_("No longer available")
    ),
    Cause.MEMBERS_ONLY: CauseInfo(
        _("This video is for members of the channel only."), short=_("Members only")
    ),
    Cause.PAID: CauseInfo(_("This video has to be paid for."), short=_("Paid video")),
    Cause.AGE_RESTRICTED: CauseInfo(_("This video is age-restricted."), short=_("Age-restricted")),
    Cause.CONTENT_WARNING: CauseInfo(
        _("YouTube shows this video only after a warning is confirmed."),
        short=_("Behind a warning"),
    ),
    Cause.GEO_BLOCKED: CauseInfo(
        _("This video is not available in this country."), short=_("Not in this country")
    ),
    Cause.RESTRICTED_HERE: CauseInfo(
        _("The network of this server does not allow this video."),
        retryable=True,
        short=_("Blocked on this network"),
    ),
    Cause.UPCOMING: CauseInfo(
        _("This video has not started yet."), retryable=True, short=_("Not started yet")
    ),
    Cause.LIVE: CauseInfo(
        _("This is a live stream that is still running."), retryable=True, short=_("Still live")
    ),
    Cause.PROCESSING: CauseInfo(
        _("YouTube is still processing this video."), retryable=True, short=_("Being processed")
    ),
    Cause.NEVER_AVAILABLE: CauseInfo(
        _("This video was not available within two weeks."),
        retryable=True,
        short=_("Never available"),
    ),
    Cause.DRM: CauseInfo(_("This video is copy-protected."), short=_("Copy-protected")),
    Cause.PLAYLIST_MISSING: CauseInfo(_("This playlist does not exist or is private.")),
    Cause.PLAYLIST_PRIVATE: CauseInfo(_("This playlist is private.")),
    Cause.PLAYLIST_EMPTY: CauseInfo(_("There are no videos here.")),
    Cause.PLAYLIST_INCOMPLETE: CauseInfo(_("Only a part of it could be read."), retryable=True),
    Cause.CHANNEL_MISSING: CauseInfo(_("This channel does not exist.")),
    Cause.CHANNEL_REMOVED: CauseInfo(_("This channel was removed.")),
    Cause.TAB_MISSING: CauseInfo(_("This channel has no such page.")),
    Cause.NOT_LIVE: CauseInfo(_("This channel is not live right now.")),
    Cause.THROTTLED: CauseInfo(
        _("YouTube is slowing us down. This continues by itself."), retryable=True, throttle=True
    ),
    Cause.BLOCKED: CauseInfo(
        _("YouTube is blocking us right now. This continues by itself."),
        retryable=True,
        throttle=True,
    ),
    Cause.NETWORK: CauseInfo(
        _("YouTube could not be reached. We will try again."),
        retryable=True,
        short=_("YouTube not reachable"),
    ),
    Cause.YOUTUBE_DOWN: CauseInfo(
        _("YouTube has a problem right now. We will try again."),
        retryable=True,
        short=_("Problem at YouTube"),
    ),
    Cause.YOUTUBE_CHANGED: CauseInfo(
        _("YouTube answered in a way we do not know yet."),
        retryable=True,
        short=_("Unreadable answer"),
    ),
    Cause.SIGN_IN: CauseInfo(
        _("YouTube asks this server to sign in first. We will try again."),
        retryable=True,
        short=_("YouTube wants a sign-in"),
    ),
    Cause.TRANSCRIPTION_THROTTLED: CauseInfo(
        _("The transcription is waiting its turn."), retryable=True, throttle=True
    ),
    Cause.TRANSCRIPTION_BUDGET: CauseInfo(
        _("The transcription allowance is used up for now."), retryable=True
    ),
    Cause.TRANSCRIPTION_FAILED: CauseInfo(
        _("This video could not be transcribed."), retryable=True
    ),
    Cause.TRANSCRIPTION_OFF: CauseInfo(
        _("Transcription is not available right now. This continues by itself."), retryable=True
    ),
    Cause.AUDIO_TOO_LONG: CauseInfo(_("This video is too long to be transcribed.")),
    Cause.TOO_MANY_ATTEMPTS: CauseInfo(
        _("That did not work. Try again later."), retryable=True, short=_("Did not work")
    ),
    Cause.INTERNAL: CauseInfo(
        _("That did not work. We will try again later."), retryable=True, short=_("Did not work")
    ),
}


CAUSES_BY_VALUE: dict[str, CauseInfo] = {cause.value: info for cause, info in CAUSES.items()}


def short_message(cause: str) -> str:
    """The message in two or three words, in the active language; "" for no cause."""
    if not cause:
        return ""
    info = _info(cause)
    return str(info.short or info.message)


def message(cause: str) -> str | None:
    """The message for a stored cause in the active language; None for no cause.

    An unknown cause reads as `internal`.
    """
    if not cause:
        return None
    return str(_info(cause).message)


def is_retryable(cause: str) -> bool:
    """Whether trying again may help. Not without a cause, nor with an unknown one."""
    return cause in CAUSES_BY_VALUE and CAUSES_BY_VALUE[cause].retryable


def _info(cause: str) -> CauseInfo:
    return CAUSES_BY_VALUE.get(cause, CAUSES[Cause.INTERNAL])
