"""Reading a playlist or channel page by page, each page on a permit of its own: requests are the
budget here too.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from enrichment import limits
from enrichment.errors import SourceError
from enrichment.limits import Denied, Lane, Permit
from enrichment.sources.registry import source_for
from enrichment.sources.types import Playlist, PlaylistEntry

PAGE = 100  # entries YouTube gives per request
PATIENCE = 30.0  # seconds a reader waits in place for its next permit
NAP = 1.0  # seconds between two questions, so that a cancelled import is noticed


class NoPermit(Exception):
    """YouTube may not be asked for a while. `wait`: seconds until it is worth another try."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


def read_pages(
    address: str,
    *,
    limit: int,
    title: Callable[[str], None] | None = None,
    count: Callable[[int | None], None] | None = None,
    holder: str = "",
) -> Iterator[list[PlaylistEntry]]:
    """Read the entries in pages of up to 100, at most `limit` in all.

    Raises NoPermit, or the SourceError of a page, after everything that came before it was given. A
    list that ended before all of its entries came raises ListCutShort: it is never taken for a
    whole one. `title` and `count` are told the playlist's title, and how many entries YouTube
    announces (None: it does not say), before its first page.
    `holder` names who reads: its permit is free when it is known to have died.
    """
    lane, permit = _first_permit(holder)
    entries: Iterator[PlaylistEntry] | None = None
    while True:
        page: list[PlaylistEntry] = []
        try:
            with limits.using(lane.limiter, permit) as use:
                if entries is None:
                    fetch = partial(source_for(lane.proxy).fetch_playlist, address, limit=limit)
                    playlist = use.ask(fetch)
                    _tell(playlist, title, count)
                    entries = playlist.entries
                use.ask(partial(page.extend, islice(entries, PAGE)))
        except SourceError:
            if page:
                yield page
            raise
        if page:
            yield page
        if len(page) < PAGE:
            return
        permit = _next_permit(lane, holder)


def _tell(
    playlist: Playlist,
    title: Callable[[str], None] | None,
    count: Callable[[int | None], None] | None,
) -> None:
    if title is not None:
        title(playlist.title)
    if count is not None:
        count(playlist.count)


def _first_permit(holder: str) -> tuple[Lane, Permit]:
    """Any way out; the pages after the first stay on it."""
    give_up = time.monotonic() + PATIENCE
    while isinstance(answer := limits.acquire_youtube(bulk=False, holder=holder), Denied):
        _nap(answer, give_up)
    return limits.lane(answer.lane), answer


def _next_permit(lane: Lane, holder: str) -> Permit:
    give_up = time.monotonic() + PATIENCE
    while isinstance(answer := lane.limiter.acquire(bulk=True, holder=holder), Denied):
        _nap(answer, give_up)
    return answer


def _nap(denied: Denied, give_up: float) -> None:
    if time.monotonic() + denied.wait > give_up:
        raise NoPermit(denied.wait)
    time.sleep(min(max(denied.wait, 0.02), NAP))
