"""Reading a playlist or channel page by page, each page on a permit of its own: requests are the
budget here too.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from enrichment import limits
from enrichment.errors import SourceError
from enrichment.limits import Denied, Permit
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
    announce: Callable[[Playlist], None],
    holder: str,
) -> Iterator[list[PlaylistEntry]]:
    """Read the entries in pages of up to 100, at most `limit` in all.

    Raises NoPermit, or the SourceError of a page, after everything that came before it was given. A
    list that ended before all of its entries came raises ListCutShort: it is never taken for a
    whole one. `announce` gets the playlist before its first page.
    `holder` names who reads: its permit is free when it is known to have died.
    """
    permit = _wait_for(partial(limits.acquire_youtube, bulk=False, holder=holder))
    lane = limits.lane(permit.lane)  # the pages after the first stay on this way out
    entries: Iterator[PlaylistEntry] | None = None
    while True:
        page: list[PlaylistEntry] = []
        try:
            with limits.using(lane.limiter, permit) as use:
                if entries is None:
                    fetch = partial(source_for(lane.proxy).fetch_playlist, address, limit=limit)
                    playlist = use.ask(fetch)
                    announce(playlist)
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
        permit = _wait_for(partial(lane.limiter.acquire, bulk=True, holder=holder))


def _wait_for(acquire: Callable[[], Permit | Denied]) -> Permit:
    """Wait in place for a permit. Raises NoPermit when there will be none soon."""
    give_up = time.monotonic() + PATIENCE
    while isinstance(answer := acquire(), Denied):
        if time.monotonic() + answer.wait > give_up:
            raise NoPermit(answer.wait)
        time.sleep(min(max(answer.wait, 0.02), NAP))
    return answer
