"""Saved searches."""

import re
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from videos.models import SavedSearch, VideoList
from videos.search.asked import Asked
from videos.search.saved import MOST_SAVED, TooManySaved, save_search, saved_searches

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def asked(user: Any, query: str) -> Asked:
    return Asked.parse(user, QueryDict(query))


def save(page: Client, query: str, **headers: str) -> Any:
    return page.post(reverse("search_save"), {"query": query}, headers=headers)


def test_the_same_search_is_kept_once(page: Client, alice: Any, video_list: VideoList) -> None:
    save(page, f"q=clock&stage=complete&list={video_list.pk}&view=table")
    save(page, f"list={video_list.pk}&stage=complete&q=clock&from=20")
    (saved,) = SavedSearch.objects.all()
    assert parse_qs(saved.query) == {
        "q": ["clock"],
        "list": [str(video_list.pk)],
        "stage": ["complete"],
    }
    assert (saved.name, saved.owner, saved.video_list) == ("clock", alice, video_list)


def test_saving_leads_back_to_the_search(page: Client) -> None:
    response = save(page, "q=clock+spring")
    assert response.headers["Location"] == "/search/?q=clock+spring"


def test_saving_shows_button_and_side_bar_anew(page: Client) -> None:
    html = save(page, "q=clock", **HTMX).content.decode()
    assert "Saved" in html
    assert 'id="saved-searches"' in html
    assert 'href="/search/?q=clock"' in html
    forget = re.search(r'action="(/search/saved/\d+/forget/)"', html)
    assert forget
    html = page.post(forget[1], headers=HTMX).content.decode()
    assert "Save search" in html
    assert SavedSearch.objects.count() == 0


def test_nothing_and_too_much_are_not_saved(page: Client) -> None:
    for query in ("", "q=", "stage=complete", "q=" + "%F0%9F%8E%B5" * 200):
        response = page.post(reverse("search_save"), {"query": query}, headers=HTMX)
        assert "cannot be saved" in response.content.decode()
        assert response.headers["HX-Reswap"] == "none"
    assert SavedSearch.objects.count() == 0


def test_there_is_a_most_of_saved_searches(alice: Any) -> None:
    for number in range(MOST_SAVED):
        save_search(owner=alice, asked=asked(alice, f"q=word{number}"))
    with pytest.raises(TooManySaved):
        save_search(owner=alice, asked=asked(alice, "q=one+more"))
    assert save_search(owner=alice, asked=asked(alice, "q=word1")) is not None


def test_a_search_of_a_deleted_list_is_out_of_sight(alice: Any, video_list: VideoList) -> None:
    save_search(owner=alice, asked=asked(alice, f"q=clock&list={video_list.pk}"))
    VideoList.objects.update(deleted_at="2026-11-28T00:00:00Z")
    assert list(saved_searches(alice)) == []
    VideoList.objects.update(deleted_at=None)
    assert len(saved_searches(alice)) == 1
    video_list.delete()
    assert SavedSearch.objects.count() == 0


def test_nobody_sees_or_forgets_searches_of_others(
    client: Client, alice: Any, bob: Any, video_list: VideoList
) -> None:
    saved = save_search(owner=alice, asked=asked(alice, "q=secret"))
    assert saved is not None
    client.force_login(bob)
    assert client.post(reverse("search_forget", args=[saved.pk])).status_code == 404
    assert "secret" not in client.get(reverse("search_saved")).content.decode()
    assert asked(bob, f"q=x&list={video_list.pk}").video_list is None


def test_every_page_has_the_saved_searches(page: Client, alice: Any) -> None:
    save_search(owner=alice, asked=asked(alice, 'q="in+the+end"'))
    html = page.get(reverse("settings")).content.decode()
    assert "/search/?q=%22in+the+end%22" in html
