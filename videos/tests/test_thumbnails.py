"""Pictures that are kept here: their files, what pages show, and who gets them."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.standins.thumbnails import GREY_JPEG
from videos import thumbnails
from videos.models import Video, VideoList
from videos.search.documents import reindex
from videos.stages import Stage
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db

GOOGLE = re.compile(r"(?:src|srcset|data-fallback)=\"https?:|preconnect|ytimg\.com|img\.youtube")
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "


@pytest.fixture(autouse=True)
def kept(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.KEEP_THUMBNAILS = True
    return tmp_path / "thumbnails"


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def address(video: Video) -> str:
    return reverse("video_thumbnail", args=[video.youtube_id])


def pages_of(video_list: VideoList, video: Video) -> dict[str, str]:
    return {
        "list": video_list.get_absolute_url(),
        "table": f"{video_list.get_absolute_url()}?view=table",
        "cards": f"{reverse('list_cards', args=[video_list.pk])}?ids={video.pk}",
        "all videos": reverse("video_list"),
        "video": video.get_absolute_url(),
        "search": f"{reverse('search')}?q=wheel",
    }


def html_of(page: Client, url: str) -> str:
    return page.get(url).content.decode()


@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("stage", [Stage.COMPLETE, Stage.ERROR, Stage.METADATA])
@pytest.mark.parametrize("there", [False, True])
def test_no_page_sends_a_browser_to_google(
    page: Client, video_list: VideoList, stage: Stage, there: bool
) -> None:
    video = add_video(video_list, stage=stage, title="The wheel")
    reindex(video.pk)
    if there:
        thumbnails.keep(video.youtube_id, GREY_JPEG)
    for name, url in pages_of(video_list, video).items():
        html = html_of(page, url)
        assert GOOGLE.search(html) is None, name
        assert ('class="thumb"' in html) == there, name
        assert (f'src="{address(video)}"' in html) == there, name
        assert 'class="blank"' in html, name
    assert GOOGLE.search(Client().get(reverse("login")).content.decode()) is None


@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("there", [False, True])
def test_the_boxs_panel_shows_a_picture_or_a_blank(
    page: Client, video_list: VideoList, there: bool
) -> None:
    video = add_video(video_list, title="The wheel")
    reindex(video.pk)
    if there:
        thumbnails.keep(video.youtube_id, GREY_JPEG)
    headers = {"HX-Request": "true", "HX-Target": "quick"}
    html = page.get(reverse("search"), {"q": "wheel"}, headers=headers).content.decode()
    assert "quick-result" in html
    assert GOOGLE.search(html) is None
    assert ('class="thumb"' in html) == there
    assert ('class="blank"' in html) == (not there)


@pytest.mark.usefixtures("clean_redis")
def test_off_the_pages_are_as_ever(page: Client, video_list: VideoList, settings: Any) -> None:
    settings.KEEP_THUMBNAILS = False
    video = add_video(video_list)
    thumbnails.keep(video.youtube_id, GREY_JPEG)
    cards = html_of(page, video_list.get_absolute_url())
    assert f'src="{video.thumbnail_url}"' in cards
    assert '<link rel="preconnect" href="https://img.youtube.com">' in cards
    alone = html_of(page, video.get_absolute_url())
    assert f'src="https://i.ytimg.com/vi/{video.youtube_id}/maxresdefault.jpg"' in alone
    assert f'data-fallback="{video.thumbnail_url}"' in alone
    assert page.get(address(video)).status_code == 404


@pytest.mark.parametrize(("value", "hosts"), [("0", 2), ("1", 0)])
def test_the_policy_names_google_only_while_off(value: str, hosts: int, tmp_path: Path) -> None:
    code = (
        "import json; from config import settings as s;"
        "print(json.dumps([s.CONTENT_SECURITY_POLICY, sorted(s.CELERY_BEAT_SCHEDULE)]))"
    )
    environment = {**os.environ, "KEEP_THUMBNAILS": value, "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    policy, beat = json.loads(done.stdout)
    sources = policy["DIRECTIVES"]["img-src"]
    assert len([source for source in sources if source.startswith("https:")]) == hosts
    assert ("keep-thumbnails" in beat) == (value == "1")


@pytest.mark.parametrize(("content", "kind"), [(GREY_JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_a_picture_may_be_kept_by_the_browser(
    page: Client, video_list: VideoList, content: bytes, kind: str
) -> None:
    video = add_video(video_list)
    thumbnails.keep(video.youtube_id, content)
    answer = page.get(address(video))
    assert answer.content == content
    assert answer["Content-Type"] == kind
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_picture_is_for_those_who_have_its_video(
    client: Client, video_list: VideoList, bob: Any
) -> None:
    video = add_video(video_list)
    thumbnails.keep(video.youtube_id, GREY_JPEG)
    assert client.get(address(video)).status_code == 302
    client.force_login(bob)
    assert client.get(address(video)).status_code == 404


@pytest.mark.parametrize("name", ["../secret_ke", "a%00aaaaaaaaa", "aaaaaaaaaaaa", "a%2e%2e%2fb"])
def test_a_strange_address_is_no_picture(page: Client, kept: Path, name: str) -> None:
    (kept.parent / "secret_key").write_bytes(GREY_JPEG)
    assert page.get(f"/thumbnails/{name}/").status_code == 404


@pytest.mark.parametrize("content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_is_not_shown(
    page: Client, video_list: VideoList, content: bytes
) -> None:
    video = add_video(video_list)
    thumbnails.keep(video.youtube_id, content)
    assert page.get(address(video)).status_code == 404


def test_no_id_leads_out_of_the_folder(kept: Path) -> None:
    for youtube_id in ("../../../ab", "/etc/passwd", "a\x00bcdefghij", "éééééééééé."):
        thumbnails.keep(youtube_id, GREY_JPEG)
        assert thumbnails.path_of(youtube_id).parent.parent == kept
    assert thumbnails.path_of("a" * 11).name.lower() != thumbnails.path_of("A" * 11).name.lower()


def test_a_file_that_cannot_be_written_leaves_nothing(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    thumbnails.keep("a" * 11, GREY_JPEG)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        thumbnails.keep("a" * 11, b"\xff\xd8\xffhalf")
    monkeypatch.undo()
    assert files(kept) == [thumbnails.path_of("a" * 11).name]
    assert thumbnails.read("a" * 11) == GREY_JPEG


def test_only_complete_videos_of_lists_are_wanted(video_list: VideoList) -> None:
    wanted = add_video(video_list, 1)
    thumbnails.keep(add_video(video_list, 2).youtube_id, GREY_JPEG)
    add_video(video_list, 3, stage=Stage.ERROR)
    add_video(video_list, 4, stage=Stage.CAPTIONS)
    gone = add_video(video_list, 5)
    video_list.entries.filter(video=gone).delete()
    assert thumbnails.next_without(0) == ([wanted.youtube_id], 0)


def test_each_tick_goes_on_where_the_last_one_was(
    video_list: VideoList, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(thumbnails, "SLICE", 3)
    monkeypatch.setattr(thumbnails, "SLICES", 2)
    videos = [add_video(video_list, number) for number in range(1, 9)]
    for video in videos[:7]:
        thumbnails.keep(video.youtube_id, GREY_JPEG)
    with django_assert_num_queries(2):
        found, last = thumbnails.next_without(0)
    assert (found, last) == ([], videos[5].pk)
    assert thumbnails.next_without(last) == ([videos[7].youtube_id], 0)


def test_a_tick_finds_no_more_than_it_fetches(video_list: VideoList) -> None:
    videos = [add_video(video_list, number) for number in range(1, 8)]
    found, last = thumbnails.next_without(0)
    assert (len(found), last) == (5, videos[4].pk)
    assert len(thumbnails.next_without(last)[0]) == 2


def test_a_missing_picture_is_asked_for_again_later() -> None:
    thumbnails.keep("a" * 11, b"")
    assert not thumbnails.is_wanted("a" * 11)
    before = time.time() - thumbnails.NONE_COUNTS - 1
    os.utime(thumbnails.path_of("a" * 11), (before, before))
    assert thumbnails.is_wanted("a" * 11)


def sweep() -> None:
    last = thumbnails.remove_after("")
    while last:
        last = thumbnails.remove_after(last)


def test_a_picture_goes_with_the_last_list(video_list: VideoList, bob: Any) -> None:
    other = VideoList.objects.create(owner=bob, name="Bob's")
    video = add_video(video_list, 1)
    add_video(other, 1)
    thumbnails.keep(video.youtube_id, GREY_JPEG)
    video_list.delete()
    sweep()
    assert thumbnails.is_kept(video.youtube_id)
    VideoList.objects.filter(pk=other.pk).update(deleted_at=timezone.now())
    sweep()
    assert thumbnails.is_kept(video.youtube_id), "a deleted list can be had back for a day"
    other.delete()
    sweep()
    assert not thumbnails.is_kept(video.youtube_id)


def test_the_sweep_takes_what_nobody_knows(video_list: VideoList, kept: Path) -> None:
    video = add_video(video_list)
    thumbnails.keep(video.youtube_id, GREY_JPEG)
    thumbnails.keep("Z" * 11, GREY_JPEG)
    folder = thumbnails.path_of(video.youtube_id).parent
    fresh, old = folder / "76.00aa", folder / "76.00bb"
    fresh.touch()
    old.touch()
    os.utime(old, (0, 0))
    sweep()
    assert files(kept) == sorted([thumbnails.path_of(video.youtube_id).name, fresh.name])


def test_the_sweep_looks_at_one_folder_at_a_time(kept: Path) -> None:
    thumbnails.keep("a" * 11, GREY_JPEG)
    thumbnails.keep("b" * 11, GREY_JPEG)
    first = thumbnails.remove_after("")
    assert files(kept) == [thumbnails.path_of("b" * 11).name]
    second = thumbnails.remove_after(first)
    assert files(kept) == []
    assert thumbnails.remove_after(second) == ""
