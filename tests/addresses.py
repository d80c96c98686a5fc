"""Every address of the product, from Django's resolver, so that a new one is walked by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

PART = re.compile(r"<(?:\w+:)?(\w+)>")
GROUP = re.compile(r"\(\?P<(\w+)>[^()]*\)")


def routes(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = str(pattern.pattern)
        if not isinstance(pattern.pattern, RoutePattern):
            route = GROUP.sub(
                r"<\1>",
                route.removeprefix("^")
                .removesuffix("$")
                .replace("\\Z", "")
                .replace("\\", "")
                .replace("/?", "/"),
            )
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + route)
        else:
            assert isinstance(pattern, URLPattern)
            yield prefix + route


def routes_once() -> list[str]:
    """All routes in order; of a REST address and its twin with a slash only the one without.

    `test_api_doors.py` shows that both are the same.
    """
    there = set(routes())
    twins = {f"{route}/" for route in there if route.startswith("api/")}
    return sorted(there - twins)


def address(route: str, ids: dict[str, Any]) -> str:
    """Return the route with its parts filled in from `ids`."""
    below = {
        "imports": "batch_id",
        "lists": "follow_id" if "follows" in route else "list_id",
        "videos": "video_id",
    }

    def fill(part: re.Match[str]) -> str:
        name = below.get(route.split("/")[1], "") if part[1] == "pk" else part[1]
        assert name in ids, f"{route}: what stands for <{part[1]}>? Say so in `ids`."
        return str(ids[name])

    return "/" + PART.sub(fill, route)
