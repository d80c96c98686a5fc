"""Cursor pages: every page costs the same, however long the list."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

ORDERS = {
    "newest": ("-position",),
    "oldest": ("position",),
    "title": ("title", "-position"),
    "channel": ("channel", "-position"),
    "duration": ("length", "-position"),
}


class EntryCursor(CursorPagination):
    """Pages of a list's videos; `?order=` is one of newest, oldest, title, channel, duration."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ORDERS["newest"]

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: APIView) -> tuple[str, ...]:
        return ORDERS.get(request.query_params.get("order", ""), ORDERS["newest"])


class NewestFirst(CursorPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"


class InOrder(CursorPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000
    ordering = "number"
