"""Every address and every WebSocket action, walked by somebody else, by nobody and by a closed
account: nothing read, nothing changed.

The addresses come from the resolver, so a new one is walked by itself; one with a part this file
cannot fill in fails until it can.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async as in_thread
from channels.testing import WebsocketCommunicator
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import ForeignKey, Model
from django.test import Client
from django.utils import timezone

from config.asgi import application
from enrichment import events
from importer.following.models import Follow, FollowedVideo
from importer.imports.models import Expansion, IdempotencyKey, ImportSlice, UnfinishedAction
from importer.live import consumers
from importer.notices.models import Mail, MailSubscription
from importer.tests.ledger import start
from importer.webhooks.models import Delivery, Webhook
from tests.addresses import address, routes_once
from tests.people import person, rest
from videos.changes import keep_change
from videos.models import (
    Change,
    Chapter,
    ListShare,
    OpenIdIdentity,
    Preferences,
    SavedSearch,
    Tag,
    Transcript,
    Video,
    VideoList,
    Viewing,
)
from videos.preferences import audience
from videos.search.documents import reindex, state
from videos.stages import Stage
from videos.tests.library import add_video
from videos.tokens import create_token

MINE = "Kolibri-Geheimnis"  # in everything of Alice's that has a text
WORD = "Kolibri"  # finds it
# What belongs to nobody: the installation's own, and what a mere visit leaves behind.
SHARED = {"auth.Permission", "contenttypes.ContentType", "videos.Video"}
PASSING = {
    Expansion,
    IdempotencyKey,
    ImportSlice,
    UnfinishedAction,
}  # while a playlist is read, a request is repeated, an import is taken in; no address shows them
ACTIONS = {"subscribe", "unsubscribe", "sync"}


@pytest.fixture
def ids(db: None) -> dict[str, Any]:
    return alices_own()


def alices_own() -> dict[str, Any]:
    """One of everything, Alice's; what the addresses' parts stand for."""
    alice = person("alice", email=f"{MINE}@example.org")
    video_list = VideoList.objects.create(owner=alice, name=f"{MINE} list")
    video = add_video(
        video_list,
        1,
        title=f"{MINE} title",
        channel=f"{MINE} channel",
        description=f"{MINE} words",
        note=f"{MINE} note",
    )
    failed = add_video(video_list, 2, stage=Stage.ERROR, title=f"{MINE} failed")
    Chapter.objects.create(video=video, number=1, start=0, end=9, title=f"{MINE} chapter")
    Transcript.objects.create(
        video=video, source="manual", language="de", cues=[[0, 9, f"{MINE} spoken"]]
    )
    tag = Tag.objects.create(owner=alice, name=f"{MINE} tag")
    video_list.entries.get(video=video).tags.add(tag)
    batch = start(video_list, 3, text=f"{MINE} line")
    follow = Follow.objects.create(
        video_list=video_list,
        kind="playlist",
        source=f"PL{MINE}",
        title=f"{MINE} playlist",
        next_at=timezone.now(),
    )
    FollowedVideo.objects.create(
        follow=follow, youtube_id=video.youtube_id, gone_since=timezone.now()
    )
    entries = list(video_list.entries.all())
    change = keep_change(video_list, Change.Kind.UNTAGGED, tag_name=f"{MINE} tag", removed=entries)
    webhook = Webhook.objects.create(
        owner=alice, address=f"https://{MINE}.example/", secret=f"{MINE} secret"
    )
    Delivery.objects.create(
        webhook=webhook, event="import.finished", batch=batch, body=f'"{MINE}"', next_at=None
    )
    MailSubscription.objects.create(owner=alice, language="de")
    Mail.objects.create(owner=alice, kind="finished", batch=batch, occasion=f"{MINE} end")
    token = create_token(owner=alice, name=f"{MINE} token", days=None)
    Preferences.objects.create(user=alice)
    OpenIdIdentity.objects.create(user=alice, issuer=f"https://{MINE}.example", subject=MINE)
    ListShare.objects.create(video_list=video_list, kind=ListShare.Kind.PAGE)
    Viewing.objects.create(user=alice, video=video, seconds=30)
    saved = SavedSearch.objects.create(owner=alice, name=f"{MINE} words", query=f"q={MINE}")
    reindex(video.pk)
    state()
    missing = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ("videos", "importer") and not kept(model)
    ]
    assert missing == [], "There must be one of each, Alice's."
    parts = {
        "list_id": video_list,
        "video_id": video,
        "batch_id": batch,
        "follow_id": follow,
        "change_id": change,
        "token_id": token.row,
        "failed": failed,
        "saved_id": saved,
        "tag_id": tag,
        "object_id": video,
        "id": alice,
    }
    fixed = {
        "app_label": "videos",
        "content_type_id": 1,
        "url": "nothing",
        "rest": "nothing",
        "uidb64": "MQ",
        "token": "set-password",
        "share_token": "nobody-knows-the-right-one",  # with that one anybody may read: test_shares
        "youtube_id": video.youtube_id,
    }
    return {name: row.pk for name, row in parts.items()} | fixed


def kept(model: type[Model]) -> bool:
    return model in PASSING or model._default_manager.exists()


# The addresses ------------------------------------------------------------------------------------


def everything(ids: dict[str, Any]) -> dict[str, Any]:
    """What any form or call may be asked with, all of it Alice's."""
    both = [ids["video_id"], ids["failed"]]
    asked: dict[str, Any] = dict.fromkeys(("ids", "video_ids", "_selected_action"), both)
    asked |= dict.fromkeys(("video_list", "target", "list", "to"), ids["list_id"])
    asked |= dict.fromkeys(("url", "text", "address"), "https://youtu.be/dQw4w9WgXcQ")
    asked |= dict.fromkeys(("name", "note", "tag", "tags"), "theirs")
    asked |= dict.fromkeys(("all", "confirm", "post", "preview"), "1")
    return asked | {
        "urls": ["dQw4w9WgXcQ"],
        "every_hours": 6,
        "cause": "private",
        "shown": ids["batch_id"],
        "action": "delete_selected",
    }


