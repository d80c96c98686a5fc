"""A client generated from the schema by openapi-python-client, and every call walked with it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.utils import timezone

from config.api_schema import OPERATIONS
from enrichment.models import EnrichmentJob
from importer.following.models import FollowedVideo
from tests.people import PASSWORD
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import CaptionsSource, Stage
from videos.tests.library import add_video

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.usefixtures("one_connection"),
]

PACKAGE = "generated_client"
PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
VTT = b"WEBVTT\n\n00:01.000 --> 00:03.000\nA train of gears.\n"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the generated client, which can be imported as `generated_client`."""
    folder = tmp_path_factory.mktemp("client")
    answer = Client().get("/api/schema", headers={"accept": "application/json"})
    (folder / "schema.json").write_bytes(answer.content)
    (folder / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")  # nobody formats it
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    command += ["--path", "schema.json", "--config", "config.yml", "--output-path", PACKAGE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield folder / PACKAGE
    sys.path.remove(str(folder))


@pytest.fixture
def calls(generated: Path) -> dict[str, ModuleType]:
    """The module of each generated call, by the name of the operation."""
    found = {}
    for path in generated.glob("api/*/*.py"):
        if path.stem != "__init__":
            name = f"{PACKAGE}.api.{path.parent.name}.{path.stem}"
            found[path.stem] = importlib.import_module(name)
    return found


@pytest.fixture
def models(generated: Path) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.models")


@pytest.fixture
def browser(generated: Path) -> Callable[..., Any]:
    """Make a client of the generated class that asks this process's own application."""
    classes = importlib.import_module(PACKAGE)

    def make(token: str = "") -> Any:
        client = classes.Client(base_url="http://localhost", raise_on_unexpected_status=True)
        headers = {}
        if token:
            headers["Authorization"] = f"Token {token}"
        transport = httpx.WSGITransport(get_wsgi_application())
        client.set_httpx_client(
            httpx.Client(transport=transport, base_url="http://localhost", headers=headers)
        )
        return client

    return make


class Walk:
    """Calls operations by their names, and remembers which."""

    def __init__(self, calls: dict[str, ModuleType], client: Any) -> None:
        self.calls = calls
        self.client = client
        self.walked: set[str] = set()

    def __call__(self, name: str, *ids: int, status: int = 200, **options: Any) -> Any:
        answer = self.calls[name].sync_detailed(*ids, client=self.client, **options)
        self.walked.add(name)
        assert answer.status_code == status, answer.content
        return answer.parsed


def test_every_call_is_generated(calls: dict[str, ModuleType]) -> None:
    assert set(calls) == set(OPERATIONS.values())


def test_errors_have_one_component(generated: Path) -> None:
    schema = json.loads((generated.parent / "schema.json").read_text(encoding="utf-8"))
    for operations in schema["paths"].values():
        for call in operations.values():
            for status, answer in call["responses"].items():
                if status >= "400" and (call["operationId"], status) != ("list_videos_add", "409"):
                    content = answer["content"]["application/json"]["schema"]
                    assert content == {"$ref": "#/components/schemas/Error"}, call["operationId"]
    assert len(list((generated / "models").glob("*.py"))) < 70


def test_every_call_can_be_walked(
    alice: Any, calls: dict[str, ModuleType], models: ModuleType, browser: Callable[..., Any]
) -> None:
    walk = Walk(calls, browser())
    login = models.LoginRequest(username="alice", password=PASSWORD)
    token = walk("token_create", body=login).token
    walk.client = browser(token)

    walk_lists(walk, models)
    walk_videos(walk, models, VideoList.objects.create(owner=alice, name="Springs"))
    walk_imports(walk, models)
    walk_follows(walk, models, VideoList.objects.create(owner=alice, name="Levers"))
    walk_webhook(walk, models)

    assert walk.walked == set(OPERATIONS.values())


def walk_lists(walk: Walk, models: ModuleType) -> None:
    made = walk("list_create", body=models.VideoListRequest(name="Clocks"), status=201)
    assert (made.name, made.count) == ("Clocks", 0)
    assert [one.id for one in walk("lists_get")] == [made.id]
    named = walk("list_rename", made.id, body=models.PatchedVideoListRequest(name="Watches"))
    assert walk("list_get", made.id).name == named.name == "Watches"

    address = models.UrlRequest(url="https://youtu.be/dQw4w9WgXcQ")
    video = walk("list_videos_add", made.id, body=address, status=201)
    assert walk("list_videos_add", made.id, body=address, status=409).id == video.id
    (entry,) = walk("list_videos_get", made.id).results
    assert (entry.id, entry.youtube_id) == (video.id, "dQw4w9WgXcQ")
    walk("list_videos_remove", made.id, video.id, status=204)
    walk("list_delete", made.id, status=204)
    assert walk("list_get", made.id, status=404).detail


def walk_videos(walk: Walk, models: ModuleType, video_list: VideoList) -> None:
    from_type = importlib.import_module(f"{PACKAGE}.types").File
    video = add_video(video_list, captions_source=CaptionsSource.NONE, title="A train of gears")
    read = walk("video_get", video.pk)
    assert (read.title, read.error, read.captions_source.value) == (video.title, None, "none")

    upload = models.UploadRequest(file=from_type(BytesIO(VTT), "gears.vtt"), language="en")
    given = walk("transcript_upload", video.pk, body=upload)
    assert (given.language, given.uploaded) == ("en", True)
    assert walk("transcript_get", video.pk).cues[0].text == "A train of gears."
    (found,) = walk("search", q="gears").results
    assert (found.video.id, found.moments[0].start) == (video.pk, 1.0)
    walk("transcript_remove", video.pk, status=204)
    assert walk("transcript_get", video.pk, status=404).detail

    walk("video_fetch_captions", video.pk)
    EnrichmentJob.objects.all().delete()
    walk("video_refresh", video.pk)
    failed = add_video(video_list, 2, stage=Stage.ERROR)
    assert walk("video_get", failed.pk).error.cause.value == Cause.PRIVATE
    assert walk("video_retry", failed.pk).import_stage.value == "created"


def walk_imports(walk: Walk, models: ModuleType) -> None:
    made = walk("list_create", body=models.VideoListRequest(name="Many"), status=201)
    lines = models.LinesRequest(urls=["https://youtu.be/aaaaaaaaaaa", "nonsense"])
    report = walk("list_videos_add_many", made.id, body=lines, status=201)
    assert (report.created, report.invalid) == (1, 1)
    assert walk("imports_get").results[0].id == report.batch
    items = walk("import_items_get", report.batch).results
    assert [item.verdict.value for item in items] == ["new", "invalid"]
    assert walk("import_pause", report.batch).state.value == "paused"
    assert walk("import_pause", report.batch, status=409).detail
    assert walk("import_resume", report.batch).state.value == "running"
    walk("import_move_to_front", report.batch)
    Video.objects.filter(youtube_id="aaaaaaaaaaa").update(
        import_stage=Stage.ERROR, error_cause=Cause.NETWORK
    )
    cause = models.CauseRequest(cause=models.CauseEnum.NETWORK)
    walk("import_retry", report.batch, body=cause)
    assert walk("import_cancel", report.batch).state.value == "cancelled"
    assert walk("import_get", report.batch).invalid == 1


def walk_follows(walk: Walk, models: ModuleType, video_list: VideoList) -> None:
    playlist = models.FollowRequest(url=f"https://www.youtube.com/playlist?list={PLAYLIST}")
    follow = walk("follow_start", video_list.pk, body=playlist, status=201)
    assert [one.id for one in walk("follows_get", video_list.pk)] == [follow.id]
    assert walk("follow_get", video_list.pk, follow.id).every_hours.value == 24
    weekly = models.PatchedRhythmRequest(every_hours=models.EveryHoursEnum.VALUE_168)
    changed = walk("follow_change", video_list.pk, follow.id, body=weekly)
    assert changed.every_hours.value == 168
    FollowedVideo.objects.create(
        follow_id=follow.id, youtube_id="aaaaaaaaaaa", gone_since=timezone.now()
    )
    (gone,) = walk("follow_gone_get", video_list.pk, follow.id).results
    assert gone.youtube_id == "aaaaaaaaaaa"
    walk("follow_check", video_list.pk, follow.id, status=202)
    walk("follow_end", video_list.pk, follow.id, status=204)


def walk_webhook(walk: Walk, models: ModuleType) -> None:
    assert walk("webhook_get", status=404).detail
    address = "https://hooks.example/"
    assert walk("webhook_set", body=models.WebhookRequest(url=address)).url == address
    assert walk("webhook_get").secret
    sent = walk("webhook_test", status=202)
    assert [one.id for one in walk("webhook_deliveries_get").results] == [sent.id]
    walk("webhook_remove", status=204)
