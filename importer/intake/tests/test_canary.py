"""A server that listens where no request may ever arrive, and addresses that lead to it, through
every way in and to their end.
"""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from yt_dlp.networking import Request

from enrichment.errors import NetworkBlip
from enrichment.inline import work_until
from enrichment.sources.transport import WayOut, is_youtubes
from enrichment.sources.youtube import YouTubeSource
from enrichment.sources.ytdlp import OPTIONS, LeanYoutubeDL
from importer.imports import reading
from importer.imports.models import ACTIVE, ImportBatch, ImportItem
from tests.people import rest
from tests.standins import Fault, YouTubeStandIn
from videos.models import VideoList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
ID, PLAYLIST = "dQw4w9WgXcQ", "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
LEADING_AWAY = (
    "http://{canary}/watch?v={id}",
    "http://{canary}/playlist?list={list}",
    "//{canary}/@channel",
    "http://localhost:{port}/watch?v={id}",
    "http://[::ffff:127.0.0.1]:{port}/{id}",
    "http://2130706433:{port}/watch?v={id}",
    "http://169.254.169.254/latest/meta-data/?v={id}",
    "https://youtube.com@{canary}/watch?v={id}",
    "https://{canary}#@youtube.com/watch?v={id}",
    "https://{canary}\\@youtube.com/watch?v={id}",
    "https://www.youtube.com:{port}/watch?v={id}",
    "https://www.youtube.com/redirect?q={quoted}",
    "https://www.youtube.com/attribution_link?u={quoted}",
    "https://www.google.com/url?q={quoted}",
    "https://www.youtube.com/oembed?url={quoted}",
    "https://youtu.be/http://{canary}/",
    "https://www.youtube.com/playlist?list=PL/../../redirect?q={quoted}",
    "https://www.youtube.com/c/..%2f..%2fredirect%3fq={quoted}",
    "https://www.youtube.com/watch?v={id}&list=PL%0d%0aHost:{canary}",
    "file:///etc/passwd",
    "file://{canary}/x?v={id}",
    "ftp://{canary}/{id}",
    "gopher://{canary}/_",
    "ytsearch:http://{canary}/",
    "--proxy=http://{canary}",
    "--exec=curl http://{canary}/",
    "--config-locations=http://{canary}/",
    "-a http://{canary}/",
)


@pytest.fixture
def canary() -> Iterator[tuple[str, list[Any]]]:
    """Where it listens, and who came."""
    came: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, who = server.accept()
                except OSError:
                    return
                came.append(who)
                connection.close()

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", came
        server.shutdown(socket.SHUT_RDWR)
    listener.join(5)


@pytest.fixture
def hostile(canary: tuple[str, list[Any]]) -> list[str]:
    where = canary[0]
    quoted = quote(f"http://{where}/watch?v={ID}", safe="")
    return [
        one.format(canary=where, port=where.rpartition(":")[2], id=ID, list=PLAYLIST, quoted=quoted)
        for one in LEADING_AWAY
    ]


def through_every_way_in(video_list: VideoList, addresses: list[str], folder: Path) -> None:
    client, api, text = Client(), rest(video_list.owner), "\n".join(addresses)
    client.force_login(video_list.owner)
    client.get(reverse("import_start"), {"url": addresses, "text": text})
    client.post(reverse("import_preview"), {"text": text, "whole": "1"})
    for whole in ("", "1"):
        client.post(
            reverse("import_start"), {"text": text, "video_list": video_list.pk, "whole": whole}
        )
    shortcuts = [
        SimpleUploadedFile(f"{n}.url", f"[InternetShortcut]\r\nURL={one}\r\n".encode())
        for n, one in enumerate(addresses)
    ]
    client.post(reverse("import_start"), {"files": shortcuts, "video_list": video_list.pk})
    api.post(
        f"/api/lists/{video_list.pk}/videos/batch",
        {"urls": addresses},
        content_type="application/json",
    )
    for one in addresses:
        api.post(
            f"/api/lists/{video_list.pk}/videos", {"url": one}, content_type="application/json"
        )
        client.post(
            reverse("follow_list", args=[video_list.pk]), {"address": one, "every_hours": 24}
        )
    (folder / "addresses.txt").write_text(f"{ID}\n{text}", encoding="utf-8")
    call_command(
        "import_playlist",
        str(folder / "addresses.txt"),
        "--user",
        "alice",
        "--list",
        "x",
        "--no-wait",
        "--whole-playlists",
    )


@pytest.mark.slow
def test_no_address_ever_leads_anywhere_but_to_youtube(
    canary: tuple[str, list[Any]],
    hostile: list[str],
    video_list: VideoList,
    youtube: YouTubeStandIn,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.YOUTUBE_PROXY, settings.YOUTUBE_CA_FILE = (
        tuple(youtube.proxy_urls),
        str(youtube.ca_file),
    )
    settings.YOUTUBE_BASE_DELAY, settings.YOUTUBE_BURST, settings.YOUTUBE_HOURLY_BUDGET = (
        0.0,
        50,
        100_000,
    )
    through_every_way_in(video_list, hostile, tmp_path)
    work_until(
        lambda: not ImportBatch.objects.filter(state__in=ACTIVE).exists(),
        also=reading.read_next_page,
    )
    assert ImportItem.objects.count() > 5 * len(hostile)
    assert canary[1] == []
    assert youtube.log.calls
    assert youtube.log.count(kind="refused") == 0
    hosts = {urlsplit(call.url).hostname for call in youtube.log.calls}
    assert hosts <= {None, "www.youtube.com", "youtubei.googleapis.com"}
    assert {call.video_id for call in youtube.log.calls} <= {None, ID}


def test_no_answer_of_youtubes_leads_anywhere_else(
    canary: tuple[str, list[Any]], youtube: YouTubeStandIn
) -> None:
    """A redirect, and what an answer gives as the address of captions or audio."""
    away = f"http://{canary[0]}/watch?v={ID}"
    youtube.faults.add(Fault("status", status=302, location=away, kind="watch"))
    with pytest.raises(NetworkBlip):
        YouTubeSource(proxy=youtube.proxy_url, ca_file=str(youtube.ca_file)).fetch_metadata(ID)
    assert youtube.log.kinds() == {"watch": 1}
    with pytest.raises(NetworkBlip):
        LeanYoutubeDL(OPTIONS, WayOut()).urlopen(Request(away))
    assert canary[1] == []


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://www.youtube.com/watch?v=x", True),
        ("https://youtube.com:443/", True),
        ("https://rr3---sn-4g5e6nsz.googlevideo.com/videoplayback", True),
        ("https://consent.youtube.com/m", True),
        ("https://youtubei.googleapis.com/youtubei/v1/player", True),
        ("http://www.youtube.com/", False),
        ("https://www.youtube.com:8443/", False),
        ("https://www.youtube.com:99999/", False),
        ("https://evilyoutube.com/", False),
        ("https://youtube.com.evil.example/", False),
        ("https://youtube.com@evil.example/", False),
        ("https://storage.googleapis.com/", False),
        ("https://127.0.0.1/", False),
        ("https://[::1]/", False),
        ("https://[broken/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_what_counts_as_youtubes(url: str, ours: bool) -> None:
    assert is_youtubes(url) is ours


def test_the_canary_sings(canary: tuple[str, list[Any]]) -> None:
    where, _, port = canary[0].rpartition(":")
    with socket.create_connection((where, int(port))) as connection:
        connection.recv(1)
    assert len(canary[1]) == 1
