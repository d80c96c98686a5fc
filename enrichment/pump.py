"""The next video and a permit for it.

Nothing here sleeps, and it may run many times at once: permits and claims are atomic.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from redis.exceptions import RedisError

from enrichment import hints, jobs, limits, unlisted
from enrichment.leases import Holder
from enrichment.limits import Denied, Permit
from enrichment.limits.connection import redis_client

logger = logging.getLogger(__name__)

TICK = 1.0  # seconds between two beats; a shorter wait gets a wake-up of its own
FETCH = "enrichment.tasks.enrich_next"
PAGE_WAITS = "page-waits"  # the key, behind the prefix
PAGE_GIVES_UP = 1.5  # seconds after which a page that did not ask again waits no longer


@dataclass(frozen=True)
class Started:
    """A video to be completed, and the permit it runs on."""

    claim: jobs.Claim
    permit: Permit


def start_next(holder: Holder) -> Started | float:
    """The next due job, claimed, with a permit for it.

    Otherwise the seconds until it is worth asking again (0: nothing is due).
    """
    if jobs.holds_one(holder.name):
        return 0.0  # the same message came twice
    while True:
        head = jobs.head()
        if head is None:
            return 0.0
        if not head.wanted:
            if not unlisted.drop_jobs():
                return TICK
            continue
        if head.must_wait:
            return TICK
        return _start(head, holder)


def _start(head: jobs.Head, holder: Holder) -> Started | float:
    if head.bulk and _does_page_wait():
        permit: Permit | Denied = Denied(TICK, "reserve")
    else:
        permit = limits.acquire_youtube(bulk=head.bulk, holder=holder.name)
    if isinstance(permit, Denied) and permit.reason == "reserve":
        person = _person_next()
        if person is not None:
            head = person
            permit = limits.acquire_youtube(bulk=False, holder=holder.name)
    if isinstance(permit, Denied):
        return permit.wait
    claim = None
    try:
        claim = jobs.take(head, holder) or jobs.claim(holder, people_only=not head.bulk)
    finally:
        if claim is None:  # somebody was first, or the database went away
            limits.lane(permit.lane).limiter.cancel(permit)
    if claim is None:
        return TICK
    return Started(claim, permit)


def _person_next() -> jobs.Head | None:
    """The next job that is not part of a large import, if it may run now."""
    head = jobs.head(people_only=True)
    if head is None or not head.wanted or head.must_wait:
        return None
    return head


def note_page(*, waits: bool) -> None:
    """Say whether a page of a list waits for a permit. The videos of large imports let it go first:
    they would always be quicker, and one page brings a hundred of them.
    """
    key = f"{settings.REDIS_PREFIX}{PAGE_WAITS}"
    with suppress(RedisError):
        if waits:
            redis_client().set(key, 1, px=round(PAGE_GIVES_UP * 1000))
        else:
            redis_client().delete(key)


def _does_page_wait() -> bool:
    try:
        return bool(redis_client().exists(f"{settings.REDIS_PREFIX}{PAGE_WAITS}"))
    except RedisError:
        return False


def arm(task: str, wait: float) -> None:
    """One wake-up for this task, `wait` seconds from now, for the whole system; waits of a tick and
    more are the beat's. One of a process that ends meanwhile is lost, and the beat brings the next.
    """
    if not 0 < wait < TICK:
        return
    key = f"{settings.REDIS_PREFIX}armed:{task}"
    try:
        if redis_client().set(key, 1, nx=True, px=max(1, int(wait * 1000))):
            hints.send_later(task, wait)
    except RedisError:
        logger.info("no wake-up, the beat brings the next")


def hint() -> None:
    """Say that there may be a video to complete, from a web request or a command.

    Returns at once, also while Redis hangs or is away.
    """
    hints.send(FETCH)
