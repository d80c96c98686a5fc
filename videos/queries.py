"""What the list pages read: entries page by page, failures, and what is above and below a video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OrderBy, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Lower

from videos.access import User
from videos.causes import Cause, is_retryable, message
from videos.counts import entries_counted
from videos.filters import SORTS, After, Filters, Sort
from videos.lookups import in_order_of_index, looking_up_by_index
from videos.models import ListEntry, Video, VideoList
from videos.newest import first_ids, first_ids_of_few, first_ids_of_large_share
from videos.prepared import PreparedSelect
from videos.stages import Stage
from videos.text import number_from
from videos.viewings import with_viewing
from videos.work import job_columns

PAGE_SIZE = 60
LARGE_SHARE = 0.25  # of all entries; from it on, walking over all of them is quicker


@dataclass(frozen=True)
class ListSummary:
    """A list in the side bar and in menus.

    `label` is its name, with a number where an older list of the person has the same name.
    """

    id: int
    name: str
    count: int
    label: str


def _lists_with_counts(owner: int) -> QuerySet[VideoList, tuple[Any, ...]]:
    lists = VideoList.objects.owned_by(owner).annotate(count=entries_counted())
    return lists.order_by(Lower("name"), "id").values_list("id", "name", "count")


_LISTS = PreparedSelect(_lists_with_counts, int)


def list_summaries(user: User) -> list[ListSummary]:
    """The user's lists by name, of one name the oldest first. One query, with the counts the
    database keeps.
    """
    rows = _LISTS.rows(user.pk or 0)
    labels = _labels([name for _, name, _ in rows])
    summaries = []
    for (list_id, name, count), label in zip(rows, labels, strict=True):
        summaries.append(ListSummary(list_id, name, count, label))
    return summaries


def _labels(names: list[str]) -> list[str]:
    """Names that can be told apart: "Clocks", "Clocks (2)", "Clocks (3)".

    A number that some list has in its own name is passed over.
    """
    taken, used = set(names), set()
    numbers = dict.fromkeys(names, 1)
    labels = []
    for name in names:
        label = name
        while label in used or (label != name and label in taken):
            numbers[name] += 1
            label = f"{name} ({numbers[name]})"
        used.add(label)
        labels.append(label)
    return labels


@dataclass(frozen=True)
class Page:
    entries: list[ListEntry]
    next: str | None  # the cursor of the page below


@dataclass(frozen=True)
class AllVideos:
    """The videos of all of a person's lists, once for each list that a video is in."""

    owner: User

    @cached_property
    def list_ids(self) -> list[int]:
        return list(VideoList.objects.owned_by(self.owner).values_list("pk", flat=True))

    @property
    def entries(self) -> QuerySet[ListEntry]:
        return ListEntry.objects.filter(video_list__in=self.list_ids).select_related("video_list")

    @property
    def has_large_share(self) -> bool:
        """Whether so many of all entries are this person's that walking over all of them, in some
        order, meets a page of theirs soon. Two small queries.
        """
        lists = VideoList.objects.owned_by(self.owner).annotate(count=entries_counted())
        mine: int = lists.aggregate(mine=Sum("count"))["mine"] or 0
        last = ListEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        return mine >= last * LARGE_SHARE


Scope = VideoList | AllVideos


def entries_of(scope: Scope, filters: Filters) -> QuerySet[ListEntry]:
    return scope.entries.filter(filters.condition())


def entries_page(scope: Scope, filters: Filters, before: str = "") -> Page:
    """One page of a list, or of all, below a cursor.

    A cursor is a position, of all videos an entry's id, or `value~video-id` where the order is
    another. Few queries, whatever the list's size; by a value it visits all entries of the scope,
    unless that is a large share of the library.
    """
    sort = SORTS[filters.sort]
    try:
        if not sort.is_position:
            return _page_by_value(scope, filters, sort, before)
        if isinstance(scope, AllVideos):
            return _page_of_all(scope, filters, sort, before)
        return _page_by_position(scope, filters, sort, before)
    except ValueError:
        return Page([], None)


def _page_by_value(scope: Scope, filters: Filters, sort: Sort, before: str) -> Page:
    """ValueError for an unreadable cursor."""
    entries = with_key(with_video(entries_of(scope, filters)), sort)
    after = None
    if before:
        after = sort.after(before)
        entries = entries.filter(after.entries())
    if isinstance(scope, AllVideos) and not filters.is_narrowed and scope.has_large_share:
        entries = entries.filter(video_id__in=_first_videos(scope, sort, after))
    with _joining(scope):
        found = entries.order_by(*sort.order("key", "video_id", "id"))
        page, rest = _cut(list(found[: PAGE_SIZE + 1]))
    if not rest:
        return Page(page, None)
    last = page[-1]
    return Page(page, f"{last.key}~{last.video_id}-{last.pk}")  # type: ignore[attr-defined]


def _first_videos(scope: AllVideos, sort: Sort, after: After | None) -> list[int]:
    """The ids of the videos of a page, found by walking an index of all videos. One query."""
    in_lists = ListEntry.objects.filter(video=OuterRef("pk"), video_list__in=scope.list_ids)
    videos = Video.objects.annotate(key=sort.of_videos()).filter(Exists(in_lists))
    if after is not None:
        videos = videos.filter(after.videos())
    with in_order_of_index():
        first = videos.order_by(*sort.order("key", "id"))[: PAGE_SIZE + 1]
        return list(first.values_list("pk", flat=True))


