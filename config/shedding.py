"""Refusing requests beyond what the server can work on, at once, instead of making everybody wait.

Strangers are refused first and people with a session or token last; `/healthz` never, so that a
busy server is not taken for a dead one.
"""

from typing import Any

MOST_OF_STRANGERS = 16  # requests under way at once; about a second's work on two small cores
MOST = 64  # of everybody together
RETRY_AFTER = 5  # seconds
ALWAYS = ("/healthz", "/healthz/")

BUSY = b"The server is busy. Please try again in a few seconds.\n"


class LoadShedding:
    """An ASGI application in front of the one that answers HTTP."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.under_way = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] not in ALWAYS and self.under_way >= most_for(scope):
            await refuse(send)
            return
        self.under_way += 1
        try:
            await self.application(scope, receive, send)
        finally:
            self.under_way -= 1


def most_for(scope: Any) -> int:
    """How many requests may be under way for this one to be taken."""
    for name, value in scope["headers"]:
        if name == b"authorization" or (name == b"cookie" and b"sessionid=" in value):
            return MOST
    return MOST_OF_STRANGERS


async def refuse(send: Any) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"retry-after", str(RETRY_AFTER).encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": BUSY})
