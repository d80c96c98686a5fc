"""The address of whoever sends a request, behind the installation's own proxies.

Each proxy appends to X-Forwarded-For the address it was asked from, and anybody may send the header
with something in it already. So the entries are counted from the end: with one proxy the last one
is the visitor, whatever stands before it.
"""

import ipaddress
from typing import Any

from django.conf import settings


class ClientAddress:
    """An ASGI application that puts the visitor's address into the scope."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        if settings.TRUSTED_PROXIES and scope["type"] in ("http", "websocket"):
            visitor = visitor_of(scope["headers"], proxies=settings.TRUSTED_PROXIES)
            if visitor:
                scope = {**scope, "client": [visitor, 0]}
        return await self.application(scope, receive, send)


def visitor_of(headers: Any, *, proxies: int) -> str:
    """Pure. Return the address that the outermost of so many proxies was asked from.

    "" when the header has fewer entries (somebody came past the proxies) or none that is an
    address: then the one that the web server saw counts.
    """
    entries = forwarded_entries(headers)
    if len(entries) < proxies:
        return ""
    return plain_address(entries[-proxies].strip())


def forwarded_entries(headers: Any) -> list[str]:
    """Return the entries of each X-Forwarded-For."""
    values = []
    for name, value in headers:
        if name == b"x-forwarded-for":
            values.append(value.decode("latin-1"))
    return ",".join(values).split(",")


def plain_address(entry: str) -> str:
    """Return an address without a port and brackets; "" for what is none."""
    try:
        return str(ipaddress.ip_address(without_port(entry)))
    except ValueError:
        return ""


def without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    if entry.count(":") == 1:
        return entry.partition(":")[0]
    return entry
