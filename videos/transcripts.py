"""What a person gives as a transcript: whether they may, and what is in the file."""

from __future__ import annotations

import codecs

from django.utils.translation import gettext as _

from videos.access import User
from videos.cues import Cue, CuesError, read_srt, read_vtt
from videos.models import ListEntry, Transcript, Video

LARGEST = 3 * 1024 * 1024  # bytes; twelve hours of speech with their times are about 1 MB


class TranscriptRefused(ValueError):
    """What was given is no transcript; the text says why, in words for people."""


def transcript_of(video: Video) -> Transcript | None:
    """Without its text. One query."""
    return Transcript.objects.filter(video=video).defer("cues").first()


def may_change_transcript(user: User, video: Video, there: Transcript | None) -> bool:
    """A transcript is everybody's who has the video: a person may give one where there is none, and change their own.

    What somebody else uploaded, they may change once that person no longer has the video; any other only while nobody else has it.
    One query at most.
    """
    if there is None or (there.uploaded and there.uploaded_by_id == user.pk):
        return True
    others = ListEntry.objects.filter(video=video, video_list__deleted_at=None).exclude(
        video_list__owner=user.pk
    )
    return not (
        others.filter(video_list__owner=there.uploaded_by_id) if there.uploaded else others
    ).exists()


def read_transcript(content: bytes) -> list[Cue]:
    """The cues of a VTT or SRT file, cleaned. Raises TranscriptRefused."""
    if len(content) > LARGEST:
        raise TranscriptRefused(_("This file is too large: a transcript may have 3 MB."))
    text = _decoded(content).lstrip("\ufeff\r\n \t")
    try:
        cues = read_vtt(text) if text.startswith("WEBVTT") else read_srt(text)
    except CuesError:
        raise TranscriptRefused(
            _("This is not a subtitle file. VTT and SRT can be read.")
        ) from None
    if not cues:
        raise TranscriptRefused(_("There is no text with times in this file."))
    return cues


def _decoded(content: bytes) -> str:
    """UTF-8, UTF-16 where the file says so, else what Windows wrote."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
