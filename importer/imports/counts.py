"""How many lines of which verdict each import has, and how far its videos are, kept by the database
itself.

Triggers change the counts in the same transaction as lines and videos, whoever changes them. A page
reads a few small rows per import instead of all its lines.

SQLite has one writer, so a trigger changes the one row of an import. On PostgreSQL workers would
wait for each other there, and deadlock with whoever holds several imports: each statement adds a
row with what it changed, and the beat folds those into one.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import F, Sum

from importer.imports.cut_short import TRY_AGAIN
from importer.imports.models import WANTED, ImportBatch, ImportCount, Verdict
from videos.stages import FINISHED, CaptionsSource, Stage
from videos.triggers import Triggers

logger = logging.getLogger(__name__)
FOLDED_AT_ONCE = 2_000  # rows of changes


@dataclass(frozen=True)
class Counts:
    """What one import has. `total`: videos it wants in the list; `done`: those at an end whichever
    way; `reached`: the sum of their progress, errors as 100; the rest are lines by verdict.

    A video that was deleted for good is wanted by nobody any more.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    without_captions: int = 0
    reached: int = 0
    duplicates: int = 0
    invalid: int = 0
    unavailable: int = 0
    cut_short: int = 0
    expanding: int = 0

    @property
    def percent(self) -> int:
        """The mean progress of the wanted videos; 0 when there is none."""
        if not self.total:
            return 0
        return self.reached // self.total

    @property
    def unfinished(self) -> int:
        return self.total - self.done


NAMES = tuple(field.name for field in fields(Counts))


def counts_of(batch_ids: Sequence[int]) -> dict[int, Counts]:
    """Return the counts of each of these imports. One query, of a few rows for each import."""
    found = dict.fromkeys(batch_ids, Counts())
    sums: Any = {f"sum_{name}": Sum(name) for name in NAMES}
    kept = ImportCount.objects.filter(batch__in=batch_ids).order_by()
    for batch_id, *numbers in kept.values_list("batch").annotate(**sums):
        found[batch_id] = Counts(*numbers)
    return found


def fold() -> int:
    """Add what changed since the last time to the one row of each import, and return how many rows
    of changes went.
    """
    folded = 0
    while True:
        at_once = _fold_some()
        folded += at_once
        if at_once < FOLDED_AT_ONCE:
            return folded


@transaction.atomic
def _fold_some() -> int:
    changes = ImportCount.objects.filter(folded=False).order_by("pk")
    # Rows that another transaction is folding are left to it.
    rows = list(changes.select_for_update(skip_locked=True)[:FOLDED_AT_ONCE])
    sums = _sum_by_import(rows)
    ImportCount.objects.filter(pk__in=[row.pk for row in rows]).delete()
    there = set(ImportBatch.objects.filter(pk__in=sums).values_list("pk", flat=True))
    for batch_id in sorted(there):
        _add_to_folded(batch_id, sums[batch_id])
    return len(rows)


def _sum_by_import(rows: Iterable[ImportCount]) -> dict[int, Counter[str]]:
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for name in NAMES:
            sums[row.batch_id][name] += getattr(row, name)
    return sums


def _add_to_folded(batch_id: int, sums: dict[str, int]) -> None:
    grown: dict[str, Any] = {}
    for name, number in sums.items():
        grown[name] = F(name) + number
    if not ImportCount.objects.filter(batch=batch_id, folded=True).update(**grown):
        ImportCount.objects.create(batch_id=batch_id, folded=True, **sums)


def recount(batch_ids: Sequence[int]) -> list[int]:
    """Mend the counts of these imports that are wrong, and return which were.

    Counts all their lines: some 20 ms for ten thousand.
    """
    mended = []
    for batch_id in batch_ids:
        if _recount_one(batch_id):
            mended.append(batch_id)
    return mended


@transaction.atomic
def _recount_one(batch_id: int) -> bool:
    """Add what is missing from the counts, by one statement, which sees lines, videos and counts as
    of one moment.
    """
    _lock_import(batch_id)
    with connection.cursor() as cursor:
        cursor.execute(MENDED, [batch_id, batch_id])
        mended: bool = cursor.rowcount > 0
    if mended:
        logger.error("the counts of import %s were wrong", batch_id)
    return mended


def _lock_import(batch_id: int) -> None:
    """Lock the import, so that two never mend its counts at once."""
    imports = ImportBatch.objects.select_for_update(no_key=True).filter(pk=batch_id)
    list(imports.values_list("pk"))


def recount_next(last: int, *, imports: int = 20) -> int:
    """Mend the counts of the next few imports after that id. Return where to go on; 0 at the
    end.
    """
    following = ImportBatch.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
    batch_ids = list(following[:imports])
    recount(batch_ids)
    if len(batch_ids) < imports:
        return 0
    return batch_ids[-1]


