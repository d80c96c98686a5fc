"""What pages, frames and ticks visit does not grow with the library: the same acts in one of 1,290
and in one of 13,290 videos, with statistics as of then.

The steps of SQLite's virtual machine are counted, which are the same on a busy machine. PostgreSQL
reads tables of this size from end to end, whatever indexes there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from benchmarks import million
from benchmarks.million import Looked, add_list, gather_statistics
from videos import sidebar
from videos.models import ListEntry

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.slow,
    pytest.mark.skipif("postgresql" in connection.settings_dict["ENGINE"], reason="other plans"),
]

FINISHED, WAITING = 300, 990  # videos of the lists that are looked at
MANY = 6_000  # of others
MORE = 1.2  # times what it visits in the small library, and a little
A_LITTLE = 3_000  # steps
STEPS = 100  # between two looks
# What reads its owner's whole lists, or counts all rows of a table, still.
GROWS = {
    "page: all videos",
    "page: search",
    "admin: jobs",
}


class Visits:
    """Counts the steps of an act's statements."""

    def __init__(self) -> None:
        self.number = 0.0

    def step(self) -> int:
        self.number += STEPS
        return 0


@contextmanager
def counted() -> Iterator[Visits]:
    visits = Visits()
    connection.ensure_connection()
    connection.connection.set_progress_handler(visits.step, STEPS)
    try:
        yield visits
    finally:
        connection.connection.set_progress_handler(None, 0)


def make_looked(owner: User) -> Looked:
    finished_list, finished_import = add_list(owner, "A", videos=FINISHED, is_finished=True)
    waiting_list, waiting_import = add_list(owner, "B", videos=WAITING, is_finished=False)
    video = ListEntry.objects.filter(video_list=finished_list).values_list("video", flat=True)[0]
    return Looked(owner, finished_list, waiting_list, finished_import, waiting_import, video)


def acts_of(looked: Looked, client: Client) -> dict[str, Callable[[], object]]:
    acts: dict[str, Callable[[], object]] = {}
    for name, address in million.pages(looked).items():
        acts[name] = partial(client.get, address, follow=True)
    acts |= million.ticks(looked)
    return {name: act for name, act in acts.items() if name not in GROWS}


def visits_of(acts: dict[str, Callable[[], object]]) -> dict[str, float]:
    found = {}
    for name, act in acts.items():
        act()
        with counted() as visits:
            act()
        found[name] = visits.number
    return found


@pytest.mark.timeout(280)
def test_nothing_visits_more_in_a_larger_library(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidebar, "COUNTED_AT_MOST", FINISHED + WAITING)
    monkeypatch.setattr(sidebar, "NEWEST", FINISHED + WAITING)
    owner = User.objects.create_superuser("reader")
    client.force_login(owner)
    looked = make_looked(owner)
    acts = acts_of(looked, client)
    gather_statistics()
    before = visits_of(acts)
    add_list(owner, "more", videos=MANY, is_finished=True)
    add_list(owner, "more to come", videos=MANY, is_finished=False)
    gather_statistics()
    after = visits_of(acts)
    grown = {
        name: (number, after[name])
        for name, number in before.items()
        if after[name] > MORE * number + A_LITTLE
    }
    assert grown == {}
