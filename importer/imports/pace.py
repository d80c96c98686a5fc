"""How many videos of an import came in the last minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from importer.imports.models import WANTED, ImportBatch, ImportItem
from videos.chunks import IDS_PER_QUERY
from videos.models import Video

# The estimate follows what was finished lately, not a burst long ago; the quicker of the two
# counts, so that a pause that is over does not make the rest look slow.
WINDOW = timedelta(minutes=5)
SHORT_WINDOW = timedelta(minutes=1)
TELLING = 20.0  # seconds; a younger import says nothing about its pace


@dataclass(frozen=True)
class Lately:
    """What was finished since then: of each import the moments."""

    since: datetime
    moments: dict[int, list[datetime]]

    def pace_of(self, batch: ImportBatch, *, now: datetime) -> float | None:
        """Return the videos a second that came of this import; None when it is too young."""
        age = (now - batch.created_at).total_seconds()
        if age < TELLING:
            return None
        long = self._pace(batch, WINDOW, now=now)
        short = self._pace(batch, SHORT_WINDOW, now=now)
        return max(long, short)

    def _pace(self, batch: ImportBatch, window: timedelta, *, now: datetime) -> float:
        begin = max(now - window, batch.created_at, self.since)
        seconds = (now - begin).total_seconds()
        if seconds <= 0:
            return 0.0
        return _count_since(begin, self.moments.get(batch.pk, ())) / seconds


def _count_since(begin: datetime, moments: Iterable[datetime]) -> int:
    count = 0
    for moment in moments:
        if moment >= begin:
            count += 1
    return count


def finished_lately(batch_ids: Sequence[int], *, now: datetime) -> Lately:
    """Return what came of these imports in the last minutes. At most two small queries.

    Looks at the last videos that were finished at all, as many as one statement can name. Where
    more came, the time it looks back is shorter.
    """
    since = now - WINDOW
    if not batch_ids:
        return Lately(since, {})
    finished = Video.objects.filter(finished_at__gte=since).order_by("-finished_at")
    rows: Any = finished.values_list("pk", "finished_at")[:IDS_PER_QUERY]
    moment_of: dict[int, datetime] = dict(rows)
    if len(moment_of) == IDS_PER_QUERY:
        since = min(moment_of.values())
    return Lately(since, _moments_by_import(batch_ids, moment_of))


def _moments_by_import(
    batch_ids: Sequence[int], moment_of: Mapping[int, datetime]
) -> dict[int, list[datetime]]:
    """`moment_of`: when each video was finished."""
    moments: dict[int, list[datetime]] = defaultdict(list)
    if not moment_of:
        return moments
    items = ImportItem.objects.filter(verdict__in=WANTED, video__in=moment_of)
    wanted = items.filter(batch__in=batch_ids).values_list("batch", "video")
    for batch_id, video_id in wanted:
        moments[batch_id].append(moment_of[video_id])
    return moments
