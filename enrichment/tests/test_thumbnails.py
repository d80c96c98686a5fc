"""Fetching the pictures that are kept here: from where, how much, and what if it fails."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from enrichment import thumbnails
from enrichment.errors import NetworkBlip, YouTubeChanged
from enrichment.limits.lanes import youtube_lanes
from enrichment.sources import pictures
from enrichment.sources.pictures import fetch_picture, is_for_pictures, picture_client
from enrichment.tests.limits_bench import granted
from tests.standins import Fault, YouTubeStandIn, video_id
from tests.standins.thumbnails import GREY_JPEG
from videos.models import VideoList
from videos.tests import library
from videos.thumbnails import is_kept, is_wanted, keep, path_of, read

ID = video_id(1)


@pytest.fixture
def way(youtube: YouTubeStandIn, settings: Any, tmp_path: Path) -> YouTubeStandIn:
    """The installation's ways out lead to the stand-in, and it keeps pictures."""
    settings.DATA_DIR = tmp_path
    settings.KEEP_THUMBNAILS = True
    settings.YOUTUBE_PROXY = list(youtube.proxy_urls[:2])
    settings.YOUTUBE_CA_FILE = str(youtube.ca_file)
    caches["shared"].clear()
    return youtube


def add_complete(video_list: VideoList, count: int) -> list[str]:
    return [library.add_video(video_list, n).youtube_id for n in range(1, count + 1)]


def go_on() -> None:
    """The pause is over."""
    caches["shared"].delete(thumbnails.PAUSED)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://i.ytimg.com/vi/a/mqdefault.jpg", True),
        ("https://img.youtube.com/vi/a/mqdefault.jpg", True),
        ("https://i.ytimg.com:443/vi/a/mqdefault.jpg", True),
        ("http://i.ytimg.com/vi/a/mqdefault.jpg", False),
        ("https://i.ytimg.com:8443/vi/a/mqdefault.jpg", False),
        ("https://www.youtube.com/watch", False),
        ("https://i.ytimg.com.example/vi", False),
        ("https://i.ytimg.com@127.0.0.1/vi", False),
        ("https://i.ytimg.com:x/", False),
    ],
)
def test_only_hosts_for_pictures_are_asked(url: str, allowed: bool) -> None:
    assert is_for_pictures(url) == allowed


def test_a_picture_is_one_request_by_the_way_out(youtube: YouTubeStandIn) -> None:
    with picture_client(youtube.proxy_url, str(youtube.ca_file)) as client:
        assert fetch_picture(client, ID) == GREY_JPEG
    (call,) = youtube.log.calls
    assert (call.kind, call.video_id) == ("thumbnail", ID)
    assert call.url.startswith("https://i.ytimg.com/")


@pytest.mark.parametrize("location", ["https://www.youtube.com/", "http://i.ytimg.com/vi/a/b.jpg"])
def test_a_redirect_leads_nowhere_else(youtube: YouTubeStandIn, location: str) -> None:
    youtube.faults.add(Fault("status", kind="thumbnail", status=302, location=location))
    with (
        picture_client(youtube.proxy_url, str(youtube.ca_file)) as client,
        pytest.raises(NetworkBlip, match="InvalidURL"),
    ):
        fetch_picture(client, ID)
    assert youtube.log.kinds() == {"thumbnail": 1}


