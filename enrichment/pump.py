"""The pump: turns permits into running jobs. Never more tasks than permits, so Redis never holds a pile of work.

It runs on a hint (a new import, the end of a run) and every second from the beat. It never sleeps and may run many times at once:
permits and claims are atomic.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from enrichment import hints, jobs, limits
from enrichment.limits import Denied, Permit
from enrichment.limits.connection import redis_client

logger = logging.getLogger(__name__)

TICK = 1.0  # seconds between two beats; a shorter wait gets a wake-up of its own
NOTICEABLE = 10.0  # seconds
PAUSED_UNTIL = "pump:paused-until"  # a key in Redis that lives as long as the pause
TRANSCRIPTIONS_AT_ONCE = (
    1  # it uploads three parts at a time, which is what the allowance of Groq's free plan can take
)
Dispatch = Callable[[jobs.Claim, Permit], None]


def run(dispatch: Dispatch) -> float:
    """Start as many due jobs as permits are granted. Answers the seconds until it is worth running again (0: nothing is due)."""
    while True:
        now = timezone.now()
        head = jobs.head(now)
        if head is None:
            return 0.0
        if not head.wanted:
            if not jobs.drop_unlisted():
                return TICK
            continue
        if head.must_wait:
            return TICK
        permit = limits.acquire_youtube(bulk=head.bulk)
        if (
            head.bulk
            and isinstance(permit, Denied)
            and permit.reason == "reserve"
            and (person := _person_next(now))
        ):
            head = person
            permit = limits.acquire_youtube(bulk=False)
        if isinstance(permit, Denied):
            _note_pause(permit)
            return permit.wait
        if not _start(head, permit, dispatch, now=now) or permit.last:
            return TICK


def _person_next(now: datetime) -> jobs.Head | None:
    """The next job that is not part of a large import, if it may run now."""
    head = jobs.head(now, people_only=True)
    return head if head and head.wanted and not head.must_wait else None


def run_transcriptions(dispatch: Callable[[jobs.Claim], None]) -> None:
    """Start transcribing the next video, unless one is being transcribed already."""
    claim = jobs.claim_transcription(at_once=TRANSCRIPTIONS_AT_ONCE, now=timezone.now())
    if claim is None:
        return
    try:
        dispatch(claim)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("a transcription could not be sent, it waits: %s", type(error).__name__)
        jobs.unclaim(claim)


def _start(head: jobs.Head, permit: Permit, dispatch: Dispatch, *, now: datetime) -> bool:
    """Claim the job for the permit, or the next one if another pump was quicker, and send it off. False when nothing was started: then the
    permit has been given back."""
    claim = jobs.take(head, permit, now=now) or jobs.claim(
        permit, now=now, people_only=not head.bulk
    )
    if claim is None:
        limits.lane(permit.lane).limiter.cancel(permit)
        return False
    try:
        dispatch(claim, permit)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("a job could not be sent, it waits: %s", type(error).__name__)
        jobs.unclaim(claim)
        limits.lane(permit.lane).limiter.cancel(permit)
        return False
    return True


def _note_pause(denied: Denied) -> None:
    """Leave word how long the queue waits, for the banner. A pause too short to be noticed is none."""
    if denied.wait < NOTICEABLE:
        return
    until = timezone.now() + timedelta(seconds=denied.wait)
    try:
        redis_client().set(
            f"{settings.REDIS_PREFIX}{PAUSED_UNTIL}", until.isoformat(), px=int(denied.wait * 1000)
        )
    except RedisError:
        logger.info("the pause could not be noted")


def paused_until() -> datetime | None:
    """When the queue goes on, if it waits noticeably right now; None when it moves, or when Redis is away."""
    try:
        noted = redis_client().get(f"{settings.REDIS_PREFIX}{PAUSED_UNTIL}")
    except RedisError:
        return None
    return datetime.fromisoformat(noted.decode()) if isinstance(noted, bytes) else None


def arm(wait: float) -> None:
    """One wake-up, `wait` seconds from now, for the whole system; waits of a tick and more are the beat's."""
    if not 0 < wait < TICK:
        return
    key = f"{settings.REDIS_PREFIX}pump:armed"
    try:
        if redis_client().set(key, 1, nx=True, px=max(1, int(wait * 1000))):
            current_app.send_task("enrichment.tasks.pump", countdown=wait, expires=TICK * 5)
    except (OperationalError, RedisError, OSError):
        logger.info("no wake-up, the beat brings the next")


def hint() -> None:
    """Ask for a run of the pump soon, from a web request or a command. Returns at once, also while Redis hangs or is away."""
    hints.send("enrichment.tasks.pump")
