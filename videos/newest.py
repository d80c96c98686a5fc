"""The first entries of all of a person's lists together, found list by list.

No index has the entries of several lists in one order. Each list gives its own first few instead,
and the first of those are the first of all: that costs a little for each list, and nothing for each
entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import nlargest, nsmallest
from itertools import chain
from typing import Any

from django.db.models import JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from videos.lookups import in_order_of_index
from videos.models import ListEntry, VideoList


class Ids(Subquery):
    """The ids of a subquery's rows as one value."""

    template = "(SELECT jsonb_agg(found.id) FROM (%(subquery)s) AS found)"
    output_field = JSONField()

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        template = self.template.replace("jsonb_agg", "json_group_array")
        return self.as_sql(compiler, connection, template=template)


def first_ids(
    lists: QuerySet[VideoList],
    entries: QuerySet[ListEntry],
    *,
    newest_first: bool,
    limit: int,
) -> list[int]:
    """The ids of the first `limit` of these entries that are in one of the lists, in their order.

    One query. It visits `limit` matching entries of each list, and those before them that do not
    match.
    """
    order, first = ("video_list_id", "pk"), nsmallest
    if newest_first:
        order, first = ("-video_list_id", "-pk"), nlargest
    # A range of one list, and in the order of both: only the index of a list's entries has that.
    # PostgreSQL might walk all entries there are otherwise, by their ids.
    of_list = entries.filter(video_list__gte=OuterRef("pk"), video_list__lte=OuterRef("pk"))
    of_list = of_list.order_by(*order)
    found = lists.order_by().annotate(first=Ids(of_list.values("id")[:limit]))
    with in_order_of_index():
        ids: list[Iterable[int] | None] = list(found.values_list("first", flat=True))
    return first(limit, chain.from_iterable(filter(None, ids)))


def first_ids_of_few(
    lists: QuerySet[VideoList],
    entries: QuerySet[ListEntry],
    *,
    newest_first: bool,
    limit: int,
) -> list[int]:
    """The same where an index finds the few entries there are. Visits each of them. Two queries."""
    key = Coalesce("pk", 0).asc()  # an expression: the order of ids would have all entries walked
    if newest_first:
        key = Coalesce("pk", 0).desc()
    mine = entries.filter(video_list__in=list(lists.values_list("pk", flat=True)))
    return list(mine.order_by(key).values_list("pk", flat=True)[:limit])


def first_ids_of_large_share(
    list_ids: Sequence[int],
    entries: QuerySet[ListEntry],
    *,
    newest_first: bool,
    limit: int,
) -> list[int]:
    """The same where these lists have a large share of all entries there are. One query: it walks
    over all entries by their ids until it has enough.
    """
    order = "pk"
    if newest_first:
        order = "-pk"
    mine = entries.filter(video_list__in=list_ids).order_by(order)
    with in_order_of_index():
        return list(mine.values_list("pk", flat=True)[:limit])
