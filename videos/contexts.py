"""What the templates show: objects that have worked out every flag, so that a page and its fragments share them and hold no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from videos.causes import CAUSES, Cause, message
from videos.cues import Cue, from_rows
from videos.description import Part, parts_of
from videos.models import Chapter, ListEntry, Transcript, Video, VideoList
from videos.queries import FACETS, SORTS, Facets, Filters, Page, Sort, entries_page, uncounted_facets
from videos.stages import CaptionsSource, Stage


@dataclass(frozen=True, slots=True)
class Card:
    """A video in a list. The same for the card, the table's row, the page and the fragment."""

    video: Video
    list_id: int
    position: int
    added_at: object
    title: str
    stage_label: str
    importing: bool
    failed: bool
    no_captions: bool
    retryable: bool
    message: str | None
    hue: int

    @property
    def playable(self) -> bool:
        return not self.importing and not self.failed


def card(entry: ListEntry) -> Card:
    video = entry.video
    stage = Stage(video.import_stage)
    return Card(
        video=video,
        list_id=entry.video_list_id,
        position=entry.position,
        added_at=entry.added_at,
        title=video.title or ("" if not video.is_finished else video.youtube_id),
        stage_label=str(stage.label),
        importing=not video.is_finished,
        failed=stage is Stage.ERROR,
        no_captions=video.captions_source == CaptionsSource.NONE and stage is not Stage.ERROR,
        retryable=is_retryable(video),
        message=message(video.error_cause),
        hue=hue(video),
    )


def hue(video: Video) -> int:
    """The video's own, in degrees, for the placeholder of its thumbnail: the same on every page."""
    return 37 * sum(video.youtube_id.encode()) % 360


def is_retryable(video: Video) -> bool:
    cause = video.error_cause
    return cause in Cause.values and CAUSES[Cause(cause)].retryable


@dataclass(frozen=True)
class Narrowing:
    """A filter that is on, with the address of the page without it."""

    label: str
    name: str


@dataclass(frozen=True)
class ListPage:
    """A list page or one of its fragments. Two queries besides the list's own: none for the counts, which come later."""

    video_list: VideoList
    filters: Filters
    page: Page
    table: bool
    facets: Facets
    sorts: dict[str, Sort] = field(default_factory=lambda: SORTS)
    stages: type[Stage] = Stage

    @property
    def cards(self) -> list[Card]:
        return [card(entry) for entry in self.page.entries]

    @property
    def is_empty(self) -> bool:
        return not self.page.entries

    @property
    def sort(self) -> Sort:
        return SORTS[self.filters.sort]

    @property
    def narrowings(self) -> list[Narrowing]:
        filters = self.filters
        shown = [Narrowing(str(FACETS[name][1][value].label), name) for name, value in filters.chosen.items()]
        shown += [Narrowing(filters.channel, "channel")] if filters.channel else []
        shown += [Narrowing(filters.tag, "tag")] if filters.tag else []
        return shown + ([Narrowing(_("“%(words)s”") % {"words": filters.q}, "q")] if filters.q else [])


def list_page(video_list: VideoList, query: Mapping[str, str], *, table: bool) -> ListPage:
    filters = Filters.parse(query)
    return ListPage(video_list, filters, entries_page(video_list, filters, query.get("before", "")), table, uncounted_facets(filters))


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
    hue: int
    retryable: bool

    @property
    def captions_label(self) -> str:
        return str(CaptionsSource(self.video.captions_source).label)

    @property
    def message(self) -> str | None:
        return message(self.video.error_cause)


def video_page(video: Video, user: Any) -> VideoPage:
    """Four queries."""
    return VideoPage(
        video=video,
        chapters=_marks(list(video.chapters.all()), video.duration),
        description=list(parts_of(video.description, video.duration)),
        entries=list(video.entries.filter(video_list__owner=user).select_related("video_list").prefetch_related("tags")),
        transcript=Transcript.objects.filter(video=video).defer("cues").first(),
        hue=hue(video),
        retryable=is_retryable(video),
    )


def _marks(chapters: list[Chapter], duration: int | None) -> list[ChapterMark]:
    whole = duration or (chapters[-1].end if chapters else 0) or 1
    return [ChapterMark(each, round(1000 * each.start / whole, 1), round(1000 * (each.end - each.start) / whole, 1)) for each in chapters]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Cues that belong together: a pause, or the end of a sentence once it is long, closes it."""

    start: float
    cues: list[Cue]


PARAGRAPH_PAUSE = 3.0  # seconds
PARAGRAPH_CUES = 8


def paragraphs_of(transcript: Transcript) -> list[Paragraph]:
    paragraphs: list[Paragraph] = []
    last_end = 0.0
    for cue in from_rows(transcript.cues):
        cues = paragraphs[-1].cues if paragraphs else []
        full = len(cues) >= PARAGRAPH_CUES and (cues[-1].text.endswith((".", "!", "?", "…")) or len(cues) >= 2 * PARAGRAPH_CUES)
        if not cues or full or cue.start - last_end >= PARAGRAPH_PAUSE:
            paragraphs.append(Paragraph(cue.start, []))
        paragraphs[-1].cues.append(cue)
        last_end = cue.end
    return paragraphs
