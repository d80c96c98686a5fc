"""The button for playlists of which only a part could be read."""

from typing import Any

import pytest
from django.test import Client

from importer.imports.models import BatchState, Expansion, ImportBatch, ImportItem, Verdict
from importer.tests.ledger import start
from tests.people import person
from videos.causes import Cause
from videos.models import VideoList

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(video_list: VideoList) -> ImportBatch:
    """Finished: a playlist of which 200 of 500 came, one that broke down, and a whole one."""
    one = start(video_list, 1)
    cut = {"entries_read": 200, "entries_announced": 500, "reason": Cause.PLAYLIST_INCOMPLETE}
    add_list(one, 2, **cut)
    add_list(one, 3, verdict=Verdict.INVALID, reason=Cause.YOUTUBE_CHANGED)
    add_list(one, 4)
    ImportBatch.objects.filter(pk=one.pk).update(state=BatchState.FINISHED)
    one.refresh_from_db()
    return one


def add_list(batch: ImportBatch, number: int, **fields: Any) -> ImportItem:
    address = f"https://www.youtube.com/playlist?list=PL{number:016}"
    values: dict[str, Any] = {"verdict": Verdict.EXPANDED, "text": address, **fields}
    return ImportItem.objects.create(batch=batch, line=number, number=number, **values)


def numbers_in_line() -> list[int]:
    return sorted(Expansion.objects.values_list("item__number", flat=True))


@pytest.fixture
def page(client: Client, video_list: VideoList) -> Client:
    client.force_login(video_list.owner)
    return client


def test_page_offers_to_read_the_line_again(page: Client, batch: ImportBatch) -> None:
    said = page.get(f"/imports/{batch.pk}/").content.decode()
    assert "200 of 500 could be read." in said
    assert "2 playlists could be read only in part" in said
    forms = said.count(f'action="/imports/{batch.pk}/read-again/"')
    assert forms == 4  # of each line, of all of them, and of the summary nobody has seen yet


def test_page_of_a_whole_import_offers_nothing(page: Client, batch: ImportBatch) -> None:
    batch.items.filter(number__in=(2, 3)).delete()
    assert "Read again" not in page.get(f"/imports/{batch.pk}/").content.decode()


def test_page_of_a_cancelled_import_offers_nothing(page: Client, batch: ImportBatch) -> None:
    ImportBatch.objects.update(state=BatchState.CANCELLED)
    assert "Read again" not in page.get(f"/imports/{batch.pk}/").content.decode()
    page.post(f"/imports/{batch.pk}/read-again/")
    assert numbers_in_line() == []


def test_one_line_is_read_again_alone(page: Client, batch: ImportBatch) -> None:
    item = batch.items.get(number=2)
    page.post(f"/imports/{batch.pk}/read-again/", {"item": item.pk})
    batch.refresh_from_db()
    assert (numbers_in_line(), batch.state) == ([2], BatchState.RUNNING)


def test_all_lines_are_read_again_and_no_video(page: Client, batch: ImportBatch) -> None:
    page.post(f"/imports/{batch.pk}/read-again/")
    assert numbers_in_line() == [2, 3]
    page.post(f"/imports/{batch.pk}/read-again/")
    assert numbers_in_line() == [2, 3]


@pytest.mark.parametrize("item", ["x", "-1", "9" * 30, "0"])
def test_line_that_is_none_reads_nothing(page: Client, batch: ImportBatch, item: str) -> None:
    assert page.post(f"/imports/{batch.pk}/read-again/", {"item": item}).status_code < 400
    assert numbers_in_line() == []


def test_whole_list_is_not_read_again(page: Client, batch: ImportBatch) -> None:
    page.post(f"/imports/{batch.pk}/read-again/", {"item": batch.items.get(number=4).pk})
    assert numbers_in_line() == []


def test_line_of_another_import_is_not_read(
    page: Client, batch: ImportBatch, video_list: VideoList
) -> None:
    other = start(video_list, 2)
    item = add_list(other, 9, reason=Cause.PLAYLIST_INCOMPLETE)
    page.post(f"/imports/{batch.pk}/read-again/", {"item": item.pk})
    assert numbers_in_line() == []


def test_somebody_elses_import_is_not_there(client: Client, batch: ImportBatch) -> None:
    client.force_login(person("mallory"))
    assert client.post(f"/imports/{batch.pk}/read-again/").status_code == 404
    assert numbers_in_line() == []


def test_summary_offers_to_read_again(page: Client, batch: ImportBatch) -> None:
    said = page.get("/banner/").content.decode()
    assert f'action="/imports/{batch.pk}/read-again/"' in said
