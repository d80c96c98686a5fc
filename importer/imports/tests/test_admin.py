"""The Django admin of all apps: list pages, what may be edited, actions."""

from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrichment import limits
from enrichment.limits import Permit
from enrichment.models import EnrichmentJob, LaneState
from importer.imports.models import (
    BatchState,
    ImportBatch,
    ImportCount,
    ImportSlice,
    UnfinishedAction,
)
from importer.notices.models import MailSubscription
from importer.tests.ledger import end, start
from tests.people import person
from videos.causes import Cause
from videos.models import (
    ApiToken,
    Chapter,
    ListCount,
    ListEntry,
    ListShare,
    OpenIdIdentity,
    SearchDocument,
    SearchState,
    Transcript,
    Video,
    VideoList,
    Viewing,
)
from videos.search.models import SavedSearch
from videos.stages import Stage
from videos.tests.library import add_video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
INTERNAL = {
    ApiToken,
    ImportCount,
    ImportSlice,
    ListCount,
    MailSubscription,  # a setting of its owner
    ListShare,  # its address is its owner's alone
    OpenIdIdentity,  # who somebody is elsewhere is theirs alone
    UnfinishedAction,
    SearchDocument,
    SavedSearch,
    SearchState,
    Viewing,  # what somebody watches is theirs alone
}  # nothing a person would look for there
OURS = [
    model
    for label in ("videos", "enrichment", "importer")
    for model in apps.get_app_config(label).get_models()
    if model not in INTERNAL
]
EDITABLE = {VideoList}


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{page}", args=args)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(person("admin", is_staff=True, is_superuser=True))
    return client


def fill(video_list: VideoList, count: int) -> None:
    start(
        video_list,
        *range(count),
        text="https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps",
    )
    for number, video in enumerate(Video.objects.filter(transcript=None), 1):
        Transcript.objects.create(video=video, source="auto", language="de", cues=[[0, 1, "x"]])
        Chapter.objects.create(video=video, number=number, start=0, end=1, title="x")
    for number in range(count - 1):
        start(VideoList.objects.create(owner=person(f"{video_list.pk}-{number}"), name="x"), number)
    LaneState.objects.create(lane=f"youtube:gone{count}", delay=2)


def test_every_model_is_there() -> None:
    assert set(OURS) <= set(admin.site._registry)


def queries_of_list_pages(staff: Client) -> dict[Any, int]:
    """How many queries each model's list page needs."""
    counts = {}
    for model in OURS:
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(address(model, "changelist")).status_code == 200, model
        counts[model] = len(queries)
    return counts


@pytest.mark.slow
def test_a_list_page_takes_as_many_queries_for_any_rows(
    staff: Client, video_list: VideoList
) -> None:
    fill(video_list, 2)
    queries_of_list_pages(staff)  # the first visit also fills caches
    few = queries_of_list_pages(staff)
    fill(VideoList.objects.create(owner=video_list.owner, name="more"), 12)
    many = queries_of_list_pages(staff)
    more = {
        model.__name__: count
        for model, count in many.items()
        if count > few[model] + (2 if model is LaneState else 0)
    }
    assert more == {}
    assert [
        model.__name__ for model in OURS if admin.site._registry[model].show_full_result_count
    ] == []


@pytest.mark.slow
def test_every_model_can_be_searched_and_filtered(staff: Client, video_list: VideoList) -> None:
    fill(video_list, 2)
    for model in OURS:
        words = (
            ("x", "12", "%", "'\"", "9" * 30) if admin.site._registry[model].search_fields else ()
        )
        for word in words:
            assert staff.get(address(model, "changelist"), {"q": word}).status_code == 200, (
                model,
                word,
            )
        for name in (
            "import_stage__exact=error",
            "state__exact=running",
            "verdict__exact=new",
            "held__exact=1",
        ):
            assert staff.get(f"{address(model, 'changelist')}?{name}").status_code in (200, 302), (
                model,
                name,
            )


def test_what_the_pipeline_writes_cannot_be_edited(staff: Client, video_list: VideoList) -> None:
    fill(video_list, 1)
    for model in set(OURS) - EDITABLE:
        row = model._default_manager.first()
        if row is not None:
            change = address(model, "change", row.pk)
            assert staff.get(address(model, "add")).status_code == 403, model
            assert staff.get(change).status_code == 200, model
            assert (
                staff.post(change, {"import_stage": "complete", "state": "finished"}).status_code
                == 403
            ), model