def make_triggers(using: str = "default", **kwargs: Any) -> None:
    """Make those triggers that are missing. Runs after every `migrate`."""
    TRIGGERS.make_missing(using)


def drop_triggers_from_sqlite(
    using: str = "default", plan: Sequence[Any] = (), **kwargs: Any
) -> None:
    """Drop the triggers before migrations that may make a table anew. Runs before `migrate`."""
    if plan:
        TRIGGERS.drop_from_sqlite(using)


def drop_triggers(using: str = "default") -> None:
    """Drop the triggers and, on PostgreSQL, their functions. For a migration that is undone."""
    TRIGGERS.drop_from_sqlite(using)
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            for name in POSTGRESQL:
                cursor.execute(f"DROP FUNCTION IF EXISTS {name} CASCADE")


def _listed(values: Sequence[str]) -> str:
    """Values that we chose, as SQL."""
    return ", ".join(f"'{value}'" for value in values)


def _figures(item: str, video: str) -> dict[str, str]:
    """Return SQL of what one line adds to each count, in the order of NAMES: `item` and `video`
    name its rows.

    Columns of a video that is not there are NULL, which no condition is true of.
    """
    wanted = f"{item}.verdict IN ({_listed(WANTED)}) AND {item}.video_id IS NOT NULL"
    stage = f"{video}.import_stage"
    complete = f"{wanted} AND {stage} = '{Stage.COMPLETE}'"
    retryable = _listed(TRY_AGAIN)
    return {
        "total": _one_if(wanted),
        "done": _one_if(f"{wanted} AND {stage} IN ({_listed(FINISHED)})"),
        "failed": _one_if(f"{wanted} AND {stage} = '{Stage.ERROR}'"),
        "without_captions": _one_if(
            f"{complete} AND {video}.captions_source = '{CaptionsSource.NONE}'"
        ),
        "reached": (
            f"CASE WHEN NOT ({wanted}) THEN 0 WHEN {stage} = '{Stage.ERROR}' THEN 100"
            f" ELSE coalesce({video}.import_progress, 0) END"
        ),
        "duplicates": _one_if(f"{item}.verdict IN ('{Verdict.DUPLICATE}', '{Verdict.REPEATED}')"),
        "invalid": _one_if(f"{item}.verdict = '{Verdict.INVALID}'"),
        "unavailable": _one_if(f"{item}.verdict = '{Verdict.UNAVAILABLE}'"),
        "cut_short": _one_if(
            f"{item}.verdict = '{Verdict.EXPANDED}' AND {item}.reason IN ({retryable})"
        ),
        "expanding": _one_if(f"{item}.verdict = '{Verdict.EXPANDING}'"),
    }


