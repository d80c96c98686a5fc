"""What the page of a video shows: player, chapters, and its transcript in paragraphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from videos.causes import is_retryable, message
from videos.contexts import hue, id_without_title
from videos.cues import Cue
from videos.description import Part, parts_of
from videos.models import Chapter, ListEntry, Transcript, Video
from videos.queries import with_neighbours
from videos.search.marking import CueHits, marked_hits
from videos.stages import CaptionsSource, Stage
from videos.thumbnails import picture_of, poster_of
from videos.titles import title_of
from videos.transcripts import may_change_transcript, transcript_of
from videos.viewings import resume_at, with_viewing
from videos.work import NOTHING, Work, captions_come_later, job_columns, work_of


@dataclass(frozen=True, slots=True)
class ChapterMark:
    """A chapter and its place on the rail under the player, in thousandths of the video."""

    chapter: Chapter
    x: float
    width: float


@dataclass(frozen=True)
class VideoPage:
    """A video's page, without the transcript's text, which the page asks for after it is there."""

    video: Video
    chapters: list[ChapterMark]
    description: list[Part]
    entries: list[ListEntry]
    transcript: Transcript | None
    captions_label: str
    may_change_transcript: bool
    work: Work
    hue: int
    retryable: bool
    picture: str = ""  # its address; "" while there is none
    poster: str = ""  # a larger one, which may not exist
    start: int = 0  # seconds; where playing begins
    is_watched: bool = False
    entry: ListEntry | None = None  # in the list that the person comes from
    previous_video: int | None = None  # in that list
    next_video: int | None = None

    @property
    def title(self) -> str:
        if self.entry is not None and self.entry.title:
            return self.entry.title
        return title_of(self.video)

    @property
    def shown_id(self) -> str:
        """YouTube's id, where no title is known; else ""."""
        if self.entry is None:
            return ""
        return id_without_title(self.entry)

    @property
    def may_fetch_captions(self) -> bool:
        """An uploaded transcript stays whatever YouTube has."""
        return self.video.import_stage == Stage.COMPLETE and not (
            self.transcript and self.transcript.uploaded
        )

    @property
    def without_transcript(self) -> str:
        """What is said in the transcript's place."""
        if self.work.words:
            return self.work.words
        if captions_come_later(self.video, self.work):
            return _("The captions come later by themselves.")
        if self.video.is_finished:
            return _("There is no transcript of this video.")
        return _("The transcript will be here soon.")

    @property
    def look_again_after(self) -> int:
        """Seconds until the page asks again for what takes the transcript's place; 0 when nothing
        will.
        """
        if captions_come_later(self.video, self.work) and not self.work.parts:
            return 30
        if self.work.waits and self.video.import_stage != Stage.ERROR:
            return 5
        return 0

    @property
    def message(self) -> str | None:
        return message(self.video.error_cause)


def video_page(video: Video, user: Any, *, list_id: int | None = None, start: int = 0) -> VideoPage:
    """Five queries. `list_id`: the list the person comes from, else the first that has the video;
    `start`: the second they want, else where they were.
    """
    transcript = transcript_of(video)
    entries = list(_entries_of(video, user))
    entry = _entry_in(list_id, entries)
    work = NOTHING
    if entries and not transcript:
        work = work_of(entries[0])
    return VideoPage(
        video=video,
        chapters=_marks(list(video.chapters.all()), video.duration),
        description=list(parts_of(video.description, video.duration)),
        entries=entries,
        transcript=transcript,
        captions_label=captions_label(transcript, user),
        may_change_transcript=may_change_transcript(user, video, transcript),
        work=work,
        hue=hue(video),
        retryable=is_retryable(video.error_cause),
        picture=picture_of(video),
        poster=poster_of(video),
        start=start or resume_at(getattr(entry, "viewed", None), video),
        is_watched=getattr(entry, "watched_at", None) is not None,
        entry=entry,
        previous_video=getattr(entry, "previous_video", None),
        next_video=getattr(entry, "next_video", None),
    )


def _entries_of(video: Video, user: Any) -> QuerySet[ListEntry]:
    entries = video.entries.filter(video_list__owner=user, video_list__deleted_at=None).annotate(
        **job_columns("video__")
    )
    entries = with_neighbours(with_viewing(entries))
    return entries.select_related("video_list").prefetch_related("tags")


def _entry_in(list_id: int | None, entries: list[ListEntry]) -> ListEntry | None:
    """The entry in this list, else the first one."""
    for entry in entries:
        if entry.video_list_id == list_id:
            return entry
    return next(iter(entries), None)


def captions_label(transcript: Transcript | None, user: Any) -> str:
    """Where the text is from; "" where there is none. What was uploaded says so, whatever else it
    may be.
    """
    if transcript is None:
        return ""
    if not transcript.uploaded:
        return str(CaptionsSource(transcript.source).label)
    if (
        transcript.uploaded_by_id is None
    ):  # that person is gone, or it was in a library that was loaded
        return _("Uploaded")
    if transcript.uploaded_by_id == user.pk:
        return _("Own upload")
    return _("Uploaded by somebody else")


def _marks(chapters: list[Chapter], duration: int | None) -> list[ChapterMark]:
    if not chapters:
        return []
    whole = duration or chapters[-1].end or 1
    marks = []
    for chapter in chapters:
        x = round(1000 * chapter.start / whole, 1)
        width = round(1000 * (chapter.end - chapter.start) / whole, 1)
        marks.append(ChapterMark(chapter, x, width))
    return marks


@dataclass(frozen=True, slots=True)
class ShownCue:
    """A cue as the page shows it: its text escaped, with the hits of a search marked."""

    start: float
    html: SafeString


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Cues that belong together: a pause, or the end of a sentence once it is long, closes it."""

    start: float
    cues: list[ShownCue]


PARAGRAPH_PAUSE = 3.0  # seconds
PARAGRAPH_CUES = 8
SENTENCE_ENDS = (".", "!", "?", "…")


def paragraphs_of(cues: list[Cue], hits: CueHits) -> list[Paragraph]:
    """The transcript in paragraphs. `hits` are the marks of each cue by its place."""
    paragraphs: list[Paragraph] = []
    before = Cue(0.0, 0.0, "")
    for place, cue in enumerate(cues):
        is_pause = cue.start - before.end >= PARAGRAPH_PAUSE
        if not paragraphs or is_pause or _is_full(paragraphs[-1], before):
            paragraphs.append(Paragraph(cue.start, []))
        html = marked_hits(cue.text, hits.get(place, ()))
        paragraphs[-1].cues.append(ShownCue(cue.start, html))
        before = cue
    return paragraphs


def _is_full(paragraph: Paragraph, last: Cue) -> bool:
    if len(paragraph.cues) < PARAGRAPH_CUES:
        return False
    return last.text.endswith(SENTENCE_ENDS) or len(paragraph.cues) >= 2 * PARAGRAPH_CUES
