"""Starting a cancelled import again."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from importer.imports.models import BatchState, Expansion, ImportBatch, Verdict
from importer.imports.services import cancel_batch
from importer.tests.ledger import end, start
from videos.models import ListEntry, VideoList
from videos.services import delete_list
from videos.tests.library import video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PLAYLIST = "https://www.youtube.com/playlist?list=PLagain0123456789"


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def cancelled(video_list: VideoList) -> ImportBatch:
    """One video was finished, another one and a playlist were not."""
    batch = start(video_list, 1, 2, text=f"{PLAYLIST}\nnonsense")
    end(1)
    cancel_batch(batch=batch)
    return batch


def videos_in(video_list: VideoList) -> set[str]:
    entries = ListEntry.objects.filter(video_list=video_list)
    return set(entries.values_list("video__youtube_id", flat=True))


def test_cancelled_import_starts_again(
    page: Client, cancelled: ImportBatch, video_list: VideoList
) -> None:
    assert videos_in(video_list) == {video_id(1)}
    address = reverse("import_again", args=[cancelled.pk])
    assert address in page.get(reverse("import_detail", args=[cancelled.pk])).content.decode()

    response = page.post(address, follow=True)

    again = ImportBatch.objects.exclude(pk=cancelled.pk).get()
    assert again.state == BatchState.RUNNING
    assert response.redirect_chain[-1][0] == reverse("import_detail", args=[again.pk])
    assert videos_in(video_list) == {video_id(1), video_id(2)}
    verdicts = again.items.order_by("number").values_list("verdict", flat=True)
    assert list(verdicts) == [Verdict.DUPLICATE, Verdict.NEW, Verdict.EXPANDING]
    assert Expansion.objects.get().item.text == PLAYLIST


def test_only_a_cancelled_import_starts_again(page: Client, video_list: VideoList) -> None:
    batch = start(video_list, 1)
    address = reverse("import_again", args=[batch.pk])
    assert address not in page.get(reverse("import_detail", args=[batch.pk])).content.decode()
    page.post(address)
    assert ImportBatch.objects.count() == 1


def test_nothing_starts_again_for_others_or_in_a_deleted_list(
    page: Client, cancelled: ImportBatch, video_list: VideoList, bob: Any
) -> None:
    address = reverse("import_again", args=[cancelled.pk])
    delete_list(video_list=video_list)
    assert page.post(address).status_code == 404
    page.force_login(bob)
    assert page.post(address).status_code == 404
    assert ImportBatch.objects.count() == 1