def test_a_large_picture_is_none(youtube: YouTubeStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", len(GREY_JPEG) - 1)
    with picture_client(youtube.proxy_url, str(youtube.ca_file)) as client:
        assert client.most_bytes == len(GREY_JPEG)
        assert fetch_picture(client, ID) == b""
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    with picture_client(youtube.proxy_url, str(youtube.ca_file)) as client:
        assert len(client.urlopen(pictures.ADDRESS.format(ID)).read()) == 101


@pytest.mark.parametrize("act", ["html", "empty"])
def test_what_is_no_picture_is_refused(youtube: YouTubeStandIn, act: Any) -> None:
    youtube.faults.add(Fault(act, kind="thumbnail"))
    with (
        picture_client(youtube.proxy_url, str(youtube.ca_file)) as client,
        pytest.raises(YouTubeChanged),
    ):
        fetch_picture(client, ID)


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_each_picture_is_fetched_once(way: YouTubeStandIn, video_list: VideoList) -> None:
    ids = add_complete(video_list, 7)
    thumbnails.keep_next()
    assert [is_kept(youtube_id) for youtube_id in ids] == 5 * [True] + 2 * [False]
    for _ in range(3):
        thumbnails.keep_next()
    assert {read(youtube_id) for youtube_id in ids} == {GREY_JPEG}
    assert way.log.kinds() == {"thumbnail": 7}
    assert youtube_lanes()[0].limiter.state().in_flight == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("fault", [Fault("status"), Fault("reset"), Fault("html")])
def test_after_a_failure_nothing_is_asked(
    way: YouTubeStandIn, video_list: VideoList, fault: Fault
) -> None:
    (youtube_id,) = add_complete(video_list, 1)
    rule = way.faults.add(fault)
    thumbnails.keep_next()
    asked = len(way.log.calls)
    thumbnails.keep_next()
    assert len(way.log.calls) == asked
    assert is_wanted(youtube_id)
    assert {lane.limiter.state().breaker for lane in youtube_lanes()} == {"closed"}
    rule.remove()
    go_on()
    thumbnails.keep_next()
    assert is_kept(youtube_id)
    assert caches["shared"].get(thumbnails.FAILURES) is None


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_pauses_become_longer(
    way: YouTubeStandIn, video_list: VideoList, caplog: pytest.LogCaptureFixture
) -> None:
    add_complete(video_list, 1)
    way.faults.status(500)
    caplog.set_level("INFO", "enrichment.thumbnails")
    for _ in range(8):
        thumbnails.keep_next()
        go_on()
    waits = [record.args[1] for record in caplog.records if isinstance(record.args, tuple)]
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_a_picture_that_does_not_exist_is_remembered(
    way: YouTubeStandIn, video_list: VideoList
) -> None:
    first, second = add_complete(video_list, 2)
    way.faults.status(404, video_id=first)
    thumbnails.keep_next()
    thumbnails.keep_next()
    assert path_of(first).read_bytes() == b""
    assert not is_kept(first)
    assert is_kept(second)
    assert len(way.log.calls) == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_a_way_out_that_is_refused_is_left_alone(
    way: YouTubeStandIn, video_list: VideoList
) -> None:
    add_complete(video_list, 1)
    first, second = youtube_lanes()
    ban(first)
    thumbnails.keep_next()
    assert [call.way for call in way.log.calls] == [1]
    ban(second)
    library.add_video(video_list, 2)
    thumbnails.keep_next()
    assert len(way.log.calls) == 1


def ban(lane: Any) -> None:
    permit = granted(lane.limiter.acquire())
    lane.limiter.on_failure(permit, is_rate_limit=True, retry_after=600)


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_a_full_disk_is_no_error(
    way: YouTubeStandIn, video_list: VideoList, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_complete(video_list, 1)
    settings.DISK_RESERVE = 2**62
    thumbnails.keep_next()
    assert way.log.calls == []
    settings.DISK_RESERVE = 0

    def full(youtube_id: str, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(thumbnails, "keep", full)
    thumbnails.keep_next()
    assert caches["shared"].get(thumbnails.PAUSED) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_one_run_at_a_time(way: YouTubeStandIn, video_list: VideoList) -> None:
    add_complete(video_list, 1)
    caches["shared"].add(thumbnails.BUSY, 1, 60)
    thumbnails.keep_next()
    assert way.log.calls == []


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_a_strange_id_is_never_asked_for(way: YouTubeStandIn, video_list: VideoList) -> None:
    library.add_video(video_list, 1)
    video_list.entries.get().video.__class__.objects.update(youtube_id="../../../ab")
    thumbnails.keep_next()
    assert way.log.calls == []
    assert not is_wanted("../../../ab")


@pytest.mark.django_db
def test_pictures_of_no_list_are_removed(way: YouTubeStandIn, video_list: VideoList) -> None:
    (youtube_id,) = add_complete(video_list, 1)
    keep(youtube_id, GREY_JPEG)
    keep("Z" * 11, GREY_JPEG)
    for _ in range(3):
        thumbnails.remove_next()
    assert is_kept(youtube_id)
    assert not is_kept("Z" * 11)
