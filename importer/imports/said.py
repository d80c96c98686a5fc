"""What the banner says while an import waits, in the reader's language."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from importer.imports.forecast import Wait, WaitsFor

SENTENCES = {
    WaitsFor.YOUTUBE: gettext_lazy("YouTube is slowing us down. Resumes at %(time)s."),
    WaitsFor.HOUR: gettext_lazy("Hourly limit reached. Resumes at %(time)s."),
    WaitsFor.TURN: gettext_lazy("Other videos come first. Resumes at about %(time)s."),
    WaitsFor.TRY: gettext_lazy("Next try at %(time)s."),
    WaitsFor.GROQ: gettext_lazy("Transcription is slowed down. Resumes at %(time)s."),
    WaitsFor.GROQ_HOUR: gettext_lazy(
        "Hourly limit for transcription reached. Resumes at %(time)s."
    ),
}
OF_YOUTUBE = (WaitsFor.YOUTUBE, WaitsFor.ANSWER, WaitsFor.TRY)


def said_of(wait: Wait, *, trouble: str) -> str:
    """Return one or two sentences: for whom it waits, and until when.

    `trouble`: what is known to be wrong with YouTube or the way there, which then is the reason.
    """
    words = {"time": clock(wait.until)}
    if wait.waits_for == WaitsFor.ANSWER:
        return f"{trouble} {gettext('Trying YouTube again now.')}".strip()
    if trouble and wait.waits_for in OF_YOUTUBE:
        return f"{trouble} {gettext('Next try at %(time)s.') % words}"
    return str(SENTENCES[wait.waits_for]) % words


def clock(moment: datetime) -> str:
    """Return the next full minute as a text, with the day when it is not today's."""
    local = _rounded_up(timezone.localtime(moment))
    if local.date() == timezone.localdate():
        return date_format(local, "H:i")
    return date_format(local, "SHORT_DATETIME_FORMAT")


def _rounded_up(moment: datetime) -> datetime:
    """To the full minute, so that nothing is promised too early."""
    if not moment.second and not moment.microsecond:
        return moment
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
