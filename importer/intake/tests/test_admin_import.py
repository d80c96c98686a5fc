"""Bulk import in the admin."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from importer.imports.models import ImportBatch, Source
from importer.intake.reading.doors import SMALL
from importer.intake.reading.outside import turns
from importer.tests.takeout import takeout_zip
from tests.markup import squeeze
from tests.people import person
from videos.models import ListEntry, VideoList
from videos.tests.library import video_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    """Somebody who may import for others, and nothing else."""
    user = person("helper", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=("add_importbatch", "view_importbatch"))
    )
    client = Client()
    client.force_login(user)
    return client


def address() -> str:
    return reverse("admin:importer_importbatch_bulk")


def post(
    client: Client,
    owner: Any,
    *files: SimpleUploadedFile,
    name: str = "Clocks",
    text: str = "",
    **more: Any,
) -> Any:
    return client.post(
        address(),
        {"owner": owner.pk, "list_name": name, "text": text, "files": files, **more},
        follow=True,
    )


def zipped() -> SimpleUploadedFile:
    return SimpleUploadedFile("takeout.zip", takeout_zip(playlists=2, videos=3))


def urls(*numbers: int) -> str:
    return "\n".join(f"https://youtu.be/{video_id(n)}" for n in numbers)


def test_it_imports_into_somebodys_list_and_reports(
    staff: Client, alice: Any, video_list: VideoList
) -> None:
    answer = post(staff, alice, zipped(), text=f"{urls(1, 2)}\nnonsense")
    batches = list(ImportBatch.objects.order_by("pk"))
    assert [(batch.owner, batch.source, batch.video_list.name) for batch in batches] == [
        (alice, Source.ADMIN, name) for name in ("Clocks", "List 0", "List 1")
    ]
    assert batches[0].video_list == video_list
    assert (
        "“Clocks”: 2 added, 0 already there, 0 playlists being read, "
        "1 not recognized, 0 over the limit." in answer.content.decode()
    )
    assert answer.redirect_chain[0][0].endswith(
        "?id__in=" + ",".join(str(batch.pk) for batch in batches)
    )


def test_a_preview_writes_nothing_and_lets_one_choose(staff: Client, alice: Any) -> None:
    page = post(
        staff, alice, zipped(), text=f"{urls(1)}\n<b>nonsense</b>", preview="1"
    ).content.decode()
    assert not ImportBatch.objects.exists()
    assert not VideoList.objects.exists()
    assert re.findall(r'name="group" value="([\d.]+)"', squeeze(page)) == ["1.1", "1.2"]
    assert "List 0 (new)" in squeeze(page)
    assert "2: &lt;b&gt;nonsense&lt;/b&gt;" in page
    assert urls(1) in page  # what was pasted is still there
    post(staff, alice, zipped(), previewed="1", group=["1.2"])
    assert [batch.video_list.name for batch in ImportBatch.objects.all()] == ["List 1"]


def test_a_choice_counts_for_the_files_it_was_made_of(staff: Client, alice: Any) -> None:
    page = squeeze(post(staff, alice, zipped(), preview="1").content.decode())
    found = re.search(r'name="mark" value="(\w+)"', page)
    assert found
    chosen: dict[str, Any] = {"previewed": "1", "mark": found[1], "group": ["1.2"]}
    for files in ((), (SimpleUploadedFile("other.txt", urls(1).encode()),)):
        answer = post(staff, alice, *files, text=urls(2), **chosen)
        assert "These are not the files of the preview." in answer.content.decode()
    assert not ImportBatch.objects.exists()
    post(staff, alice, zipped(), **chosen)
    assert [batch.video_list.name for batch in ImportBatch.objects.all()] == ["List 1"]


def test_a_page_with_scripts_gets_the_answer_alone(staff: Client, alice: Any) -> None:
    options = {"owner": alice.pk, "list_name": "Clocks", "text": urls(1)}
    htmx = {"HX-Request": "true"}
    shown = staff.post(address(), {**options, "preview": "1"}, headers=htmx).content.decode()
    assert shown.strip().startswith('<div id="answer">')
    shown = staff.post(address(), {**options, "text": ""}, headers=htmx).content.decode()
    assert "Paste addresses, or choose a file." in shown
    assert "<form" not in shown
    answer = staff.post(address(), options, headers=htmx)
    assert answer["HX-Redirect"].endswith(f"?id__in={ImportBatch.objects.get().pk}")


def test_nothing_or_nonsense_is_said_on_the_page(staff: Client, alice: Any) -> None:
    for files, options, said in (
        ((), {}, "Paste addresses, or choose a file."),
        ((SimpleUploadedFile("a.zip", b"PK\x03\x04"),), {}, "a.zip: This file is damaged."),
        ((), {"text": urls(1), "name": " \u200e\x00"}, "errorlist"),
    ):
        answer = post(staff, alice, *files, **options)
        assert said in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_only_those_who_may_import_see_it(staff: Client, alice: Any) -> None:
    changelist = reverse("admin:importer_importbatch_changelist")
    assert address() in staff.get(changelist).content.decode()
    viewer = person("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_importbatch"))
    client = Client()
    client.force_login(viewer)
    assert address() not in client.get(changelist).content.decode()
    assert post(client, alice, text=urls(1)).status_code == 403
    client.force_login(alice)
    assert client.get(address()).status_code == 302
    assert not ListEntry.objects.exists()


def test_the_page_runs_under_the_strict_policy(staff: Client, alice: Any) -> None:
    for answer in (staff.get(address()), post(staff, alice, zipped(), preview="1")):
        assert "unsafe" not in answer["Content-Security-Policy"]
        page = answer.content.decode()
        own = page[page.index('id="content-main"') :]
        assert not re.search(r"<script(?![^>]*src=)|style=|\son\w+=", own)


@pytest.mark.slow
def test_files_of_staff_wait_for_nobody_else(staff: Client, alice: Any) -> None:
    """Each person's files are read one upload at a time; that somebody else's is being read, whose
    owner is not known, makes nobody wait.
    """
    large = SimpleUploadedFile("large.txt", urls(*range(SMALL // 20)).encode())
    with turns.turn(None) as is_in:
        assert is_in
        page = post(staff, alice, large)
    assert "large.txt" not in squeeze(page.content.decode())
    assert ImportBatch.objects.get().owner == alice