def _one_if(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


COLUMNS = ", ".join(NAMES)
SUMS = ", ".join(f"sum({name})" for name in NAMES)
HAS_CHANGED = " OR ".join(f"sum({name}) <> 0" for name in NAMES)


def _selected(source: str, *, sign: str = "") -> str:
    """SELECT what the lines of `source` (tables `item` and `video`) add, or with the sign `-` take
    away.
    """
    parts = []
    for name, figure in _figures("item", "video").items():
        parts.append(f"{sign}({figure}) AS {name}")
    return f"SELECT item.batch_id AS batch_id, {', '.join(parts)} FROM {source}"


def _added(*selected: str) -> str:
    """INSERT a row of changes for each import that these make a difference to."""
    return (
        f"INSERT INTO importer_importcount (batch_id, folded, {COLUMNS})"
        f" SELECT batch_id, false, {SUMS} FROM ({' UNION ALL '.join(selected)}) AS counted"
        f" GROUP BY batch_id HAVING {HAS_CHANGED}"
    )


ITEMS_WITH_VIDEOS = (
    "importer_importitem AS item LEFT JOIN videos_video AS video ON video.id = item.video_id"
)
NEGATIVE = "-" + ", -".join(NAMES)
MENDED = _added(
    f"{_selected(ITEMS_WITH_VIDEOS)} WHERE item.batch_id = %s",
    f"SELECT batch_id, {NEGATIVE} FROM importer_importcount WHERE batch_id = %s",
)


def _sqlite_items(sign: str, row: str) -> str:
    """Add to the counts, or take from them, what one line (`NEW` or `OLD`) is."""
    changed = []
    for name, figure in _figures(row, "video").items():
        changed.append(f"importer_importcount.{name} {sign} ({figure})")
    return (
        f"UPDATE importer_importcount SET ({COLUMNS}) = (SELECT {', '.join(changed)}"
        " FROM (SELECT 1)"
        f" LEFT JOIN videos_video AS video ON video.id = {row}.video_id)"
        f" WHERE batch_id = {row}.batch_id AND folded;"
    )


def _sqlite_videos() -> str:
    """Change the counts of all imports with a line of this video."""
    before, after = _figures("item", "OLD"), _figures("item", "NEW")
    changed = []
    for name in NAMES:
        difference = f"({after[name]}) - ({before[name]})"
        changed.append(f"importer_importcount.{name} + sum({difference})")
    return (
        f"UPDATE importer_importcount SET ({COLUMNS}) = (SELECT {', '.join(changed)}"
        " FROM importer_importitem AS item"
        " WHERE item.video_id = NEW.id AND item.batch_id = importer_importcount.batch_id)"
        " WHERE folded AND batch_id IN"
        " (SELECT batch_id FROM importer_importitem WHERE video_id = NEW.id);"
    )


SQLITE = {
    "import_count_made": f"""
        CREATE TRIGGER import_count_made AFTER INSERT ON importer_importbatch BEGIN
            INSERT INTO importer_importcount (batch_id, folded, {COLUMNS})
            VALUES (NEW.id, true, {", ".join(["0"] * len(NAMES))});
        END""",
    "import_count_dropped": """
        CREATE TRIGGER import_count_dropped AFTER DELETE ON importer_importbatch BEGIN
            DELETE FROM importer_importcount WHERE batch_id = OLD.id;
        END""",
    "import_count_added": f"""
        CREATE TRIGGER import_count_added AFTER INSERT ON importer_importitem BEGIN
            {_sqlite_items("+", "NEW")}
        END""",
    "import_count_removed": f"""
        CREATE TRIGGER import_count_removed AFTER DELETE ON importer_importitem BEGIN
            {_sqlite_items("-", "OLD")}
        END""",
    "import_count_changed": f"""
        CREATE TRIGGER import_count_changed
        AFTER UPDATE OF batch_id, verdict, reason, video_id ON importer_importitem BEGIN
            {_sqlite_items("-", "OLD")}
            {_sqlite_items("+", "NEW")}
        END""",
    "import_count_moved": f"""
        CREATE TRIGGER import_count_moved
        AFTER UPDATE OF import_stage, import_progress, captions_source ON videos_video
        WHEN OLD.import_stage <> NEW.import_stage OR OLD.import_progress <> NEW.import_progress
            OR OLD.captions_source <> NEW.captions_source
        BEGIN
            {_sqlite_videos()}
        END""",
}


def _function(name: str, body: str) -> str:
    """PostgreSQL's function of a trigger.

    How a session carries it out is settled the first time, perhaps for ten thousand lines. Without
    other ways to join it looks up each line by its index, also for one line among millions.
    """
    return f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
        SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
        BEGIN
            {body};
            RETURN NULL;
        END $$"""


def _videos_of(rows: str) -> str:
    """The lines of the videos in a trigger's rows."""
    return f"{rows} AS video JOIN importer_importitem AS item ON item.video_id = video.id"


def _items_of(rows: str) -> str:
    """A trigger's lines with their videos."""
    return f"{rows} AS item LEFT JOIN videos_video AS video ON video.id = item.video_id"


def _functions() -> Iterator[str]:
    yield _function(
        "import_count_dropped", "DELETE FROM importer_importcount WHERE batch_id = OLD.id"
    )
    yield _function("import_count_added", _added(_selected(_items_of("new_rows"))))
    yield _function("import_count_removed", _added(_selected(_items_of("old_rows"), sign="-")))
    yield _function(
        "import_count_changed",
        _added(_selected(_items_of("old_rows"), sign="-"), _selected(_items_of("new_rows"))),
    )
    yield _function(
        "import_count_moved",
        _added(_selected(_videos_of("old_rows"), sign="-"), _selected(_videos_of("new_rows"))),
    )


POSTGRESQL = {
    "import_count_dropped": """
        CREATE TRIGGER import_count_dropped AFTER DELETE ON importer_importbatch
            FOR EACH ROW EXECUTE FUNCTION import_count_dropped()""",
    "import_count_added": """
        CREATE TRIGGER import_count_added AFTER INSERT ON importer_importitem
            REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION import_count_added()""",
    "import_count_removed": """
        CREATE TRIGGER import_count_removed AFTER DELETE ON importer_importitem
            REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION import_count_removed()""",
    "import_count_changed": """
        CREATE TRIGGER import_count_changed AFTER UPDATE ON importer_importitem
            REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION import_count_changed()""",
    "import_count_moved": """
        CREATE TRIGGER import_count_moved AFTER UPDATE ON videos_video
            REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION import_count_moved()""",
}
TRIGGERS = Triggers(
    "import_count_", ImportCount._meta.db_table, SQLITE, POSTGRESQL, tuple(_functions())
)
