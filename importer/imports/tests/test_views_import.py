"""The import dialog and the pages of imports."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importer.imports.models import BatchState, ImportBatch, Source, Verdict
from importer.imports.plans import plan_import
from importer.parsing import parse_lines
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
HTMX = {"HX-Request": "true"}
ADDRESSES = "https://youtu.be/dQw4w9WgXcQ\nhttps://www.youtube.com/watch?v=9bZkp7q19f0\nhttps://evil.example/watch?v=dQw4w9WgXcQ"


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def batch(alice: Any, video_list: VideoList) -> ImportBatch:
    lines = parse_lines(ADDRESSES)
    plan = plan_import(owner=alice, video_list=video_list, lines=lines, source=Source.WEB)
    return plan.start().batch


def fail(batch: ImportBatch, *causes: Cause) -> list[Video]:
    videos = list(Video.objects.filter(import_items__batch=batch).order_by("pk"))
    for video, cause in zip(videos, causes, strict=True):
        Video.objects.filter(pk=video.pk).update(import_stage=Stage.ERROR, error_cause=cause)
    return videos


def test_the_page_that_shows_the_list_gets_its_new_cards_at_once(
    page: Client, video_list: VideoList
) -> None:
    page.post(reverse("import_create", args=[video_list.pk]), {"text": "youtu.be/abcdefghij0"})
    response = page.post(
        reverse("import_create", args=[video_list.pk]),
        {"text": ADDRESSES, "shown": video_list.pk},
        headers=HTMX,
    )
    html = response.content.decode()
    assert html.count('data-testid="video-card"') == 2
    assert 'hx-swap-oob="afterbegin:#cards"' in html
    assert "imported" in json.loads(response.headers["HX-Trigger"])
    assert video_list.entries.count() == 3


def test_without_javascript_it_leads_to_the_list(page: Client, video_list: VideoList) -> None:
    response = page.post(reverse("import_create", args=[video_list.pk]), {"text": ADDRESSES})
    assert response.headers["Location"] == video_list.get_absolute_url()


def test_it_makes_the_list_that_is_named(page: Client, alice: Any, video_list: VideoList) -> None:
    page.post(reverse("import_start"), {"text": ADDRESSES, "video_list": "", "new_list": "Fresh"})
    assert VideoList.objects.get(owner=alice, name="Fresh").entries.count() == 2
    page.post(
        reverse("import_create", args=[video_list.pk]),
        {"text": "youtu.be/abcdefghij0", "video_list": "", "new_list": "Fresher"},
    )
    assert VideoList.objects.get(owner=alice, name="Fresher").entries.count() == 1


def test_a_list_of_somebody_else_takes_nothing(page: Client, bob: Any) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Theirs")
    assert (
        page.post(reverse("import_create", args=[theirs.pk]), {"text": ADDRESSES}).status_code
        == 404
    )
    assert (
        page.post(
            reverse("import_start"), {"text": ADDRESSES, "video_list": theirs.pk}, headers=HTMX
        ).status_code
        == 422
    )
    assert not theirs.entries.exists()


@pytest.mark.parametrize(
    "text", ["", "   \n", "nothing but words", "https://evil.example/watch?v=dQw4w9WgXcQ"]
)
def test_nothing_usable_keeps_the_dialog_open_with_the_text(
    page: Client, video_list: VideoList, text: str
) -> None:
    response = page.post(
        reverse("import_create", args=[video_list.pk]), {"text": text}, headers=HTMX
    )
    assert response.status_code == 422
    assert text.strip() in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_files_of_any_known_format_are_read(page: Client, video_list: VideoList) -> None:
    table = SimpleUploadedFile("list.csv", b"Video ID,Title,Added\ndQw4w9WgXcQ,Never,2024-01-01\n")
    text = SimpleUploadedFile("more.txt", b"https://youtu.be/9bZkp7q19f0")
    page.post(reverse("import_create", args=[video_list.pk]), {"files": [table, text]})
    assert set(video_list.entries.values_list("video__youtube_id", flat=True)) == {
        "dQw4w9WgXcQ",
        "9bZkp7q19f0",
    }


def test_the_preview_counts_and_shows_what_was_not_understood(
    page: Client, batch: ImportBatch
) -> None:
    text = f"{ADDRESSES}\nhttps://youtu.be/abcdefghij0"
    html = page.post(
        reverse("import_preview"), {"text": text, "video_list": batch.video_list_id}, headers=HTMX
    ).content.decode()
    assert "<b>3</b> videos" in html
    assert "2 already in the list" in html
    assert 'data-line="3"' in html
    assert "This address does not belong to YouTube." in html


def test_preview_counts_channels_apart_from_playlists(page: Client, video_list: VideoList) -> None:
    text = f"https://www.youtube.com/@clocks\nhttps://www.youtube.com/playlist?list=PL{'x' * 32}"
    html = page.post(
        reverse("import_preview"), {"text": text, "video_list": video_list.pk}, headers=HTMX
    ).content.decode()
    assert "<b>1</b> playlist," in " ".join(html.split())
    assert "<b>1</b> channel" in html
    assert 'name="follow"' in html


def test_the_banner_stays_in_place_when_the_import_ends(page: Client, batch: ImportBatch) -> None:
    html = page.get(reverse("banner")).content.decode()
    assert 'data-testid="batch-banner"' in html
    page.post(reverse("import_pause", args=[batch.pk]), headers=HTMX)
    assert 'data-state="paused"' in page.get(reverse("banner")).content.decode()
    page.post(reverse("import_resume", args=[batch.pk]))
    page.post(reverse("import_cancel", args=[batch.pk]))
    assert "batch-" not in page.get(reverse("banner")).content.decode()
    html = page.get(reverse("banner"), {"shown": f"{batch.pk},999,x"}).content.decode()
    assert 'data-state="cancelled"' in html
    assert "batch-banner" not in html


def test_a_page_says_what_ended_while_it_was_open(page: Client, batch: ImportBatch) -> None:
    """Also when another page was the first to say it, and this one never saw it running."""
    opened_at = timezone.now()
    finished_at = opened_at + timedelta(microseconds=1)
    ImportBatch.objects.update(state=BatchState.FINISHED, finished_at=finished_at, announced=True)
    sooner, later = (microseconds(opened_at + timedelta(microseconds=n)) for n in (1, 2))
    assert says_summary(page, since=sooner)
    assert not says_summary(page, since=later)
    assert not says_summary(page)
    ImportBatch.objects.update(state=BatchState.CANCELLED)
    assert not says_summary(page, since=sooner)


@pytest.mark.parametrize("since", ["", "x", "-1", "\0", "9" * 17, "9" * 5000])
def test_a_page_of_no_known_age_says_no_old_summary(
    page: Client, batch: ImportBatch, since: str
) -> None:
    ImportBatch.objects.update(
        state=BatchState.FINISHED, finished_at=timezone.now(), announced=True
    )
    assert not says_summary(page, since=since)


def test_an_open_page_knows_when_it_was_opened(page: Client) -> None:
    before = timezone.now()
    html = page.get(reverse("import_list")).content.decode()
    found = re.search(rf'data-url="{reverse("banner")}\?since=(\d+)"', html)
    assert found is not None
    assert microseconds(before) <= found.group(1) <= microseconds(timezone.now())


def microseconds(moment: datetime) -> str:
    return str((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))


def says_summary(page: Client, **parameters: str) -> bool:
    html = page.get(reverse("banner"), parameters).content.decode()
    return 'data-testid="summary-toast"' in html


def test_the_summary_is_said_until_it_was_seen(page: Client, batch: ImportBatch) -> None:
    fail(batch, Cause.PRIVATE, Cause.NETWORK)
    ImportBatch.objects.update(state=BatchState.FINISHED)
    html = page.get(reverse("import_list")).content.decode()
    assert 'data-testid="summary-toast"' in html
    assert "Try 1 video again" in html
    assert "Remove 1" in html
    page.post(reverse("import_announce", args=[batch.pk]), headers=HTMX)
    assert "summary-toast" not in page.get(reverse("import_list")).content.decode()


def test_one_import_shows_every_line_with_its_verdict(page: Client, batch: ImportBatch) -> None:
    fail(batch, Cause.PRIVATE, Cause.NETWORK)
    url = reverse("import_detail", args=[batch.pk])
    html = page.get(url).content.decode()
    assert "This address does not belong to YouTube." in html
    assert "This video is private." in html
    assert "Private video" in html
    assert "<small>dQw4w9WgXcQ</small>" in html
    assert page.get(url, {"verdict": Verdict.INVALID}).content.decode().count("<tr>") == 2
    assert page.get(url, {"cause": "private"}).content.decode().count("<tr>") == 2
    response: Any = page.get(url, {"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [row["verdict"] for row in rows] == ["new", "new", "invalid"]


def test_line_is_shown_once_for_all_videos_it_brought(
    page: Client, alice: Any, video_list: VideoList
) -> None:
    text = "https://youtu.be/dQw4w9WgXcQ https://youtu.be/9bZkp7q19f0\nhttps://youtu.be/abcdefghij0"
    lines = parse_lines(text)
    plan = plan_import(owner=alice, video_list=video_list, lines=lines, source=Source.WEB)
    html = page.get(reverse("import_detail", args=[plan.start().batch.pk])).content.decode()
    assert re.findall(r'<td class="num">(.*?)</td>', html) == ["1", "", "2"]


@pytest.mark.parametrize(("state", "count"), [(BatchState.RUNNING, 1), (BatchState.CANCELLED, 0)])
def test_cancelled_import_offers_no_list_to_read_again(
    page: Client, batch: ImportBatch, state: BatchState, count: int
) -> None:
    line = {"verdict": Verdict.EXPANDED, "reason": Cause.YOUTUBE_CHANGED}
    batch.items.filter(number=1).update(**line)
    ImportBatch.objects.filter(pk=batch.pk).update(state=state)
    response: Any = page.get(reverse("import_detail", args=[batch.pk]))
    assert response.context["cut_short"] == count


def test_the_dead_are_removed_and_the_others_tried_again(
    page: Client, batch: ImportBatch, video_list: VideoList
) -> None:
    _private, network = fail(batch, Cause.PRIVATE, Cause.NETWORK)
    page.post(reverse("import_remove_dead", args=[batch.pk]))
    assert list(video_list.entries.values_list("video", flat=True)) == [network.pk]
    page.post(reverse("import_retry", args=[batch.pk]), {"cause": "network"})
    network.refresh_from_db()
    assert network.import_stage == Stage.CREATED


@pytest.mark.parametrize("name", ["pause", "resume", "cancel", "retry", "announce", "remove_dead"])
def test_an_import_of_somebody_else_is_not_there(
    client: Client, bob: Any, batch: ImportBatch, name: str
) -> None:
    client.force_login(bob)
    assert client.post(reverse(f"import_{name}", args=[batch.pk])).status_code == 404
    assert client.get(reverse("import_detail", args=[batch.pk])).status_code == 404


def test_a_single_video_is_tried_again(page: Client, batch: ImportBatch) -> None:
    video, _other = fail(batch, Cause.NETWORK, Cause.NETWORK)
    response = page.post(reverse("video_retry", args=[video.pk]), headers=HTMX)
    assert json.loads(response.headers["HX-Trigger"])["videos-changed"] == {"ids": [video.pk]}
    video.refresh_from_db()
    assert video.import_stage == Stage.CREATED
