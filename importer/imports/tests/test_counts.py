"""The kept counts of imports: right whoever changes lines and videos, and mended when not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from enrichment.signals import counts_checked
from importer.imports import counts
from importer.imports.counts import Counts, counts_of
from importer.imports.models import ImportBatch, ImportCount, ImportItem, Verdict
from importer.tests.ledger import end, start
from tests.interleaving import meet
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import PROGRESS, CaptionsSource, Stage
from videos.tests.library import video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def kept(batch: ImportBatch) -> Counts:
    return counts_of([batch.pk])[batch.pk]


def set_stage(number: int, stage: Stage) -> None:
    videos = Video.objects.filter(youtube_id=video_id(number))
    videos.update(import_stage=stage, import_progress=PROGRESS[stage])


def test_counts_follow_videos_through_their_stages(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2, 3, text="hello")
    assert kept(batch) == Counts(total=3, invalid=1)
    set_stage(1, Stage.METADATA)
    assert kept(batch) == Counts(total=3, invalid=1, reached=25)
    end(1, captions=CaptionsSource.NONE)
    end(2, cause=Cause.PRIVATE)
    assert kept(batch) == Counts(
        total=3, done=2, failed=1, without_captions=1, reached=200, invalid=1
    )


def test_videos_are_counted_in_each_import_that_wants_them(video_list: VideoList, bob: Any) -> None:
    hers = start(video_list, 1, 2)
    his = start(VideoList.objects.create(owner=bob, name="b"), 2, 3)
    Video.objects.update(
        import_stage=Stage.COMPLETE, import_progress=100, captions_source=CaptionsSource.AUTO
    )
    both = Counts(total=2, done=2, reached=200)
    assert (kept(hers), kept(his)) == (both, both)


def test_lines_that_change_their_verdict_are_counted_anew(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    lines = ImportItem.objects.filter(batch=batch)
    lines.filter(number=1).update(verdict=Verdict.EXPANDING)
    assert kept(batch) == Counts(total=1, expanding=1)
    lines.filter(number=1).update(verdict=Verdict.EXPANDED, reason=Cause.NETWORK)
    assert kept(batch) == Counts(total=1, cut_short=1)
    lines.filter(number=1).update(verdict=Verdict.UNAVAILABLE, reason="")
    assert kept(batch) == Counts(total=1, unavailable=1)


def test_lines_that_go_are_counted_no_more(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(1)
    ImportItem.objects.filter(batch=batch, number=1).delete()
    assert kept(batch) == Counts(total=1)


def test_a_deleted_video_is_counted_no_more(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(1)
    Video.objects.filter(youtube_id=video_id(1)).delete()
    assert kept(batch) == Counts(total=1)


def test_a_deleted_import_takes_its_counts_along(video_list: VideoList) -> None:
    start(video_list, 1, 2).delete()
    assert not ImportCount.objects.exists()


def test_what_is_rolled_back_is_not_counted(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    with transaction.atomic():
        set_stage(1, Stage.CAPTIONS)
        transaction.set_rollback(True)
    assert kept(batch).reached == 0


def test_changes_of_something_else_add_no_row(video_list: VideoList) -> None:
    start(video_list, 1)
    before = ImportCount.objects.count()
    Video.objects.update(version=F("version") + 1)
    assert ImportCount.objects.count() == before


def test_folding_leaves_one_row_of_the_same_counts(video_list: VideoList) -> None:
    batch, other = start(video_list, 1, 2), start(video_list, 3, text="hello")
    set_stage(1, Stage.CAPTIONS)
    end(3)
    before = counts_of([batch.pk, other.pk])
    counts.fold()
    set_stage(2, Stage.METADATA)
    counts.fold()
    assert kept(batch) == Counts(total=2, reached=60 + 25)
    assert kept(other) == before[other.pk]
    assert ImportCount.objects.count() == 2
    assert counts.fold() == 0


def test_changes_of_an_import_that_is_gone_are_dropped(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    counts.fold()
    gone = batch.pk + 1
    ImportCount.objects.create(batch_id=gone, done=1)
    counts.fold()
    assert not ImportCount.objects.filter(batch=gone).exists()


def test_wrong_counts_are_mended_and_right_ones_left(video_list: VideoList) -> None:
    batch, other = start(video_list, 1, 2), start(video_list, 3)
    counts.fold()
    ImportCount.objects.filter(batch=batch).update(done=17, reached=F("reached") + 5)
    assert counts.recount([batch.pk, other.pk]) == [batch.pk]
    assert kept(batch) == Counts(total=2)
    assert counts.recount([batch.pk, other.pk]) == []


def test_doctor_says_which_counts_were_wrong(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    counts.fold()
    ImportCount.objects.filter(batch=batch).update(done=17)
    (_, said), *_ = counts_checked.send(sender=None)
    assert said == f"wrong for these imports, mended now: {batch.pk}"
    (_, said), *_ = counts_checked.send(sender=None)
    assert said == "the kept counts of all imports are right"


def test_lost_counts_are_made_anew(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    ImportCount.objects.all().delete()
    assert counts.recount([batch.pk]) == [batch.pk]
    counts.fold()
    set_stage(1, Stage.CAPTIONS)
    assert kept(batch) == Counts(total=2, reached=60)


def test_recounting_goes_on_where_it_was_and_begins_anew(video_list: VideoList) -> None:
    imports = [start(video_list, number) for number in range(3)]
    counts.fold()
    ImportCount.objects.update(done=99)
    last = counts.recount_next(0, imports=2)
    assert (last, kept(imports[1]).done, kept(imports[2]).done) == (imports[1].pk, 0, 99)
    assert counts.recount_next(last, imports=2) == 0
    assert kept(imports[2]).done == 0


def test_a_finished_import_is_counted_once_more(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    counts.fold()
    ImportCount.objects.filter(batch=batch).update(failed=1)
    end(1, 2)
    assert kept(batch) == Counts(total=2, done=2, reached=200)


def test_triggers_that_were_lost_are_made_again(video_list: VideoList) -> None:
    with connection.cursor() as cursor:
        on_table = " ON importer_importitem" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER import_count_added{on_table}")
    counts.make_triggers()
    counts.make_triggers()
    assert kept(start(video_list, 1)).total == 1


@pytest.mark.skipif("postgresql" in connection.settings_dict["ENGINE"], reason="of SQLite alone")
def test_sqlite_has_no_trigger_while_tables_are_made_anew() -> None:
    counts.drop_triggers_from_sqlite(plan=[])
    assert len(counts.TRIGGERS.present("default")) == len(counts.SQLITE)
    counts.drop_triggers_from_sqlite(plan=["a migration"])
    assert counts.TRIGGERS.present("default") == set()
    counts.make_triggers()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer")
def test_two_videos_of_one_import_end_at_once(video_list: VideoList) -> None:
    """Neither waits for the other, and both are counted."""
    batch = start(video_list, 1, 2)
    errors = meet(lambda: set_stage(1, Stage.COMPLETE), lambda: set_stage(2, Stage.COMPLETE))
    assert (errors, kept(batch).done) == ([], 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer")
def test_videos_that_end_during_a_recount_are_counted_once(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    counts.fold()
    ImportCount.objects.filter(batch=batch).update(failed=17)
    errors = meet(lambda: set_stage(1, Stage.COMPLETE), lambda: counts.recount([batch.pk]))
    assert errors == []
    assert kept(batch) == Counts(total=2, done=1, reached=100)
