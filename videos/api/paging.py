"""Cursor pages: every page costs the same, however long the list, and nothing is shown twice when
rows come or go in the meantime.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from videos.text import has_unstorable

LARGEST = 2**63 - 1  # what a column takes


@dataclass(frozen=True)
class Order:
    """Rows by `key`, a field or annotation without nulls; rows that are equal in it by `tie`, which
    is unique (and "" if the key is).

    `kind`: of the value in a cursor; `parse` makes it what is compared, or raises ValueError.
    """

    key: str
    kind: type[int] | type[str] = int
    descending: bool = False
    tie: str = ""
    parse: Callable[[Any], object] | None = None

    def fields(self, *, descending: bool) -> list[str]:
        names = [self.key]
        if self.tie:
            names.append(self.tie)
        if descending:
            return [f"-{name}" for name in names]
        return names

    def read_cursor(self, text: str) -> Cursor:
        """Return the cursor, its value parsed. Raises ValueError."""
        cursor = Cursor.decode(text, self.kind)
        if self.parse is None:
            return cursor
        return replace(cursor, value=self.parse(cursor.value))


@dataclass(frozen=True)
class Cursor:
    """A row that is on no page of its own: pages lie after it, or before it when `backwards`."""

    value: Any
    tie: int = 0
    backwards: bool = False

    def encode(self) -> str:
        text = json.dumps(
            [self.value, self.tie, int(self.backwards)], ensure_ascii=False, separators=(",", ":")
        )
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, kind: type) -> Cursor:
        """ValueError for anything that is no cursor of an order by values of this kind."""
        try:
            value, tie, backwards = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (binascii.Error, TypeError, RecursionError) as error:
            raise ValueError(text) from error
        if type(value) is not kind or type(tie) is not int or backwards not in (0, 1):
            raise ValueError(text)
        if not _fits_a_column(value) or not _fits_a_column(tie):
            raise ValueError(text)
        return cls(value, tie, bool(backwards))


def _fits_a_column(value: object) -> bool:
    """Whether a database takes this number or text, so that rows can be compared with it."""
    if isinstance(value, int):
        return abs(value) <= LARGEST
    return not has_unstorable(str(value))


class KeysetPagination(BasePagination):
    """`results` with the addresses of the `next` and the `previous` page.

    One query a page, of `page_size` rows and one more.
    """

    page_size = 50
    max_page_size = 200
    order = Order("pk", descending=True)

    def order_for(self, request: Request) -> Order:
        return self.order

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        order = self.order_for(request)
        cursor = self._cursor(request, order)
        backwards = cursor is not None and cursor.backwards
        size = self._size(request)
        descending = order.descending != backwards
        beyond = _beyond(queryset, order, cursor, descending=descending)
        rows = self.first_rows(beyond, order.fields(descending=descending), size + 1)
        more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        has_previous = cursor is not None
        if backwards:
            has_previous = more
        self.next = self._link(request, order, rows[-1:], wanted=more or backwards)
        self.previous = self._link(request, order, rows[:1], wanted=has_previous, backwards=True)
        return rows

    def first_rows(self, rows: QuerySet[Any], order: list[str], count: int) -> list[Any]:
        return list(rows.order_by(*order)[:count])

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next, "previous": self.previous, "results": data})

    def _size(self, request: Request) -> int:
        given = request.query_params.getlist("page_size") or [str(self.page_size)]
        if not all(map(_is_size, given)):
            raise ValidationError({"page_size": [_("This takes a number from 1 on.")]})
        return min(int(given[-1]), self.max_page_size)

    def _cursor(self, request: Request, order: Order) -> Cursor | None:
        text = request.query_params.get("cursor", "")
        if not text:
            return None
        try:
            return order.read_cursor(text)
        except ValueError:
            raise ValidationError({"cursor": [_("This is not a cursor of this list.")]}) from None

    def _link(
        self,
        request: Request,
        order: Order,
        row: list[Any],
        *,
        wanted: bool,
        backwards: bool = False,
    ) -> str | None:
        if not (wanted and row):
            return None
        value = order.kind(getattr(row[0], order.key))
        tie = 0
        if order.tie:
            tie = getattr(row[0], order.tie)
        cursor = Cursor(value, tie, backwards)
        return replace_query_param(request.build_absolute_uri(), "cursor", cursor.encode())

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = f"rows a page, {self.page_size} unless told, at most {self.max_page_size}"
        return [
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "from the address in `next` or `previous`",
            },
            {
                "name": "page_size",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
                "description": size,
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def _is_size(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 10 and int(text) > 0


def _beyond(
    rows: QuerySet[Any], order: Order, cursor: Cursor | None, *, descending: bool
) -> QuerySet[Any]:
    if cursor is None:
        return rows
    side = "lt" if descending else "gt"
    after = Q(**{f"{order.key}__{side}": cursor.value})
    if order.tie:
        after |= Q(**{order.key: cursor.value, f"{order.tie}__{side}": cursor.tie})
    return rows.filter(after)


class NewestFirst(KeysetPagination):
    """Pages by id, the newest first."""


class InOrder(KeysetPagination):
    """Pages by number."""

    page_size = 100
    max_page_size = 1000
    order = Order("number")
