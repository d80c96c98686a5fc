"""Somebody's ids in an action on what is one's own: nothing of theirs is read, changed or taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from importer.following.models import Follow
from importer.tests.ledger import start
from tests.addresses import PART, address, routes_once
from tests.people import person, rest
from tests.test_every_door import MINE, alices_own, changes, everything, rows, text_of
from videos.models import ListEntry, SavedSearch, Tag, VideoList
from videos.stages import Stage
from videos.tests.library import add_video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

NOTHING_THERE = (404, 405)  # refused before anything was looked at
WRITING = ("post", "put", "patch", "delete")
READING = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


def bobs_own(bob: Any) -> dict[str, Any]:
    """What stands in the addresses: Bob's."""
    video_list = VideoList.objects.create(owner=bob, name="Bob's")
    video = add_video(video_list, 901)
    failed = add_video(video_list, 902, stage=Stage.ERROR)
    batch = start(video_list, 903)
    follow = Follow.objects.create(
        video_list=video_list, kind="playlist", source="PLbob", next_at=timezone.now()
    )
    saved = SavedSearch.objects.create(owner=bob, name="Bob's words", query="q=bob")
    tag = Tag.objects.create(owner=bob, name="bobs")
    video_list.entries.get(video=video).tags.add(tag)
    own = {
        "list_id": video_list,
        "video_id": video,
        "failed": failed,
        "batch_id": batch,
        "follow_id": follow,
        "saved_id": saved,
        "tag_id": tag,
    }
    return {name: row.pk for name, row in own.items()}


def requests(
    page: Client, api: Client, mine: dict[str, Any], theirs: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Each action on Bob's own with Alice's ids in the form, and the last part of an address
    Alice's where two name a thing.
    """
    asked = everything(theirs) | {"video": [theirs["video_id"], theirs["failed"]]}
    asked |= {"item": theirs["item"], "tag_id": theirs["tag_id"], "entries": asked["ids"]}
    forms = asked | {"ids": f"{theirs['video_id']},{theirs['failed']}"}
    by_ids = {name: value for name, value in forms.items() if name != "all"}
    body = json.dumps(asked)
    for route in routes_once():
        if route.startswith(("admin/", "accounts/")):
            continue
        ids = [theirs | mine]
        if len(PART.findall(route)) > 1:
            ids.append(theirs | {name: mine[name] for name in ("list_id", "batch_id")})
        for one in ids:
            where = address(route, one)
            if not route.startswith("api/"):
                yield f"post {where}", page.post(where, forms)
                # Where all are chosen the ids count for nothing.
                yield f"post {where} by ids", page.post(where, by_ids)
                continue
            for method in WRITING:
                call = getattr(api, method)
                yield f"{method} {where}", call(where, body, content_type="application/json")


class Writes:
    """Notes statements that may change something: looking through all rows takes long, and where
    there was none nothing changed.
    """

    def __init__(self) -> None:
        self.noted: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(READING):
            self.noted.append(sql)
        return execute(sql, params, many, context)


@pytest.mark.slow
def test_foreign_ids_in_ones_own_actions_do_nothing() -> None:
    theirs = alices_own()
    theirs["item"] = 1
    before = rows()
    bob = person("bob")
    mine = bobs_own(bob)
    taken = [theirs["video_id"], theirs["failed"]]
    page, api = Client(raise_request_exception=False), rest(bob)
    page.force_login(bob)
    tried = 0
    walk = requests(page, api, mine, theirs)
    while True:
        writes = Writes()
        with transaction.atomic(), connection.execute_wrapper(writes):
            what, answer = next(walk, ("", None))
            if answer is None:
                break
            tried += 1
            assert answer.status_code != 500, what
            assert MINE not in text_of(answer), f"Bob read something by {what}"
            if writes.noted and answer.status_code not in NOTHING_THERE:
                assert changes(before, rows()) == [], what
            bobs = ListEntry.objects.filter(video_list__owner=bob, video__in=taken)
            assert not bobs.exists(), f"Bob took a video by {what}"
            transaction.set_rollback(True)
    assert tried > 100