def walk(
    page: Client, api: Client, ids: dict[str, Any], *, writing: bool = True
) -> Iterator[tuple[str, Any]]:
    """Every address, with every method that does something.

    Of a REST address and its twin with a slash, which test_api_doors.py shows to be the same, only
    the one.
    """
    asked = everything(ids)
    body = json.dumps(asked)
    for route in routes_once():
        where = address(route, ids)
        if route.startswith("api/"):
            yield f"get {where}", api.get(where)
            for method in ("post", "put", "patch", "delete") if writing else ():
                yield (
                    f"{method} {where}",
                    getattr(api, method)(where, body, content_type="application/json"),
                )
        else:
            yield (
                f"get {where}",
                page.get(where, {"ids": asked["ids"], "shown": asked["shown"], "q": WORD}),
            )
            if not route.startswith("admin/"):
                yield (
                    f"get {where} in part",
                    page.get(where, {"shown": asked["shown"]}, headers={"HX-Request": "true"}),
                )
            if writing and route != "accounts/logout/":
                yield f"post {where}", page.post(where, asked)


def text_of(answer: Any) -> str:
    body = (
        b"".join(answer.streaming_content)
        if getattr(answer, "streaming", False)
        else answer.content
    )
    return body.decode(errors="replace") + str(dict(answer.headers))


# What there is ------------------------------------------------------------------------------------


