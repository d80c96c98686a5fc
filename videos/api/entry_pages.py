"""Pages of a list's videos over REST, in the orders that its page has."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.views import APIView

from videos.api.filters import ORDERS, ListFilter
from videos.api.paging import KeysetPagination, Order
from videos.filters import NEWEST, Filters, Sort
from videos.lookups import in_order_of_index, looking_up_by_index
from videos.models import ListEntry
from videos.queries import first_by_position, with_key

# Parameters that leave some of a list's videos out.
NARROWING = frozenset(ListFilter().fields) - {"order"}


class EntryPages(KeysetPagination):
    """Pages of a list's entries, in the order asked for."""

    def order_for(self, request: Request) -> Order:
        sort = sort_of(request)
        if sort.is_position:
            return Order("position", descending=sort.descending)
        return Order("key", str, sort.descending, tie="video_id", parse=sort.parse)

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        sort = sort_of(request)
        if not sort.is_position:
            queryset = with_key(queryset, sort)
        with _reading(request, sort):
            return super().paginate_queryset(queryset, request, view)

    def first_rows(self, rows: QuerySet[Any], order: list[str], count: int) -> list[Any]:
        if "key" in rows.query.annotations:
            return super().first_rows(_with_video(rows), order, count)
        return list(first_by_position(rows, order, count, shown=_with_video))


def sort_of(request: Request) -> Sort:
    return ORDERS.get(request.query_params.get("order", ""), ORDERS[NEWEST])


def _reading(request: Request, sort: Sort) -> AbstractContextManager[None]:
    """How the list's entries are joined with their videos."""
    if not sort.is_position:
        return looking_up_by_index()
    is_narrowed = not NARROWING.isdisjoint(request.query_params)
    if is_narrowed and not Filters.parse(request.query_params).finds_few:
        return in_order_of_index()
    return nullcontext()


def _with_video(entries: QuerySet[ListEntry]) -> QuerySet[ListEntry]:
    return entries.select_related("video").defer("video__description")
