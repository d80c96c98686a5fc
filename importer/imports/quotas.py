"""How much one user may import: limits that an operator sets, generous by default, 0 for none."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from importer.imports.models import ACTIVE, ImportBatch, ImportSlice, Verdict
from importer.imports.rows import Row
from videos.models import ListCount

T = TypeVar("T")
DAY = timedelta(days=1)
PATIENCE = 15.0  # seconds for which an import waits for another one of its user
LOOKS_AGAIN = 0.2  # seconds
SOON = 5  # seconds after which an import that is taken in now is done, as good as always


class ImportRefused(Exception):
    """The user has to wait or to make room; the text says what for.

    `retry_after`: seconds, None where waiting alone does not help.
    """

    def __init__(self, text: str, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.retry_after = retry_after


class ImportTurnTaken(ImportRefused):
    """Another large import of the user is being taken in."""


def turn_taken() -> ImportTurnTaken:
    text = _("Your last import is still being added. Try again in a few seconds.")
    return ImportTurnTaken(text, SOON)


_turns: dict[int, Lock] = {}  # of users who import much, by their ids


@contextmanager
def turn_of(owner: Any) -> Iterator[None]:
    """Do what belongs to a large import of this user, one at a time in this process.

    Reading 10,000 lines takes a second of computing. Several of them at once would slow down
    everybody else's requests in the same process. Raises ImportTurnTaken after PATIENCE.
    """
    lock = _turns.setdefault(owner.pk, Lock())
    if not lock.acquire(timeout=PATIENCE):
        raise turn_taken()
    try:
        yield
    finally:
        lock.release()


def in_turn(owner: Any, begin: Callable[[], T]) -> T:
    """Begin an import once no other large one of the user is being taken in. Not inside a
    transaction.

    Raises ImportRefused where that takes longer than a caller should wait, as for any quota.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return begin()
        except ImportTurnTaken:
            if connection.in_atomic_block or time.monotonic() > until:
                raise
        wait_for_turn(owner, until)


def wait_for_turn(owner: Any, until: float) -> None:
    """Wait until the user's large import is taken in, or until that moment of the monotonic clock.

    Looks by one small query that takes no lock, so that who waits costs the others nothing.
    """
    time.sleep(LOOKS_AGAIN)
    while is_turn_taken(owner) and time.monotonic() < until:
        time.sleep(LOOKS_AGAIN)


def check_quotas(owner: Any) -> None:
    """Raise ImportRefused for too many imports under way or within a day. Two small queries."""
    imports = ImportBatch.objects.filter(owner=owner)
    _check_under_way(imports)
    _check_begun_within_a_day(imports)


def _check_under_way(imports: QuerySet[ImportBatch]) -> None:
    most = settings.USER_MAX_IMPORTS_UNDER_WAY
    if most and imports.filter(state__in=ACTIVE).count() >= most:
        text = ngettext(
            "You have %(count)s import under way. Wait until it is finished, or cancel it.",
            "You have %(count)s imports under way. Wait until one is finished, or cancel one.",
            most,
        )
        raise ImportRefused(text % {"count": most}, retry_after=60)


def _check_begun_within_a_day(imports: QuerySet[ImportBatch]) -> None:
    a_day = settings.USER_MAX_IMPORTS_A_DAY
    newest = imports.order_by("-pk").values_list("created_at", flat=True)
    earlier = newest[a_day - 1 : a_day].first() if a_day else None
    if earlier and earlier > timezone.now() - DAY:
        text = ngettext(
            "You may begin %(count)s import a day. Go on tomorrow.",
            "You may begin %(count)s imports a day. Go on tomorrow.",
            a_day,
        )
        wait = earlier + DAY - timezone.now()
        raise ImportRefused(text % {"count": a_day}, retry_after=int(wait.total_seconds()) + 1)


def is_turn_taken(owner: Any) -> bool:
    """Return whether a large import of this user is being taken in."""
    return ImportSlice.objects.filter(batch__owner=owner).exists()


def check_turn(owner: Any) -> None:
    """Raise ImportTurnTaken while another large import of this user is being taken in."""
    if is_turn_taken(owner):
        raise turn_taken()


def lock_turn(owner: Any) -> None:
    """Let one of several large imports of this user begin; the others wait for its commit."""
    get_user_model().objects.select_for_update(no_key=True).filter(pk=owner.pk).first()


def room_for_videos(owner: Any) -> int | None:
    """Return how many videos the user's lists may still get, None without a limit."""
    most = settings.USER_MAX_VIDEOS
    if not most:
        return None
    mine = ListCount.objects.filter(video_list__owner=owner, video_list__deleted_at=None)
    return max(most - (mine.aggregate(count=Sum("entries"))["count"] or 0), 0)


def within_room(rows: Sequence[Row], room: int | None) -> Sequence[Row]:
    """Return the rows; the videos for which there is no room are over the limit.

    Raises ImportRefused where there is none at all.
    """
    if room is None or room >= len(rows):
        return rows
    if room == 0:
        count = settings.USER_MAX_VIDEOS
        text = _("You have as many videos as you may have (%(count)s). Remove some first.")
        raise ImportRefused(text % {"count": count})
    return _cut_to_room(rows, room)


def _cut_to_room(rows: Sequence[Row], room: int) -> list[Row]:
    kept: list[Row] = []
    for row in rows:
        is_video = row.youtube_id != "" or row.verdict == Verdict.EXPANDING
        if is_video and room == 0:
            row = row._replace(youtube_id="", verdict=Verdict.OVER_LIMIT)
        elif is_video:
            room -= 1
        kept.append(row)
    return kept