def _page_of_all(scope: AllVideos, filters: Filters, sort: Sort, before: str) -> Page:
    """By when they were added: positions are those of one list. ValueError for an unreadable
    cursor.
    """
    entries = ListEntry.objects.filter(filters.condition())
    if before:
        entries = entries.filter(**{f"pk__{sort.side}": _number_of(before.rpartition("~")[2])})
    ids = _first_ids(scope, filters, sort, entries)
    page, rest = _cut(_entries_with_ids(ids))
    if not rest:
        return Page(page, None)
    return Page(page, str(page[-1].pk))


def _first_ids(
    scope: AllVideos, filters: Filters, sort: Sort, entries: QuerySet[ListEntry]
) -> list[int]:
    """The ids of a page and one more, found in the way that costs least for these filters."""
    limit = PAGE_SIZE + 1
    newest_first = sort.descending
    if filters.is_narrowed and not filters.finds_few and scope.has_large_share:
        return first_ids_of_large_share(
            scope.list_ids, entries, newest_first=newest_first, limit=limit
        )
    lists = VideoList.objects.owned_by(scope.owner)
    if filters.finds_few:
        return first_ids_of_few(lists, entries, newest_first=newest_first, limit=limit)
    return first_ids(lists, entries, newest_first=newest_first, limit=limit)


def _entries_with_ids(ids: list[int]) -> list[ListEntry]:
    """What a card shows of these entries, in this order, without those deleted meanwhile."""
    shown = with_video(ListEntry.objects.select_related("video_list")).in_bulk(ids)
    entries = []
    for pk in ids:
        if pk in shown:
            entries.append(shown[pk])
    return entries


def _page_by_position(scope: VideoList, filters: Filters, sort: Sort, before: str) -> Page:
    """ValueError for an unreadable cursor."""
    entries = entries_of(scope, filters)
    if before:
        entries = entries.filter(**{f"position__{sort.side}": _number_of(before)})
    shown = first_by_position(entries, sort.order("position"), PAGE_SIZE + 1, shown=with_video)
    with _walking(filters):
        page, rest = _cut(list(shown))
    if not rest:
        return Page(page, None)
    return Page(page, str(page[-1].position))


def with_key(entries: QuerySet[ListEntry], sort: Sort) -> QuerySet[ListEntry]:
    """With `key`: the value of the video that the order compares, never null."""
    # An expression that no index has: PostgreSQL would walk all videos in their order.
    return entries.annotate(key=Coalesce(sort.of_entries(), sort.of_entries()))


def first_by_position(
    entries: QuerySet[ListEntry],
    order: Sequence[OrderBy | str],
    count: int,
    *,
    shown: Callable[[QuerySet[ListEntry]], QuerySet[ListEntry]],
) -> QuerySet[ListEntry]:
    """The first of a list's entries by their positions. `shown` adds what is shown of them.

    Which these are is found out first: PostgreSQL would join what is shown to every entry of a list
    that it takes for a short one.
    """
    first = entries.order_by(*order).values("pk")[:count]
    return shown(ListEntry.objects.filter(pk__in=first)).order_by(*order)


def _joining(scope: Scope) -> AbstractContextManager[None]:
    """How the entries of the whole scope are joined with their videos."""
    if isinstance(scope, AllVideos):
        return nullcontext()
    return looking_up_by_index()


def _walking(filters: Filters) -> AbstractContextManager[None]:
    """How a list's entries are looked through for those that the filters show."""
    if filters.is_narrowed and not filters.finds_few:
        return in_order_of_index()
    return nullcontext()


def _number_of(cursor: str) -> int:
    number = number_from(cursor)
    if number is None:
        raise ValueError
    return number


def _cut(rows: list[ListEntry]) -> tuple[list[ListEntry], list[ListEntry]]:
    """The rows of a page, and the one that tells of another page."""
    return rows[:PAGE_SIZE], rows[PAGE_SIZE:]


def with_video(entries: QuerySet[ListEntry]) -> QuerySet[ListEntry]:
    """With what a card shows; descriptions and transcripts stay where they are."""
    return (
        with_viewing(entries)
        .select_related("video")
        .defer("video__description", "note")
        .prefetch_related("tags")
        .annotate(**job_columns("video__"))
    )


def entries_newer_than(video_list: VideoList, position: int) -> list[ListEntry]:
    """The entries added above a position, newest first; one more than a page means the page itself
    is to be shown anew.
    """
    newer = video_list.entries.filter(position__gt=position).order_by("-position")
    return list(with_video(newer)[: PAGE_SIZE + 1])


@dataclass(frozen=True)
class Failure:
    """Videos that could not be imported for one reason."""

    cause: str
    message: str
    count: int
    retryable: bool


def failures_of(scope: Scope, filters: Filters) -> list[Failure]:
    """Why videos could not be imported, the most frequent cause first. One query."""
    failed = entries_of(scope, filters).filter(video__import_stage=Stage.ERROR)
    rows = failed.order_by().values_list("video__error_cause")
    counted = rows.annotate(count=Count("video", distinct=True)).order_by("-count")
    failures = []
    for cause, count in counted:
        if cause in Cause.values:
            failures.append(Failure(cause, message(cause) or "", count, is_retryable(cause)))
    return failures


def with_neighbours(entries: QuerySet[ListEntry]) -> QuerySet[ListEntry]:
    """With `previous_video` and `next_video`: the ids of the videos above and below in the list
    that can be watched, None at its ends. Two index look-ups an entry.
    """
    others = ListEntry.objects.filter(
        video_list=OuterRef("video_list"), video__import_stage=Stage.COMPLETE
    )
    above = others.filter(position__gt=OuterRef("position")).order_by("position")
    below = others.filter(position__lt=OuterRef("position")).order_by("-position")
    return entries.annotate(
        previous_video=Subquery(above.values("video")[:1]),
        next_video=Subquery(below.values("video")[:1]),
    )
