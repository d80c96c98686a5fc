"""What the list pages read: entries page by page, failures, and what is above and below a video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from videos.access import User
from videos.causes import CAUSES, Cause, message
from videos.counts import entries_counted
from videos.filters import SORTS, Filters, Sort, whole_number
from videos.models import ListEntry, VideoList
from videos.prepared import PreparedSelect
from videos.stages import Stage
from videos.text import number_from
from videos.viewings import with_viewing
from videos.work import job_columns

PAGE_SIZE = 60


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
    return [
        ListSummary(list_id, name, count, label)
        for (list_id, name, count), label in zip(rows, labels, strict=True)
    ]


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

    @property
    def entries(self) -> QuerySet[ListEntry]:
        lists = VideoList.objects.owned_by(self.owner).values_list("pk", flat=True)
        return ListEntry.objects.filter(video_list__in=list(lists)).select_related("video_list")


Scope = VideoList | AllVideos

# Positions are those of one list; over all of them the entries are in the order they were made.
ORDERS_OF_ALL: dict[str, Sort] = {
    "newest": Sort(_("Newest first"), Coalesce("pk", 0), descending=True, parse=whole_number),
    "oldest": Sort(_("Oldest first"), Coalesce("pk", 0), descending=False, parse=whole_number),
}


def entries_of(scope: Scope, filters: Filters) -> QuerySet[ListEntry]:
    return scope.entries.filter(filters.condition())


def sort_of(scope: Scope, filters: Filters) -> Sort:
    sort = SORTS[filters.sort]
    if isinstance(scope, AllVideos):
        return ORDERS_OF_ALL.get(filters.sort, sort)
    return sort


def entries_page(scope: Scope, filters: Filters, before: str = "") -> Page:
    """One page of a list, or of all, below a cursor. One query, whatever the list's size.

    A cursor is a position, or `value~id` where the order is another.
    """
    sort = sort_of(scope, filters)
    entries = with_video(entries_of(scope, filters))
    by_position = isinstance(sort.key, F)
    try:
        if by_position:
            entries = _below_position(entries, before, descending=sort.descending)
        else:
            entries = entries.annotate(key=sort.key).order_by(*sort.order())
            if before:
                entries = entries.filter(sort.beyond(before))
    except ValueError:
        entries = entries.none()
    rows = list(entries[: PAGE_SIZE + 1])
    page, rest = rows[:PAGE_SIZE], rows[PAGE_SIZE:]
    if not rest:
        return Page(page, None)
    last = page[-1]
    if by_position:
        return Page(page, str(last.position))
    return Page(page, f"{last.key}~{last.pk}")  # type: ignore[attr-defined]


def _below_position(
    entries: QuerySet[ListEntry], before: str, *, descending: bool
) -> QuerySet[ListEntry]:
    """The entries by position, after a cursor if there is one. ValueError for an unreadable one."""
    direction, order = "gt", "position"
    if descending:
        direction, order = "lt", "-position"
    entries = entries.order_by(order)
    if not before:
        return entries
    position = number_from(before)
    if position is None:
        raise ValueError
    return entries.filter(**{f"position__{direction}": position})


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
    return list(
        with_video(video_list.entries.filter(position__gt=position).order_by("-position"))[
            : PAGE_SIZE + 1
        ]
    )


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
    return [
        Failure(cause, message(cause) or "", count, CAUSES[Cause(cause)].retryable)
        for cause, count in counted
        if cause in Cause.values
    ]


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
