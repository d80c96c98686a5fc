"""The titles that people read. A video without a title is called by what is known of it, and its
id stands small beside that.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from videos.causes import Cause
from videos.models import Video

UNAVAILABLE = gettext_lazy("Unavailable video")
TITLES: dict[str, str | Promise] = {
    Cause.PRIVATE: gettext_lazy("Private video"),
    Cause.UNAVAILABLE: UNAVAILABLE,
    Cause.NEVER_AVAILABLE: UNAVAILABLE,
    Cause.GEO_BLOCKED: UNAVAILABLE,
    Cause.RESTRICTED_HERE: UNAVAILABLE,
    Cause.MEMBERS_ONLY: gettext_lazy("Members-only video"),
    Cause.PAID: gettext_lazy("Paid video"),
    Cause.AGE_RESTRICTED: gettext_lazy("Age-restricted video"),
    Cause.CONTENT_WARNING: gettext_lazy("Video with a warning"),
    Cause.UPCOMING: gettext_lazy("Upcoming video"),
    Cause.LIVE: gettext_lazy("Live stream"),
    Cause.DRM: gettext_lazy("Copy-protected video"),
}


def title_of(video: Video) -> str:
    """Return what pages call the video in the active language, never its id."""
    if video.title:
        return video.title
    if not video.is_finished:
        return _("Title follows")
    return title_for_cause(video.error_cause)


def title_for_cause(cause: str) -> str:
    """Return what a video is called of which only this cause, or "", is known."""
    if cause in TITLES:
        return str(TITLES[cause])
    return pgettext("video", "Title unknown")
