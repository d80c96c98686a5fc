"""Reading playlists and channels: each page on a permit of its own, then the next in turn."""

import logging
from functools import partial

from enrichment import limits, pump
from enrichment.errors import SourceError
from enrichment.leases import Holder
from enrichment.limits import Denied, Permit, PermitUse
from enrichment.sources.registry import source_for
from enrichment.sources.types import REQUEST_TIMEOUT, Continuation, ListPage, VideoSource
from importer.imports.expansion import (
    MAX_ATTEMPTS,
    address_of,
    conclude,
    go_on,
    has_begun,
    room_in,
)
from importer.imports.models import Expansion
from importer.imports.playlist_turns import claim, next_in_turn
from videos.causes import Cause

logger = logging.getLogger(__name__)

REQUESTS = 6  # the most that a first page takes, with what leads to it
TIME_LIMIT = round(REQUESTS * REQUEST_TIMEOUT) + 20  # seconds after which its process is killed
# One of an owner; each takes a process of the worker, and all of them one budget.
PAGES_AT_ONCE = 2


def read_next_page(holder: Holder) -> float | None:
    """Read a page of the playlist whose turn it is.

    None when one was read. Otherwise the seconds until it is worth asking again; 0 when nothing is
    due, or enough pages are being read.
    """
    holders = Expansion.objects.running().values_list("holder", flat=True)
    if len(holders) >= PAGES_AT_ONCE or holder.name in holders:  # the same message came twice
        return 0.0
    expansion = next_in_turn()
    if expansion is None:
        return 0.0
    permit = limits.acquire_youtube(bulk=has_begun(expansion), holder=holder.name)
    if isinstance(permit, Denied) and permit.reason == "reserve":
        beginning = next_in_turn(beginning=True)
        if beginning is not None:
            expansion = beginning
            permit = limits.acquire_youtube(bulk=False, holder=holder.name)
    pump.note_page(waits=isinstance(permit, Denied))
    if isinstance(permit, Denied):
        return permit.wait
    return _read_page(expansion.pk, permit, holder)


def _read_page(pk: int, permit: Permit, holder: Holder) -> float | None:
    """Read a page on this permit, which ends as soon as the page is here."""
    lane = limits.lane(permit.lane)
    with limits.using(lane.limiter, permit) as use:
        expansion = claim(pk, holder)
        if expansion is None:
            return pump.TICK
        answer = _ask(expansion, use, source_for(lane.proxy))
    try:
        go_on(expansion, answer)
    except Exception:
        logger.exception("playlist of item %s: unexpected", expansion.item_id)
        conclude(expansion, Cause.INTERNAL)
    return None


def _ask(
    expansion: Expansion, use: PermitUse, source: VideoSource
) -> ListPage | SourceError | None:
    """The next page, or why there is none; None when the import has all lines it may have."""
    if expansion.attempts > MAX_ATTEMPTS:
        logger.error("playlist of item %s killed its worker, set aside", expansion.item_id)
        return SourceError(Cause.TOO_MANY_ATTEMPTS)
    if room_in(expansion.item.batch) == 0:
        return None
    continuation = None
    if expansion.continuation is not None:
        continuation = Continuation(**expansion.continuation)
    try:
        return use.ask(partial(source.fetch_list_page, address_of(expansion.item), continuation))
    except SourceError as error:
        use.note_error(error)
        return error
    except Exception:
        logger.exception("playlist of item %s: unexpected", expansion.item_id)
        return SourceError(Cause.INTERNAL)
