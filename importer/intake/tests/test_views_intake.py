"""The import dialog: what it shows before it starts, the groups of files, and how other pages and
apps open it.
"""

import json
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from importer.imports.models import ImportBatch, ImportItem, Verdict
from importer.tests.takeout import added_at, takeout_zip
from tests.markup import squeeze
from tests.people import PASSWORD
from tests.standins import video_id
from tests.tiers import some_first
from videos.models import ListEntry, VideoList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
HTMX = {"HX-Request": "true"}
PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
IN_PLAYLIST = f"https://www.youtube.com/watch?v={video_id(1)}&list={PLAYLIST}"
SUBSCRIPTIONS = b"Channel ID,Channel URL,Channel title\nUCuAXFkgsw1L7xaCfnd5JJOw,http://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw,C\n"


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def archive(playlists: int = 3, videos: int = 2, **options: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile(
        "takeout.zip", takeout_zip(playlists=playlists, videos=videos, **options)
    )


def send(page: Client, *files: SimpleUploadedFile, **fields: Any) -> Any:
    return page.post(reverse("import_start"), {"files": files, **fields})


def nothing_was_written() -> bool:
    return not (ImportBatch.objects.exists() or ListEntry.objects.exists())


def mark_in(html: str) -> str:
    found = re.search(r'name="mark" value="(\w+)"', squeeze(html))
    assert found
    return found[1]


def text_in(html: str) -> str:
    found = re.search(r'<textarea\s+id="import-text"[^>]*>(.*?)</textarea>', html, re.DOTALL)
    assert found
    return found[1].strip()


# Files


@pytest.mark.parametrize(("language", "videos"), some_first([("de", 5), ("en", 500)], 1))
def test_takeout_becomes_its_lists_with_their_dates(
    page: Client, alice: Any, language: str, videos: int
) -> None:
    answer = send(
        page,
        archive(20, videos, language=language),
        text=f"https://youtu.be/{video_id(77_777)}",
        new_list="Beside",
    )
    assert answer.headers["Location"] == reverse("list_index")
    names = list(VideoList.objects.owned_by(alice).order_by("pk").values_list("name", flat=True))
    assert names == ["Beside", *(f"List {n}" for n in range(20))]
    entries = ListEntry.objects.exclude(video_list__name="Beside").order_by(
        "video_list_id", "-position"
    )
    assert list(entries.values_list("video__youtube_id", "added_at")) == [
        (video_id(n), added_at(n)) for n in range(20 * videos)
    ]


def test_the_preview_counts_each_list_and_writes_nothing(
    page: Client, video_list: VideoList
) -> None:
    VideoList.objects.create(owner=video_list.owner, name="List 1")
    given = {
        "files": [archive(), SimpleUploadedFile("subscriptions.csv", SUBSCRIPTIONS)],
        "video_list": video_list.pk,
    }
    answer = page.post(reverse("import_preview"), given, headers=HTMX)
    html = squeeze(answer.content.decode())
    assert re.findall(r'value="([\d.]+)" id="group-[\d.]+"( checked)?', html) == [
        ("1.1", " checked"),
        ("1.2", " checked"),
        ("1.3", " checked"),
        ("2.1", ""),
    ]
    assert "<b>List 0</b> (new list): <b>2</b> videos" in html
    assert "<b>List 1</b>: <b>2</b> videos" in html
    assert "<b>subscriptions</b> (new list): <b>1</b> channel" in html
    assert "4 lists in takeout.zip, subscriptions.csv" in html
    assert html.count("data-own-list") == 3
    assert nothing_was_written()


def test_what_is_ticked_is_imported_and_nothing_else(page: Client, alice: Any) -> None:
    html = page.post(
        reverse("import_preview"), {"files": [archive()]}, headers=HTMX
    ).content.decode()
    answer = send(page, archive(), mark=mark_in(html), group=["1.2"])
    batch = ImportBatch.objects.get()
    assert batch.video_list.name == "List 1"
    assert answer.headers["Location"] == batch.video_list.get_absolute_url()


def test_without_javascript_a_second_step_lets_one_choose(page: Client) -> None:
    html = send(page, archive(), text=IN_PLAYLIST, new_list="Fresh", preview="1").content.decode()
    assert html.count('name="group"') == 3
    assert "Choose the same files again, then import." in html
    assert text_in(html) == IN_PLAYLIST.replace("&", "&amp;")
    assert 'value="Fresh"' in html
    assert nothing_was_written()
    send(page, archive(), mark=mark_in(html), group=["1.1", "1.3"])
    assert [batch.video_list.name for batch in ImportBatch.objects.order_by("pk")] == [
        "List 0",
        "List 2",
    ]


def test_a_choice_made_among_other_files_is_asked_again(page: Client) -> None:
    html = page.post(
        reverse("import_preview"), {"files": [archive(2)]}, headers=HTMX
    ).content.decode()
    answer = send(page, archive(3), mark=mark_in(html), group=["1.1"])
    assert answer.status_code == 422
    assert "These are not the files whose contents were shown." in answer.content.decode()
    assert answer.content.decode().count('name="group"') == 3
    assert nothing_was_written()


def test_subscriptions_are_imported_only_when_ticked(page: Client, video_list: VideoList) -> None:
    html = send(page, SimpleUploadedFile("subscriptions.csv", SUBSCRIPTIONS)).content.decode()
    assert "Choose what is to be imported." in html
    assert nothing_was_written()
    send(
        page,
        SimpleUploadedFile("subscriptions.csv", SUBSCRIPTIONS),
        mark=mark_in(html),
        group=["1.1"],
    )
    assert ImportItem.objects.get().verdict == Verdict.EXPANDING


def test_a_file_that_cannot_be_read_is_named_and_the_rest_stays(page: Client) -> None:
    answer = send(
        page, SimpleUploadedFile("a.zip", b"PK\x03\x04"), text="https://youtu.be/dQw4w9WgXcQ"
    )
    assert answer.status_code == 422
    assert "a.zip: This file is damaged." in answer.content.decode()
    assert text_in(answer.content.decode()) == "https://youtu.be/dQw4w9WgXcQ"
    assert nothing_was_written()


def test_the_page_of_the_list_gets_the_cards_of_a_file(page: Client, video_list: VideoList) -> None:
    file = SimpleUploadedFile("a.txt", f"https://youtu.be/{video_id(1)}".encode())
    answer = page.post(
        reverse("import_start"),
        {"files": [file], "video_list": video_list.pk, "shown": video_list.pk},
        headers=HTMX,
    )
    assert answer.content.decode().count('data-testid="video-card"') == 1


def test_characters_no_database_takes_spoil_nothing(page: Client, video_list: VideoList) -> None:
    answer = page.post(
        reverse("import_start"),
        {"text": "a\0b\nhttps://youtu.be/dQw4w9WgXcQ", "video_list": video_list.pk},
    )
    assert answer.headers["Location"] == video_list.get_absolute_url()
    assert video_list.entries.count() == 1


# This video, or the whole playlist


def test_a_video_in_a_playlist_asks_and_means_the_video(
    page: Client, video_list: VideoList
) -> None:
    answer = page.get(reverse("import_start"), {"url": IN_PLAYLIST})
    html = squeeze(answer.content.decode())
    assert "A link belongs to a playlist." in html
    assert re.findall(r'name="whole" value="(1?)" id="[\w-]+"( checked)?', html) == [
        ("", " checked"),
        ("1", ""),
    ]
    page.post(
        reverse("import_start"), {"text": IN_PLAYLIST, "video_list": video_list.pk, "whole": ""}
    )
    assert ImportItem.objects.get().verdict == Verdict.NEW


def test_a_playlist_named_by_many_videos_is_read_once(page: Client, video_list: VideoList) -> None:
    text = f"{IN_PLAYLIST}\nhttps://youtu.be/{video_id(2)}?list={PLAYLIST}"
    preview = page.post(
        reverse("import_preview"), {"text": text, "whole": "1"}, headers=HTMX
    ).content.decode()
    assert "<b>1</b> video, <b>1</b> playlist" in squeeze(preview)
    page.post(reverse("import_start"), {"text": text, "video_list": video_list.pk, "whole": "1"})
    assert list(ImportItem.objects.order_by("number").values_list("verdict", flat=True)) == [
        "expanding",
        "new",
    ]


# From other pages and apps


def test_an_address_fills_the_page_in_and_imports_nothing(
    page: Client, video_list: VideoList
) -> None:
    given = {
        "url": ["https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/9bZkp7q19f0"],
        "text": "look: https://youtu.be/jNQXAC9IVRw <script>",
        "title": ["A fine video", "https://youtu.be/abcdefghij0"],
        "v": "aaaaaaaaaa1,nonsense,bbbbbbbbbb2",
    }
    answer = page.get("/import", given, follow=True)
    assert answer.status_code == 200
    assert text_in(answer.content.decode()).splitlines() == [
        "https://youtu.be/dQw4w9WgXcQ",
        "https://youtu.be/9bZkp7q19f0",
        "look: https://youtu.be/jNQXAC9IVRw &lt;script&gt;",
        "https://youtu.be/abcdefghij0",
        "https://youtu.be/aaaaaaaaaa1",
        "https://youtu.be/bbbbbbbbbb2",
    ]
    assert "<b>6</b> videos" in answer.content.decode()
    chosen = f'<option value="{video_list.pk}" selected>'
    assert chosen in squeeze(answer.content.decode())
    assert answer.content.decode().count('id="import-form"') == 1
    assert nothing_was_written()


def test_after_the_login_the_address_is_still_there(client: Client, alice: Any) -> None:
    answer = client.get("/import", {"url": "https://youtu.be/dQw4w9WgXcQ"}, follow=True)
    login = answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"]
    then = re.search(r'name="next" value="([^"]+)"', answer.content.decode())
    assert then
    data = {"username": "alice", "password": PASSWORD, "next": then[1].replace("&amp;", "&")}
    assert (
        text_in(client.post(login, data, follow=True).content.decode())
        == "https://youtu.be/dQw4w9WgXcQ"
    )


def test_the_share_menu_of_a_phone_leads_to_the_same_page(page: Client) -> None:
    target = json.loads((settings.BASE_DIR / "static/manifest.webmanifest").read_text())[
        "share_target"
    ]
    assert target["method"] == "GET"
    html = page.get(
        target["action"], {target["params"]["text"]: "See https://youtu.be/dQw4w9WgXcQ"}
    ).content.decode()
    assert text_in(html) == "See https://youtu.be/dQw4w9WgXcQ"


def test_bookmarklets_carry_the_full_address(page: Client) -> None:
    answer = page.get(reverse("bookmarklets"))
    scripts = [
        unquote(href) for href in re.findall(r'href="(javascript:[^"]+)"', answer.content.decode())
    ]
    assert len(scripts) == 2
    assert all(
        "http://testserver/import/" in script and "{" + "page}" not in script for script in scripts
    )
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*src=)|style=|\son\w+=", answer.content.decode())
    assert reverse("bookmarklets") in page.get(reverse("import_start")).content.decode()


def test_the_page_needs_few_queries(
    page: Client, video_list: VideoList, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(12):
        page.get(reverse("import_start"), {"url": IN_PLAYLIST})


def test_a_text_sent_logged_out_is_there_after_the_login(
    client: Client, video_list: VideoList
) -> None:
    url = reverse("import_create", args=[video_list.pk])
    form = {"username": "alice", "next": url, "kept": "youtu.be/dQw4w9WgXcQ\n<b>"}
    html = client.post(url, {"text": form["kept"]}).content.decode()
    assert 'name="kept" value="youtu.be/dQw4w9WgXcQ\n&lt;b&gt;"' in squeeze(html)
    html = client.post(reverse("login"), form | {"password": "wrong"}).content.decode()
    assert 'name="kept" value="youtu.be/dQw4w9WgXcQ' in squeeze(html)
    html = client.post(
        reverse("login"), form | {"password": PASSWORD}, follow=True
    ).content.decode()
    assert "youtu.be/dQw4w9WgXcQ\n&lt;b&gt;</textarea>" in html
    assert "dQw4w9WgXcQ" not in client.get(url).content.decode()
