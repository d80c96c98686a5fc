"""The kept counts of lists: right whoever changes the entries, and mended when they are not."""

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from tests.interleaving import meet
from videos import counts
from videos.models import ListCount, ListEntry, Video, VideoList

pytestmark = pytest.mark.django_db


def make_list(name: str, videos: int) -> VideoList:
    owner, _ = User.objects.get_or_create(username="alice")
    video_list = VideoList.objects.create(owner=owner, name=name)
    entries = []
    for number in range(1, videos + 1):
        video, _ = Video.objects.get_or_create(youtube_id=f"{number:011}")
        entries.append(ListEntry(video_list=video_list, video=video, position=number))
    ListEntry.objects.bulk_create(entries)
    return video_list


def kept(video_list: VideoList) -> int:
    return ListCount.objects.get(video_list=video_list).entries


def test_a_new_list_is_counted_as_empty():
    assert kept(make_list("clocks", 0)) == 0


def test_entries_are_counted_as_they_come_and_go():
    one, other = make_list("clocks", 5), make_list("bells", 3)
    ListEntry.objects.filter(video_list=one, position__gt=3).delete()
    assert (kept(one), kept(other)) == (3, 3)


def test_entries_that_change_their_list_are_counted_there():
    one, other = make_list("clocks", 5), make_list("bells", 0)
    ListEntry.objects.filter(video_list=one, position__lte=2).update(video_list=other)
    assert (kept(one), kept(other)) == (3, 2)


def test_a_deleted_video_leaves_the_counts_of_all_lists():
    one, other = make_list("clocks", 5), make_list("bells", 3)
    Video.objects.filter(youtube_id=f"{1:011}").delete()
    assert (kept(one), kept(other)) == (4, 2)


def test_raw_statements_are_counted_too():
    one = make_list("clocks", 5)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM videos_listentry WHERE position > 1")
    assert kept(one) == 1


def test_a_deleted_list_takes_its_count_along():
    make_list("clocks", 5).delete()
    assert not ListCount.objects.exists()


def test_what_is_rolled_back_is_not_counted():
    one = make_list("clocks", 5)
    with transaction.atomic():
        ListEntry.objects.filter(video_list=one).delete()
        transaction.set_rollback(True)
    assert kept(one) == 5


def test_a_wrong_count_is_mended_and_a_right_one_left():
    one, other = make_list("clocks", 5), make_list("bells", 3)
    ListCount.objects.filter(video_list=one).update(entries=17)
    assert counts.recount([one.pk, other.pk]) == [one.pk]
    assert (kept(one), kept(other)) == (5, 3)


def test_a_lost_count_is_made_anew():
    one = make_list("clocks", 5)
    ListCount.objects.all().delete()
    assert counts.recount([one.pk]) == [one.pk]
    assert kept(one) == 5


def test_recounting_goes_on_where_it_was_and_begins_anew():
    lists = [make_list(str(n), n) for n in range(3)]
    ListCount.objects.update(entries=99)
    last = counts.recount_next(0, lists=2)
    assert (last, kept(lists[1]), kept(lists[2])) == (lists[1].pk, 1, 99)
    assert counts.recount_next(last, lists=2) == 0
    assert kept(lists[2]) == 2


def test_triggers_that_were_lost_are_made_again():
    with connection.cursor() as cursor:
        on_table = " ON videos_listentry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER list_count_added{on_table}")
    counts.make_triggers()
    counts.make_triggers()
    assert kept(make_list("clocks", 2)) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer")
def test_entries_added_during_a_recount_are_counted():
    one = make_list("clocks", 5)
    video = Video.objects.create(youtube_id="anotherone1")
    ListCount.objects.filter(video_list=one).update(entries=17)
    errors = meet(
        lambda: ListEntry.objects.create(video_list=one, video=video, position=100),
        lambda: counts.recount([one.pk]),
    )
    assert (errors, kept(one)) == ([], 6)
