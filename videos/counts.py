"""How many entries each list has, kept by the database itself.

Triggers change the count in the same transaction as the entries, whoever changes them: an import,
a person, the admin, a cascade. A page reads one small row per list instead of counting its entries.
"""

import logging
from typing import Any

from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from videos.models import ListCount, ListEntry, VideoList
from videos.triggers import Triggers

logger = logging.getLogger(__name__)

# SQLite knows triggers by row only.
SQLITE = {
    "list_count_made": """
        CREATE TRIGGER list_count_made AFTER INSERT ON videos_videolist BEGIN
            INSERT INTO videos_listcount (video_list_id, entries) VALUES (NEW.id, 0);
        END""",
    "list_count_added": """
        CREATE TRIGGER list_count_added AFTER INSERT ON videos_listentry BEGIN
            UPDATE videos_listcount SET entries = entries + 1
            WHERE video_list_id = NEW.video_list_id;
        END""",
    "list_count_removed": """
        CREATE TRIGGER list_count_removed AFTER DELETE ON videos_listentry BEGIN
            UPDATE videos_listcount SET entries = entries - 1
            WHERE video_list_id = OLD.video_list_id;
        END""",
    "list_count_moved": """
        CREATE TRIGGER list_count_moved AFTER UPDATE OF video_list_id ON videos_listentry BEGIN
            UPDATE videos_listcount SET entries = entries - 1
            WHERE video_list_id = OLD.video_list_id;
            UPDATE videos_listcount SET entries = entries + 1
            WHERE video_list_id = NEW.video_list_id;
        END""",
}
# PostgreSQL counts the rows of a whole statement at once: ten thousand updates of one row in one
# transaction would each walk over the versions before it.
POSTGRESQL = {
    "list_count_made": """
        CREATE OR REPLACE FUNCTION list_count_made() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO videos_listcount (video_list_id, entries) VALUES (NEW.id, 0);
            RETURN NULL;
        END $$;
        CREATE TRIGGER list_count_made AFTER INSERT ON videos_videolist
            FOR EACH ROW EXECUTE FUNCTION list_count_made()""",
    "list_count_added": """
        CREATE OR REPLACE FUNCTION list_count_added() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE videos_listcount AS counted SET entries = counted.entries + added.number
            FROM (SELECT video_list_id, count(*) AS number FROM added_rows GROUP BY video_list_id)
                AS added
            WHERE counted.video_list_id = added.video_list_id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER list_count_added AFTER INSERT ON videos_listentry
            REFERENCING NEW TABLE AS added_rows
            FOR EACH STATEMENT EXECUTE FUNCTION list_count_added()""",
    "list_count_removed": """
        CREATE OR REPLACE FUNCTION list_count_removed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE videos_listcount AS counted SET entries = counted.entries - removed.number
            FROM (SELECT video_list_id, count(*) AS number FROM removed_rows GROUP BY video_list_id)
                AS removed
            WHERE counted.video_list_id = removed.video_list_id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER list_count_removed AFTER DELETE ON videos_listentry
            REFERENCING OLD TABLE AS removed_rows
            FOR EACH STATEMENT EXECUTE FUNCTION list_count_removed()""",
    "list_count_moved": """
        CREATE OR REPLACE FUNCTION list_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE videos_listcount SET entries = entries - 1
            WHERE video_list_id = OLD.video_list_id;
            UPDATE videos_listcount SET entries = entries + 1
            WHERE video_list_id = NEW.video_list_id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER list_count_moved AFTER UPDATE OF video_list_id ON videos_listentry
            FOR EACH ROW WHEN (OLD.video_list_id <> NEW.video_list_id)
            EXECUTE FUNCTION list_count_moved()""",
}
TRIGGERS = Triggers("list_count_", ListCount._meta.db_table, SQLITE, POSTGRESQL)


def make_triggers(using: str = "default", **kwargs: Any) -> None:
    """Make those triggers that are missing. Two queries when there are all.

    Runs after every `migrate`: SQLite loses the triggers of a table whose columns are changed,
    since Django then makes the table anew.
    """
    TRIGGERS.make_missing(using)


def entries_counted() -> Coalesce:
    """Return the kept count of a list. One look-up by key."""
    count = ListCount.objects.filter(video_list=OuterRef("pk")).values("entries")
    return Coalesce(Subquery(count), 0, output_field=IntegerField())


def miscounted(list_ids: list[int]) -> list[int]:
    """Those of these lists whose kept count is wrong.

    Counts all their entries: one query, a few milliseconds for ten thousand.
    """
    counted = VideoList.objects.filter(pk__in=list_ids).annotate(number=Count("entries"))
    wrong = counted.exclude(counted__entries=F("number"))
    return list(wrong.order_by("pk").values_list("pk", flat=True))


def recount(list_ids: list[int]) -> list[int]:
    """Mend the counts of these lists that are wrong. Answers which were.

    Each count is locked before its entries are counted, so that a transaction that adds some at the
    same moment adds to the mended count.
    """
    mended = []
    for list_id in miscounted(list_ids):
        if _mend(list_id):
            mended.append(list_id)
    return mended


def _mend(list_id: int) -> bool:
    """Mend one count. False where it turns out to be right."""
    with transaction.atomic():
        kept = ListCount.objects.select_for_update().filter(video_list=list_id)
        before = kept.values_list("entries", flat=True).first()
        number = ListEntry.objects.filter(video_list=list_id).count()
        if before == number:
            return False
        if before is None:
            ListCount.objects.create(video_list_id=list_id, entries=number)
        else:
            kept.update(entries=number)
    logger.error("list %s was counted as %s, it has %s", list_id, before, number)
    return True


def recount_next(last: int, *, lists: int = 20) -> int:
    """Mend the counts of the next few lists after that id. Answers where to go on; 0 at the end."""
    following = VideoList.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
    list_ids = list(following[:lists])
    recount(list_ids)
    if len(list_ids) < lists:
        return 0
    return list_ids[-1]