def test_a_list_is_edited_and_its_owner_chosen_by_id(
    staff: Client, video_list: VideoList, bob: Any
) -> None:
    page = staff.get(address(VideoList, "change", video_list.pk)).content.decode()
    assert "vForeignKeyRawIdAdminField" in page
    staff.post(address(VideoList, "change", video_list.pk), {"name": "Renamed", "owner": bob.pk})
    video_list.refresh_from_db()
    assert (video_list.name, video_list.owner) == ("Renamed", bob)


def act(staff: Client, model: Any, action: str, *rows: Any) -> Any:
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return staff.post(address(model, "changelist"), data, follow=True)


def test_failed_videos_are_tried_again(staff: Client, video_list: VideoList) -> None:
    failed = add_video(video_list, 1, stage=Stage.ERROR, error_cause=Cause.NETWORK)
    fine = add_video(video_list, 2)
    answer = act(staff, Video, "retry", failed, fine)
    assert "1 video is tried again." in answer.content.decode()
    failed.refresh_from_db()
    assert failed.import_stage == Stage.CREATED
    assert EnrichmentJob.objects.get().video == failed


def test_finished_videos_are_asked_about_again(staff: Client, video_list: VideoList) -> None:
    finished, waiting = add_video(video_list, 1), add_video(video_list, 2, stage=Stage.CREATED)
    answer = act(staff, Video, "refresh", finished, waiting)
    assert "YouTube is asked again about 1 video." in answer.content.decode()
    assert [job.video for job in EnrichmentJob.objects.all()] == [finished]


def test_imports_are_paused_resumed_cancelled_and_retried(
    staff: Client, video_list: VideoList
) -> None:
    batch = start(video_list, 1, 2)
    done = start(video_list, 3)
    end(3, cause=Cause.NETWORK)
    answer = act(staff, ImportBatch, "pause", batch, done)
    assert "1 import." in answer.content.decode()
    assert "1 import does not allow that now." in answer.content.decode()
    for action, state in (("resume", BatchState.RUNNING), ("cancel", BatchState.CANCELLED)):
        act(staff, ImportBatch, action, batch)
        batch.refresh_from_db()
        assert batch.state == state
    act(staff, ImportBatch, "retry", done)
    done.refresh_from_db()
    assert (done.state, EnrichmentJob.objects.count()) == (BatchState.RUNNING, 1)


def test_an_open_breaker_is_shown_and_closed(staff: Client, clean_redis: redis.Redis) -> None:
    lane = limits.youtube_lanes()[0]
    permits = [lane.limiter.acquire() for _ in range(3)]
    for permit in permits:
        assert isinstance(permit, Permit)
        lane.limiter.on_failure(permit, is_rate_limit=True)
    row = LaneState.objects.get(lane=lane.name)
    assert lane.limiter.state().breaker == "open"
    assert (
        timezone.localtime(lane.limiter.state().open_until).strftime("%-d")
        in staff.get(address(LaneState, "changelist")).content.decode()
    )
    act(staff, LaneState, "close_breaker", row)
    assert lane.limiter.state().breaker == "closed"


def test_who_may_only_look_pulls_no_lever(video_list: VideoList) -> None:
    looker = person("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(looker)
    batch = start(video_list, 1)
    assert client.get(address(ImportBatch, "changelist")).status_code == 200
    act(client, ImportBatch, "cancel", batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.RUNNING


def test_nobody_else_gets_in(alice: Any) -> None:
    client = Client()
    client.force_login(alice)
    assert [
        model for model in OURS if client.get(address(model, "changelist")).status_code != 302
    ] == []
    assert ListEntry.objects.count() == 0


@pytest.mark.parametrize(("language", "written"), [("en", "5 Mar 2026"), ("de", "05.03.2026")])
def test_dates_are_those_of_the_pages(
    staff: Client, video_list: VideoList, language: str, written: str
) -> None:
    start(video_list, 1)
    ImportBatch.objects.update(created_at=datetime(2026, 3, 5, 12, tzinfo=UTC))
    answer = staff.get(address(ImportBatch, "changelist"), headers={"Accept-Language": language})
    assert written in answer.content.decode()


def test_first_page_has_no_internal_tables(staff: Client) -> None:
    html = staff.get(reverse("admin:index")).content.decode()
    for name in ("chapter", "changedentry", "importitem", "idempotencykey", "expansion"):
        assert f"/{name}/" not in html, name
    assert "/importbatch/" in html
    assert "css/admin" in html
    assert staff.get("/admin/importer/importitem/").status_code == 200
