"""What pages, frames, ticks and levers visit does not grow with the library: the same acts in one
of 1,290 videos and in a larger one, with statistics as of then.

SQLite's steps are counted, and the rows of PostgreSQL's plans: the same on a busy machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from benchmarks import million
from benchmarks.million import Looked, add_list, gather_statistics
from tests.visits import counted
from videos import admin_lists, sidebar
from videos.models import ListEntry
from videos.search import documents

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.slow,
]

FINISHED, WAITING = 300, 990  # videos of the lists that are looked at
# Videos of others.
MANY = {"sqlite": 6_000, "postgresql": 20_000}
MORE = 1.2  # times what it visits in the small library, and a little
A_LITTLE = {"sqlite": 3_000, "postgresql": 1_000}  # steps, rows
VISITS_AN_ENTRY = 3  # at most, of a list without statistics: its position is read and sorted


def make_looked(owner: User) -> Looked:
    finished_list, finished_import = add_list(owner, "A", videos=FINISHED, is_finished=True)
    waiting_list, waiting_import = add_list(owner, "B", videos=WAITING, is_finished=False)
    video = ListEntry.objects.filter(video_list=finished_list).values_list("video", flat=True)[0]
    documents.move_on(documents.state(), looked_at=0)
    return Looked(owner, finished_list, waiting_list, finished_import, waiting_import, video)


def acts_of(looked: Looked, client: Client) -> dict[str, Callable[[], object]]:
    acts: dict[str, Callable[[], object]] = {}
    for name, address in million.pages(looked).items():
        acts[name] = partial(client.get, address, follow=True)
    return acts | million.ticks(looked) | million.levers(looked)


@pytest.fixture
def planned_as_if_large(db: None) -> Iterator[None]:
    """Have PostgreSQL take an index sooner, as with large tables: a small one it reads from end to
    end, whatever indexes it has. A page out of order then costs no more than the next one.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET random_page_cost TO 1")
        yield
        cursor.execute("SET random_page_cost TO DEFAULT")


def visits_of(acts: dict[str, Callable[[], object]]) -> dict[str, float]:
    found = {}
    for name, act in acts.items():
        act()
        with counted() as visits:
            act()
        found[name] = visits.number
    return found


@pytest.mark.timeout(280)
@pytest.mark.usefixtures("planned_as_if_large")
def test_nothing_visits_more_in_a_larger_library(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidebar, "COUNTED_AT_MOST", FINISHED + WAITING)
    monkeypatch.setattr(sidebar, "NEWEST", FINISHED + WAITING)
    monkeypatch.setattr(admin_lists, "COUNTED_AT_MOST", FINISHED)
    owner = User.objects.create_superuser("reader")
    client.force_login(owner)
    looked = make_looked(owner)
    acts = acts_of(looked, client)
    gather_statistics()
    before = visits_of(acts)
    many = MANY[connection.vendor]
    add_list(owner, "more", videos=many, is_finished=True)
    add_list(owner, "more to come", videos=many, is_finished=False)
    gather_statistics()
    after = visits_of(acts)
    grown = {
        name: (number, after[name])
        for name, number in before.items()
        if after[name] > MORE * number + A_LITTLE[connection.vendor]
    }
    assert grown == {}


@pytest.mark.timeout(120)
def test_without_statistics_a_page_joins_only_what_it_shows(client: Client) -> None:
    # PostgreSQL knows nothing yet of a list that has just been imported.
    owner = User.objects.create_user("reader")
    client.force_login(owner)
    gather_statistics()
    entries = 3_000
    list_id, _batch = add_list(owner, "A", videos=entries, is_finished=True)
    client.get(f"/lists/{list_id}/")
    with counted() as visits:
        client.get(f"/lists/{list_id}/")
    assert visits.number < VISITS_AN_ENTRY * entries
