"""`manage.py doctor`: what works, what waits and why, in lines a person can act on.

Exit code 1 when something is down.
"""

import shutil
import sys
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.formats import date_format
from redis.exceptions import RedisError

from enrichment import jobs, limits
from enrichment.checks import check_yt_dlp
from enrichment.clients import troubles
from enrichment.limits import LaneStatus
from enrichment.limits.connection import redis_client
from enrichment.models import EnrichmentJob
from enrichment.outlook import outlook
from enrichment.services import worker_is_alive
from enrichment.signals import counts_checked
from enrichment.troubles import said_to_the_operator
from enrichment.ytdlp import versions
from enrichment.ytdlp.versions import Described
from videos.chunks import chunks
from videos.counts import recount
from videos.disk import is_disk_full
from videos.models import VideoList

OLD_DAYS = 60  # releases come every few weeks; the nightly builds fill the gaps
ORIGINS = {
    "": "came with Sammelwerk",
    "stable": "a release put into DATA_DIR",
    "nightly": "a nightly build put into DATA_DIR",
    "folder": "put into DATA_DIR from a folder",
}


def age_of(found: Described) -> str:
    if found.days_old is None:
        return "age unknown"
    return f"{found.days_old} days old"


def in_words(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def mend_counts() -> list[int]:
    """Count every list's entries, some lists at a time. Return the lists that were wrong."""
    mended: list[int] = []
    list_ids = list(VideoList.objects.order_by("pk").values_list("pk", flat=True))
    for some in chunks(list_ids):
        mended += recount(list(some))
    return mended


class Command(BaseCommand):
    help = "Say what works, what waits and why."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        well = [self._database(), self._redis(), self._worker(), self._yt_dlp()]
        well += [self._disk(), self._ways_out()]
        self._groq()
        if well[0]:
            self._clients()
            self._queue()
            self._counts()
        sys.exit(0 if all(well) else 1)

    def _say(self, what: str, well: bool, detail: str) -> bool:
        state = "DOWN"
        if well:
            state = "ok"
        self.stdout.write(f"{state:<4}  {what:<14} {detail}")
        return well

    def _database(self) -> bool:
        try:
            EnrichmentJob.objects.exists()
        except DatabaseError as error:
            return self._say("database", False, f"{connection.vendor}: {type(error).__name__}")
        return self._say("database", True, connection.vendor)

    def _disk(self) -> bool:
        free = shutil.disk_usage(settings.DATA_DIR).free // 2**20
        if is_disk_full():
            return self._say("disk", False, f"full, {free} MB left: nothing can be written")
        return self._say("disk", True, f"{free:,} MB left")

    def _redis(self) -> bool:
        try:
            redis_client().ping()
        except RedisError as error:
            return self._say(
                "redis",
                False,
                f"{type(error).__name__}: nothing is fetched until it is back; nothing is lost",
            )
        if settings.EMBEDDED_REDIS:
            return self._say("redis", True, "embedded")
        return self._say("redis", True, "REDIS_URL")

    def _worker(self) -> bool:
        if worker_is_alive():
            return self._say("worker", True, "running")
        return self._say("worker", False, "no sign of life for 15 s: start one with `make run`")

    def _yt_dlp(self) -> bool:
        problems = check_yt_dlp()
        if problems:
            return self._say("yt-dlp", False, problems[0].msg)
        found = versions.describe(timezone.localdate())
        self._say("yt-dlp", True, f"{found.version}, {age_of(found)}, {ORIGINS[found.channel]}")
        self._newer_yt_dlp(found)
        if found.reason:
            self._note("", f"last not used: {found.reason}")
        return True

    def _newer_yt_dlp(self, found: Described) -> None:
        if found.newer:
            self._note("", f"{found.newer} is there: manage.py update_ytdlp")
        elif found.days_old is None or found.days_old > OLD_DAYS:
            self._note("", "look for a newer one: manage.py update_ytdlp")

    def _ways_out(self) -> bool:
        """Try each way out to YouTube with one small question. Whether one of them leads there."""
        from enrichment.sources.reach import try_way  # loads yt-dlp, which only this needs here

        reached = False
        for lane in limits.youtube_lanes():
            met = try_way(lane.proxy, settings.YOUTUBE_CA_FILE)
            self._say(lane.name, met == "", met or "leads to YouTube")
            reached = reached or met == ""
        return reached

    def _clients(self) -> None:
        """What YouTube or Groq refuses to everybody right now, and what helps."""
        for trouble in troubles():
            self._say(trouble.client, False, said_to_the_operator(trouble))

    def _groq(self) -> None:
        if settings.GROQ_API_KEY:
            self._lane(limits.groq_lane().limiter.state())
        else:
            self._say("transcription", True, "off: GROQ_API_KEY is empty")

    def _queue(self) -> None:
        now, view = timezone.now(), outlook()
        for state in view.lanes:
            self._lane(state)
        waiting = jobs.waiting_for().count()
        self._jobs(waiting)
        pause = view.pause or view.large_pause
        if pause is not None:
            self._note("goes on", f"{in_words(pause.until)} ({pause.reason})")
        end = view.ends_at(waiting, now=now)
        if end is not None:
            self._note("ends about", in_words(end))

    def _jobs(self, waiting: int) -> None:
        everything = EnrichmentJob.objects.all()
        running = everything.filter(lease_until__isnull=False).count()
        held = everything.filter(held=True).count()
        self._note(
            "queue",
            f"{everything.count()} videos: {running} running, {waiting} waiting, {held} paused",
        )

    def _counts(self) -> None:
        mended = mend_counts()
        if mended:
            lists = ", ".join(map(str, mended))
            self._note("counts", f"wrong for these lists, mended now: {lists}")
        else:
            self._note("counts", "the kept counts of all lists are right")
        for _, said in counts_checked.send(sender=None):
            self._note("", str(said))

    def _note(self, what: str, detail: str) -> None:
        self.stdout.write(f"      {what:<14} {detail}")

    def _lane(self, state: LaneStatus) -> None:
        figures = (
            f"{state.delay:g} s between requests, {state.budget_left:g} left this hour, "
            f"{state.in_flight} running, breaker {state.breaker}"
        )
        if state.open_until is not None:
            figures += f" until {timezone.localtime(state.open_until):%H:%M:%S}"
        self._say(state.lane, state.breaker == "closed" and state.available, figures)
