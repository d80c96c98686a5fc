"""Prepared statements answer as the queries they are made from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import F, QuerySet
from django.db.models.functions import Length
from django.forms.models import model_to_dict

from videos.models import VideoList
from videos.prepared import PreparedDelete, PreparedForIds, PreparedSelect, PreparedUpdate

pytestmark = pytest.mark.django_db

BY_NAME = PreparedSelect(
    lambda owner, name: (
        VideoList.objects.filter(owner=owner, name=name).order_by("pk").values_list("pk", "name")
    ),
    int,
    str,
)
RENAME = PreparedUpdate(
    lambda pk, name: (
        VideoList.objects.filter(pk=pk),
        {"name": name, "last_position": F("last_position") + 1},
    ),
    int,
    str,
)


@pytest.fixture
def lists() -> list[VideoList]:
    alice, bob = (User.objects.create_user(name) for name in ("alice", "bob"))
    return [
        VideoList.objects.create(owner=owner, name=name)
        for owner in (alice, bob)
        for name in ("Clocks", "50 % ' \" ; --")
    ]


def test_a_select_takes_new_values_each_time(lists: list[VideoList]) -> None:
    for one in lists:
        assert BY_NAME.rows(one.owner_id, one.name) == [(one.pk, one.name)]
    assert BY_NAME.rows(lists[0].owner_id, "none") == []


def test_an_update_changes_the_rows_it_names(lists: list[VideoList]) -> None:
    assert RENAME.run(lists[1].pk, "Gears") == 1
    assert RENAME.run(0, "Nobody's") == 0
    names = list(VideoList.objects.order_by("pk").values_list("name", "last_position"))
    assert names == [(lists[0].name, 0), ("Gears", 1), *((one.name, 0) for one in lists[2:])]


def test_a_value_without_a_place_is_refused() -> None:
    lost = PreparedSelect(lambda unused: VideoList.objects.values_list("pk"), int)
    with pytest.raises(ValueError, match="no place"):
        lost.rows(1)


def test_as_many_values_as_places(lists: list[VideoList]) -> None:
    with pytest.raises(ValueError, match="zip"):
        BY_NAME.rows(1)


def test_a_moment_is_written_as_django_writes_it(lists: list[VideoList]) -> None:
    stamp = PreparedUpdate(
        lambda pk, moment: (VideoList.objects.filter(pk=pk), {"deleted_at": moment}), int, datetime
    )
    moments = [
        datetime(2026, 3, 29, 1, 30, 0, 250_000, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ]
    for moment in moments:
        stamp.run(lists[0].pk, moment)
        assert VideoList.objects.get(pk=lists[0].pk).deleted_at == moment
        assert VideoList.objects.filter(deleted_at=moment).count() == 1


def test_an_object_has_the_fields_of_its_row(lists: list[VideoList]) -> None:
    by_name = PreparedSelect(lambda name: VideoList.objects.filter(name=name).order_by("pk"), str)
    found = by_name.first_of(VideoList, lists[1].name)
    assert found is not None
    written = VideoList.objects.get(pk=lists[1].pk)
    assert model_to_dict(found) == model_to_dict(written)
    assert found.created_at == written.created_at
    assert by_name.first_of(VideoList, "none") is None


def test_a_delete_takes_the_rows_it_names() -> None:
    remove = PreparedDelete(lambda pk, name: Group.objects.filter(pk=pk, name=name), int, str)
    first, second = (Group.objects.create(name=name) for name in ("first", "second"))
    assert remove.run(first.pk, "another") == 0
    assert remove.run(first.pk, "first") == 1
    assert list(Group.objects.all()) == [second]


def test_objects_come_as_from_the_query(lists: list[VideoList]) -> None:
    def named(name: str) -> QuerySet[VideoList]:
        found = VideoList.objects.filter(name=name).select_related("owner").defer("created_at")
        return found.annotate(length=Length("name")).order_by("pk")

    prepared = PreparedSelect(named, str)
    for name in ("Clocks", "Gears", lists[1].name):
        got = prepared.objects(name)
        assert got == list(named(name))
        assert [one.length for one in got] == [len(name)] * len(got)
        assert all("owner" in one._state.fields_cache for one in got)
        assert all(one.get_deferred_fields() == {"created_at"} for one in got)


@pytest.mark.parametrize("many", [0, 1, 20, 43])
def test_rows_of_ids_are_those_of_each(many: int) -> None:
    owners = User.objects.bulk_create(User(username=f"user {number}") for number in range(50))
    names = PreparedForIds(
        lambda ids, name: User.objects.filter(pk__in=ids).exclude(username=name).values_list("pk"),
        str,
    )
    ids = [owner.pk for owner in owners[:many]]
    assert sorted(pk for (pk,) in names.rows(ids, "user 0")) == ids[1:]
