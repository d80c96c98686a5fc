"""Reading a playlist or channel whole, in one run: each page on a permit of its own, since requests
are the budget here too.
"""

import time
from collections.abc import Iterator
from functools import partial

from enrichment import limits
from enrichment.errors import ListCutShort
from enrichment.limits import Denied, Permit
from enrichment.sources.registry import source_for
from enrichment.sources.types import Continuation, ListPage

PATIENCE = 30.0  # seconds a reader waits in place for its next permit
NAP = 1.0  # seconds between two questions


class NoPermit(Exception):
    """YouTube may not be asked for a while. `wait`: seconds until it is worth another try."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


def read_pages(address: str, *, holder: str) -> Iterator[ListPage]:
    """Read a list page by page.

    Raises NoPermit, or the SourceError of a page, after everything that came before it was given. A
    list that ended before all of its entries came raises ListCutShort: it is never taken for a
    whole one. `holder` names who reads: its permit is free when it is known to have died.
    """
    continuation: Continuation | None = None
    while True:
        permit = _wait_for_permit(bulk=continuation is not None, holder=holder)
        lane = limits.lane(permit.lane)
        fetch = partial(source_for(lane.proxy).fetch_list_page, address, continuation)
        with limits.using(lane.limiter, permit) as use:
            page = use.ask(fetch)
        yield page
        if page.is_cut_short:
            raise ListCutShort(read=page.read, announced=page.announced)
        continuation = page.continuation
        if continuation is None:
            return


def _wait_for_permit(*, bulk: bool, holder: str) -> Permit:
    """Wait in place for a permit. Raises NoPermit when there will be none soon."""
    give_up = time.monotonic() + PATIENCE
    while isinstance(answer := limits.acquire_youtube(bulk=bulk, holder=holder), Denied):
        if time.monotonic() + answer.wait > give_up:
            raise NoPermit(answer.wait)
        time.sleep(min(max(answer.wait, 0.02), NAP))
    return answer