def rows() -> dict[str, dict[Any, dict[str, Any]]]:
    """The whole database."""
    kept = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label != "sessions.Session":
            kept[model._meta.label] = {
                row[model._meta.pk.attname]: row for row in model._default_manager.values()
            }
    return kept


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What is gone or different, and what is new and hangs on anything that was there, other than
    what all share.
    """
    found = []
    for label, was in before.items():
        now = after[label]
        found += [f"{label} {pk}" for pk, row in was.items() if now.get(pk) != row]
        for pk in now.keys() - was.keys():
            found += [
                f"{label} {pk} (new)" for owner in owners_of(apps.get_model(label), now[pk], before)
            ]
    return found


def owners_of(model: type[Model], row: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey):
            label = field.related_model._meta.label
            if label not in SHARED and row[field.attname] in before[label]:
                yield label


ACTORS = ("bob", "nobody", "charlie")


def clients_of(actor: str) -> tuple[Client, Client]:
    """For the pages, and for REST. A closed account has a session and a token from before."""
    page = Client(raise_request_exception=False)
    if actor == "nobody":
        return page, Client(raise_request_exception=False)
    user = person(actor, is_active=actor != "charlie")
    page.force_login(user)
    return page, rest(user)


@pytest.mark.slow
@pytest.mark.parametrize("actor", ACTORS)
def test_nobody_else_reads_or_changes_anything(ids: dict[str, Any], actor: str) -> None:
    before = rows()
    page, api = clients_of(actor)
    counts = {label: len(now) for label, now in rows().items()}
    tried = 0
    for what, answer in walk(page, api, ids):
        tried += 1
        assert MINE not in text_of(answer), f"{actor} read something by {what}"
        assert answer.status_code != 500, what
    after = rows()
    assert changes(before, after) == []
    if actor != "bob":
        assert {label: len(now) for label, now in after.items()} == counts
    assert (tried > 300, len(after["auth.User"])) == (True, counts["auth.User"])


@pytest.mark.slow
def test_the_walk_finds_what_there_is(ids: dict[str, Any]) -> None:
    """Alice's own walk reads; otherwise the others' would prove nothing."""
    page, api = Client(raise_request_exception=False), rest(User.objects.get(username="alice"))
    page.force_login(User.objects.get(username="alice"))
    read = [what for what, answer in walk(page, api, ids, writing=False) if MINE in text_of(answer)]
    for part in (
        "/api/lists",
        "/api/lists/",
        "/api/imports",
        "/api/imports/",
        "/api/videos/",
        "/api/webhook",
        "/follows/",
        "/lists/",
        "/search/",
        "/search/moments/",
        "/search/saved/",
        "/videos/",
        "/imports/",
        "/settings/webhook/",
    ):
        assert any(part in what for what in read), part


# The socket ---------------------------------------------------------------------------------------


class Socket(WebsocketCommunicator):
    """Closes its database connections as in production."""

    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output


def test_no_action_is_forgotten() -> None:
    source = Path(consumers.__file__).read_text()
    tested = re.findall(r'"(\w+)"', " ".join(re.findall(r"if action (?:==|in) .*", source)))
    assert set(tested) == ACTIONS


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("actor", ACTORS)
async def test_nobody_else_hears_anything(actor: str) -> None:
    ids, cookie = await in_thread(alices_own)(), await in_thread(cookie_of)(actor)
    before = await in_thread(rows)()
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"cookie", cookie)]
    socket = Socket(application, "/ws/progress", headers=headers)
    welcome, _ = await socket.connect()
    assert welcome == (actor == "bob")
    if welcome:
        await in_thread(Client().get)("/")
        for action in sorted(ACTIONS):
            await socket.send_json_to(
                {"action": action, "video_ids": [ids["video_id"], ids["failed"]]}
            )
        video = await Video.objects.aget(pk=ids["video_id"])
        await in_thread(events.publish_video)(video, (await in_thread(audience)(video.pk)).user_ids)
        await in_thread(events.publish_imports)([(await User.objects.aget(username="alice")).pk])
        assert await socket.receive_nothing(timeout=0.6)
        await socket.disconnect()
    assert changes(before, await in_thread(rows)()) == []


def cookie_of(actor: str) -> bytes:
    page, _ = clients_of(actor)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in page.cookies.items()).encode()
