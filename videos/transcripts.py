"""What a person gives as a transcript: whether they may, and what is in the file."""

from __future__ import annotations

from django.utils.translation import gettext as _

from videos import encodings
from videos.access import User
from videos.cues import Cue, CuesError, unrolled
from videos.models import ListEntry, Transcript, Video
from videos.subtitles import read_subtitles

MOST_CUES = 20_000  # twelve hours of speech; the page of 80,000 took 9 s
LARGEST = 3 * 1024 * 1024  # bytes; twelve hours of speech with their times are about 1 MB


class TranscriptRefused(ValueError):
    """What was given is no transcript; the text says why, in words for people."""


def transcript_of(video: Video) -> Transcript | None:
    """Without its text. One query."""
    return Transcript.objects.filter(video=video).defer("cues").first()


def may_change_transcript(user: User, video: Video, there: Transcript | None) -> bool:
    """A transcript is everybody's who has the video: a person may give one where there is none, and
    change their own.

    What somebody else uploaded, they may change once that person no longer has the video; any other
    only while nobody else has it. One query at most.
    """
    if there is None or (there.uploaded and there.uploaded_by_id == user.pk):
        return True
    others = ListEntry.objects.filter(video=video, video_list__deleted_at=None).exclude(
        video_list__owner=user.pk
    )
    if there.uploaded:
        others = others.filter(video_list__owner=there.uploaded_by_id)
    return not others.exists()


def read_transcript(content: bytes, language: str = "") -> list[Cue]:
    """Return the cues of a subtitle file, cleaned; captions that roll say each word once.

    Raises TranscriptRefused.

    `language`: the code of the text's language, "" where nobody said; an old encoding is told by
    it.
    """
    if len(content) > LARGEST:
        raise TranscriptRefused(_("This file is too large: a transcript may have 3 MB."))
    text = _decoded(content, language)
    try:
        cues = unrolled(read_subtitles(text))
    except CuesError:
        raise TranscriptRefused(
            _("This is not a subtitle file. VTT, SRT, SBV, ASS, TTML, LRC and SAMI can be read.")
        ) from None
    if not cues:
        raise TranscriptRefused(_("There is no text with times in this file."))
    if len(cues) > MOST_CUES:
        raise TranscriptRefused(
            _("This is too much: a transcript may have %(count)s lines with times.")
            % {"count": f"{MOST_CUES:,}"}
        )
    return cues


def _decoded(content: bytes, language: str) -> str:
    """Return the text, UTF-8 or as its mark says, else in the encoding its language was written in
    before.

    Raises TranscriptRefused where that cannot be told: wrong letters would be kept without anybody
    noticing.
    """
    encoding = encodings.marked(content)
    if encoding:
        return content.decode(encoding, "replace")
    if b"\x00" in content[:1_000] or encodings.is_nearly_utf8(content):
        return content.decode("utf-8", "replace")
    encoding = encodings.recognise(content, language)
    if encoding:
        return content.decode(encoding, "replace")
    raise TranscriptRefused(
        _(
            "The letters of this file cannot be read. "
            "Choose the language of the text, or save the file as UTF-8."
        )
    )
