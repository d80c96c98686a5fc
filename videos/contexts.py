"""What the templates show: objects that have worked out every flag, so that a page and its
fragments share them and hold no logic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import starmap

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from videos.causes import is_retryable, message, short_message
from videos.filters import FACETS, SORTS, Filters, Sort
from videos.models import ListEntry, Video
from videos.queries import AllVideos, Page, Scope, entries_page
from videos.sidebar import Facets, counted_facets, uncounted_facets
from videos.stages import CaptionsSource, Stage
from videos.thumbnails import picture_of
from videos.titles import title_for_cause
from videos.work import Work, captions_come_later, work_of


@dataclass(frozen=True, slots=True)
class Card:
    """A video in a list. The same for the card, the table's row, the page and the fragment."""

    video: Video
    list_id: int
    position: int
    added_at: object
    title: str
    shown_id: str  # YouTube's id, where nobody has said a title; else ""
    stage_label: str
    importing: bool
    failed: bool
    part: str
    no_captions: str
    retryable: bool
    message: str | None
    short_message: str  # the same in two or three words
    hue: int
    picture: str = ""  # its address; "" while there is none
    is_watched: bool = False
    viewed: int = 0  # hundredths of the video that its list's owner has seen
    list_name: str = ""  # where cards of several lists stand together; else ""
    tags: tuple[str, ...] = ()
    table: bool = False  # it is a row of a table, to a screen reader as well

    @property
    def element(self) -> str:
        """The name of its HTML element: an article may not have the role of a row."""
        if self.table:
            return "div"
        return "article"

    @property
    def playable(self) -> bool:
        return not self.importing and not self.failed


def card(entry: ListEntry, *, table: bool = False, names_list: bool = False) -> Card:
    """Of an entry as `with_video` reads it."""
    video = entry.video
    stage = Stage(video.import_stage)
    work = work_of(entry)
    list_name = ""
    if names_list:
        list_name = entry.video_list.name
    return Card(
        video=video,
        list_id=entry.video_list_id,
        position=entry.position,
        added_at=entry.added_at,
        title=entry.title or stand_in_title(video),
        shown_id=id_without_title(entry),
        stage_label=str(stage.label),
        importing=not video.is_finished,
        failed=stage is Stage.ERROR,
        part=work.words,
        no_captions=no_captions(video, work),
        retryable=is_retryable(video.error_cause),
        message=message(video.error_cause),
        short_message=short_message(video.error_cause),
        hue=hue(video),
        picture=picture_of(video),
        is_watched=getattr(entry, "watched_at", None) is not None,
        viewed=_viewed(entry),
        list_name=list_name,
        tags=tuple(entry.tag_names()),
        table=table,
    )


def cards_of(entries: Iterable[ListEntry], *, table: bool, names_list: bool = False) -> list[Card]:
    """Return a card for each entry."""
    cards = []
    for entry in entries:
        cards.append(card(entry, table=table, names_list=names_list))
    return cards


