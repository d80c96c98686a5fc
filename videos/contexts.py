"""What the templates show: objects that have worked out every flag, so that a page and its fragments share them and hold no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from videos.causes import CAUSES, Cause, message
from videos.models import ListEntry, Video, VideoList
from videos.queries import FACETS, SORTS, Facets, Filters, Page, Sort, entries_page, uncounted_facets
from videos.stages import CaptionsSource, Stage

HUES = 12  # the hues of tokens.css that a thumbnail's placeholder takes


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
    """Which of the hues is this video's own: the same on every page."""
    return sum(video.youtube_id.encode()) % HUES


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
        return shown + ([Narrowing(_("“%(words)s”") % {"words": filters.q}, "q")] if filters.q else [])


def list_page(video_list: VideoList, query: Mapping[str, str], *, table: bool) -> ListPage:
    filters = Filters.parse(query)
    return ListPage(video_list, filters, entries_page(video_list, filters, query.get("before", "")), table, uncounted_facets(filters))