def _viewed(entry: ListEntry) -> int:
    """Of an entry as `with_video` reads it; 0 where nothing is known."""
    seconds = getattr(entry, "viewed", None) or 0
    return min(100 * seconds // max(entry.video.duration or 0, 1), 100)


def stand_in_title(video: Video) -> str:
    """What the card says in a title's place; "" while one may still come."""
    if not video.is_finished:
        return ""
    return title_for_cause(video.error_cause)


def id_without_title(entry: ListEntry) -> str:
    """The video's id where nobody has said a title; else ""."""
    if entry.title:
        return ""
    return entry.video.youtube_id


def no_captions(video: Video, work: Work) -> str:
    """What the sign on the card says; "" where there are captions, or where it is not known yet."""
    if video.captions_source != CaptionsSource.NONE or video.import_stage == Stage.ERROR:
        return ""
    if work.words:
        return work.words
    if captions_come_later(video, work):
        return _("Captions come later")
    return str(CaptionsSource.NONE.label)


def hue(video: Video) -> int:
    """The video's own, in degrees, for the placeholder of its thumbnail: the same on every page."""
    return 37 * sum(video.youtube_id.encode()) % 360


@dataclass(frozen=True)
class Narrowing:
    """A filter that is on, with the address of the page without it."""

    label: str
    name: str


@dataclass(frozen=True)
class TableHead:
    """A column of the table. A click sorts as `next_sort` says; "" for a column that does not sort.

    `direction`: "ascending", "descending", or "" when another column sorts.
    """

    label: str
    direction: str
    next_sort: str


@dataclass(frozen=True)
class Where:
    """The addresses of a list page, or of the page of all videos, and of its fragments."""

    url: str
    facets_url: str
    cards_url: str
    failures_url: str = ""
    is_all: bool = False


def where_of(scope: Scope) -> Where:
    if isinstance(scope, AllVideos):
        return Where(
            url=reverse("video_list"),
            facets_url=reverse("video_facets"),
            cards_url=reverse("video_cards"),
            failures_url=reverse("video_failures"),
            is_all=True,
        )
    return Where(
        url=scope.get_absolute_url(),
        facets_url=reverse("list_facets", args=[scope.pk]),
        cards_url=reverse("list_cards", args=[scope.pk]),
    )


@dataclass(frozen=True)
class ListPage:
    """A list page or one of its fragments.

    Two queries besides the list's own: none for the counts, which come later.
    """

    scope: Scope
    filters: Filters
    page: Page
    table: bool
    facets: Facets
    sorts: dict[str, Sort] = field(default_factory=lambda: SORTS)
    stages: type[Stage] = Stage

    @property
    def has_results(self) -> bool:
        """Whether the search box shows what it finds in their place."""
        return not isinstance(self.scope, AllVideos)

    @property
    def home(self) -> str:
        """The id of the list that an emptied search box shows again, or ""."""
        if isinstance(self.scope, AllVideos):
            return ""
        return str(self.scope.pk)

    @property
    def cards(self) -> list[Card]:
        names_list = isinstance(self.scope, AllVideos)
        return cards_of(self.page.entries, table=self.table, names_list=names_list)

    @property
    def is_empty(self) -> bool:
        return not self.page.entries

    @property
    def is_new(self) -> bool:
        """Nothing is in the list yet: filters, orders and views would have nothing to show."""
        return self.is_empty and not self.filters.is_narrowed

    @property
    def export_formats(self) -> list[tuple[str, str]]:
        return export_formats()

    @property
    def where(self) -> Where:
        return where_of(self.scope)

    @property
    def may_grow(self) -> bool:
        """New cards may join at the top: of the whole list, newest first."""
        return self.filters.is_plain and not isinstance(self.scope, AllVideos)

    @property
    def sort(self) -> Sort:
        return SORTS[self.filters.sort]

    @property
    def table_heads(self) -> list[TableHead]:
        list_or_tags = _("Tags")
        if isinstance(self.scope, AllVideos):
            list_or_tags = _("List")
        columns = (
            (_("Title"), "title", "title-z"),
            (_("Channel"), "channel", "channel-z"),
            (list_or_tags, "", ""),
            (_("Length"), "longest", "shortest"),
            (pgettext("when", "Added"), "newest", "oldest"),
        )
        return list(starmap(self._table_head, columns))

    def _table_head(self, label: str, first: str, second: str) -> TableHead:
        current = self.filters.sort
        if not first or current not in {first, second}:
            return TableHead(label, "", first)
        direction = "descending" if SORTS[current].descending else "ascending"
        next_sort = first
        if current == first:
            next_sort = second
        return TableHead(label, direction, next_sort)

    @property
    def narrowings(self) -> list[Narrowing]:
        filters = self.filters
        shown = []
        for name, value in filters.chosen.items():
            shown.append(Narrowing(str(FACETS[name][1][value].label), name))
        if filters.channel:
            shown.append(Narrowing(filters.channel, "channel"))
        if filters.tag:
            shown.append(Narrowing(filters.tag, "tag"))
        if filters.cause:
            shown.append(Narrowing(message(filters.cause) or "", "cause"))
        if filters.q:
            shown.append(Narrowing(_("“%(words)s”") % {"words": filters.q}, "q"))
        return shown


def export_formats() -> list[tuple[str, str]]:
    """What chosen videos can be exported as: the value of the form, and its name."""
    return [
        ("csv", "CSV"),
        ("json", "JSON"),
        ("md", "Markdown"),
        ("txt.zip", _("Transcripts as TXT")),
        ("srt.zip", _("Transcripts as SRT")),
        ("vtt.zip", _("Transcripts as VTT")),
        ("md.zip", _("Transcripts as Markdown")),
    ]


def list_page(
    scope: Scope, query: Mapping[str, str], *, table: bool, counted: bool = False
) -> ListPage:
    """`counted`: with the filters' counts, which otherwise are asked for once the page is there."""
    filters = Filters.parse(query)
    facets = uncounted_facets(filters)
    if counted:
        facets = counted_facets(scope, filters)
    page = entries_page(scope, filters, query.get("before", ""))
    return ListPage(scope, filters, page, table, facets)
