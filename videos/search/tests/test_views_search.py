"""The search page, its fragments, and what is taken along."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from videos.models import Chapter, Tag, VideoList
from videos.search.building import Building
from videos.search.contexts import PAGE_RESULTS
from videos.search.documents import reindex
from videos.search.tests.library import add_silent, add_spoken
from videos.search.tests.spoken import say
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def part(page: Client, target: str, **query: Any) -> Any:
    headers = {"HX-Request": "true", "HX-Target": target}
    return page.get(reverse("search"), query, headers=headers)


def text(response: Any) -> str:
    return str(response.content.decode())


def file_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode("utf-8-sig")


def found_ids(html: str) -> list[int]:
    shown = re.findall(r'data-testid="search-result"\s+data-video-id="(\d+)"', html)
    return [int(pk) for pk in shown]


def test_a_result_has_its_moments(page: Client, video_list: VideoList) -> None:
    video = add_spoken(video_list, title="Birds")
    html = text(page.get("/search/?q=kolibri"))
    assert found_ids(html) == [video.pk]
    assert re.findall(r'data-testid="moment"\s+data-start="([\d.]+)"', html)[0] == "10"
    assert html.count('data-testid="moment"') == 3
    assert f'href="/videos/{video.pk}/?t=10&amp;q=kolibri"' in html
    assert f'href="/videos/{video.pk}/quote/?start=10.000&amp;end=' in html
    assert "<mark>kolibri</mark>" in html
    assert "2 more in this video" in html
    assert "1 video" in html
    assert 'data-testid="video-card"' in html


@pytest.mark.parametrize(("times", "said"), [(999, "996 more"), (1_200, "At least 997 more")])
def test_very_many_hits_are_not_all_counted(
    page: Client, video_list: VideoList, times: int, said: str
) -> None:
    say(video_list, 1, *["tick"] * times)
    assert f" {said} in this video" in text(page.get("/search/?q=tick"))


def test_every_second_of_a_hit_is_on_the_strip(page: Client, video_list: VideoList) -> None:
    add_spoken(video_list)
    html = text(page.get("/search/?q=kolibri"))
    assert '<path d="M14 0V10M429 0V10M571 0V10M714 0V10M857 0V10"/>' in html


def test_hits_are_named_by_where_they_are(page: Client, alice: Any, video_list: VideoList) -> None:
    video = add_video(video_list, note="my <b>kolibri</b> note", description="see the kolibri")
    Chapter.objects.create(video=video, number=1, start=90, end=100, title="The kolibri")
    entry = video_list.entries.get()
    entry.tags.add(Tag.objects.create(owner=alice, name="kolibri"))
    reindex(video.pk)
    html = text(page.get("/search/?q=kolibri"))
    for label in ("In your note", "In the description", "Chapter", "Your tag"):
        assert label in html
    assert "my &lt;b&gt;<mark>kolibri</mark>&lt;/b&gt; note" in html
    assert f'href="/videos/{video.pk}/?t=90&amp;q=kolibri"' in html


def test_filters_of_a_list_narrow_the_search(page: Client, alice: Any) -> None:
    first = VideoList.objects.create(owner=alice, name="First")
    second = VideoList.objects.create(owner=alice, name="Second")
    one = add_spoken(first, 1, channel="Lea")
    two = add_spoken(second, 2, duration=60, channel="Tom")
    assert set(found_ids(text(page.get("/search/?q=kolibri")))) == {one.pk, two.pk}
    for query, pk in (
        (f"list={first.pk}", one.pk),
        ("length=short", two.pk),
        ("channel=Lea", one.pk),
    ):
        html = text(page.get(f"/search/?q=kolibri&{query}"))
        assert found_ids(html) == [pk], query
        assert 'class="narrowings"' in html


def test_typing_answers_with_the_part_that_is_shown(page: Client, video_list: VideoList) -> None:
    add_spoken(video_list)
    answer = part(page, "results", q="kolibri", stage="complete", home=video_list.pk)
    assert answer.headers["HX-Replace-Url"] == "/search/?q=kolibri&stage=complete"
    html = text(answer)
    assert "<html" not in html
    assert "1 video<" in html
    for name in ("results", "extent", "arrange", "facets"):
        assert f'id="{name}"' in html
    panel = text(part(page, "quick", q="kolibri"))
    assert panel.count('data-testid="search-result"') == 1
    assert 'href="/search/?q=kolibri"' in panel
    assert text(part(page, "quick", q=" ")) == ""


def test_the_extent_in_a_list_is_of_its_videos(page: Client, video_list: VideoList) -> None:
    add_spoken(video_list, 1)
    add_silent(video_list, 2)
    assert "1 of 2 videos" in text(page.get(f"/search/?q=kolibri&list={video_list.pk}"))


def test_an_emptied_box_shows_its_list_again(page: Client, video_list: VideoList) -> None:
    video = add_spoken(video_list)
    answer = part(page, "results", q="", home=video_list.pk)
    assert answer.headers["HX-Replace-Url"] == video_list.get_absolute_url()
    assert f'id="video-{video.pk}-in-' in text(answer)
    assert 'data-testid="search-hint"' in text(part(page, "results", q=""))


def test_more_results_come_below(page: Client, video_list: VideoList) -> None:
    for number in range(2 * PAGE_RESULTS):
        add_spoken(video_list, number)
    html = text(page.get("/search/?q=kolibri"))
    assert len(found_ids(html)) == PAGE_RESULTS
    assert f"More than {PAGE_RESULTS} videos" in html
    below = text(part(page, "more", **{"q": "kolibri", "from": PAGE_RESULTS}))
    assert len(found_ids(below)) == PAGE_RESULTS
    assert not set(found_ids(html)) & set(found_ids(below))
    assert 'id="more"' not in below


def test_nothing_found_says_which_word_and_what_helps(page: Client, video_list: VideoList) -> None:
    add_spoken(video_list)
    html = text(page.get(f'/search/?q="kolibri"+qwxyz&list={video_list.pk}&stage=complete'))
    assert "“qwxyz” is found nowhere." in html
    assert "“kolibri” is found nowhere." not in html
    for offer in ("Without filters", "In all lists", "Without quotation marks"):
        assert offer in html


@pytest.mark.parametrize("words", ["", '""', "-uhr", "*", "🎵", '"'])
def test_a_search_for_nothing_gives_a_hint(page: Client, video_list: VideoList, words: str) -> None:
    add_spoken(video_list)
    response = page.get("/search/", {"q": words})
    assert response.status_code == 200
    assert 'data-testid="search-hint"' in text(response)
    assert "Export moments" not in text(response)


HOSTILE = ["a" * 10_000, "wort " * 50, "x\x00y", "' OR 1=1", "NEAR(a b)", "a AND", "col:x", "“"]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("name", ["search", "search_ids", "search_moments"])
def test_hostile_words_are_only_words(
    page: Client, video_list: VideoList, name: str, words: str
) -> None:
    add_spoken(video_list)
    response = page.get(reverse(name), {"q": words, "list": "x" * 50, "from": "-1"})
    assert response.status_code == 200


def test_a_long_search_says_that_it_was_cut(page: Client, video_list: VideoList) -> None:
    html = text(page.get("/search/", {"q": "kolibri " * 100}))
    assert "only its beginning is searched for" in html


def test_nobody_finds_what_is_of_others(
    client: Client, bob: Any, alice: Any, video_list: VideoList
) -> None:
    video = add_spoken(video_list, title="Kolibri secret", note="kolibri note")
    client.force_login(bob)
    for target in ("results", "quick"):
        html = text(part(client, target, q="kolibri"))
        assert found_ids(html) == []
        assert "“kolibri” is found nowhere." in html
    assert client.get(reverse("search_ids") + "?q=kolibri").json() == {"ids": []}
    assert "kolibri sits" not in file_of(client.get(reverse("search_moments") + "?q=kolibri"))
    cards = client.get(reverse("search_cards"), {"ids": video.pk}, headers={"HX-Request": "true"})
    assert "secret" not in text(cards)
    assert client.get(reverse("search_later")).content.strip() == b""


def test_a_deleted_list_is_not_searched(page: Client, video_list: VideoList) -> None:
    add_spoken(video_list)
    VideoList.objects.update(deleted_at="2026-11-28T00:00:00Z")
    assert found_ids(text(page.get("/search/?q=kolibri"))) == []
    VideoList.objects.update(deleted_at=None)
    assert len(found_ids(text(page.get("/search/?q=kolibri")))) == 1


def test_select_all_has_every_found_video(page: Client, video_list: VideoList) -> None:
    videos = {add_spoken(video_list, number).pk for number in range(2 * PAGE_RESULTS)}
    add_silent(video_list, 50, title="Something else")
    ids = page.get(reverse("search_ids") + "?q=kolibri").json()["ids"]
    assert sorted(ids) == sorted(videos)


def test_all_moments_can_be_taken_along(page: Client, video_list: VideoList) -> None:
    video = add_spoken(video_list, title="Birds", channel="Lea")
    address = reverse("search_moments")
    rows = list(csv.DictReader(io.StringIO(file_of(page.get(f"{address}?q=kolibri")))))
    assert [row["time"] for row in rows] == ["0:10", "5:00", "6:40", "8:20", "10:00"]
    assert rows[0]["url"] == f"https://youtu.be/{video.youtube_id}?t=10"
    document = json.loads(file_of(page.get(f"{address}?q=kolibri&format=json")))
    assert document["moments"][1]["text"] == "A second kolibri comes"
    assert "## Birds, Lea" in file_of(page.get(f"{address}?q=kolibri&format=markdown"))
    phrase = json.loads(file_of(page.get(f'{address}?q="in+the+end"&format=json')))
    (moment,) = phrase["moments"]
    assert (moment["start"], moment["end"]) == (10, 17)
    assert file_of(page.get(f"{address}?q=")).count("\n") == 1


def test_the_video_page_begins_at_the_moment(page: Client, video_list: VideoList) -> None:
    video = add_spoken(video_list)
    html = text(page.get(f"/videos/{video.pk}/?t=300&q=second+kolibri"))
    assert 'data-arrive="300"' in html
    assert 'value="second kolibri"' in html
    assert f'hx-get="/videos/{video.pk}/transcript/?q=second%20kolibri"' in html
    for strange in ("x", "-3", "9" * 30):
        assert "data-arrive" not in text(page.get(f"/videos/{video.pk}/?t={strange}"))


def test_a_transcript_marks_a_phrase_over_two_cues(page: Client, video_list: VideoList) -> None:
    video = add_spoken(video_list)
    html = text(page.get(f'/videos/{video.pk}/transcript/?q="in+the+end"'))
    assert '<mark data-hit="0">in the</mark>' in html
    assert '<mark data-hit="0">end</mark>' in html
    assert "<mark" not in text(page.get(f"/videos/{video.pk}/transcript/"))


def test_a_saved_search_says_how_many_it_finds(page: Client, video_list: VideoList) -> None:
    for number in range(2):
        add_spoken(video_list, number)
    page.post(reverse("search_save"), {"query": "q=kolibri"})
    html = text(page.get(reverse("search_saved"), headers={"HX-Request": "true"}))
    assert re.search(r"<span>kolibri</span>\s*<span>2</span>", html)


def test_a_youtube_id_finds_its_video(page: Client, video_list: VideoList) -> None:
    video = add_silent(video_list, 7)
    add_silent(video_list, 8)
    assert found_ids(text(page.get(f"/search/?q={video.youtube_id}"))) == [video.pk]


@pytest.mark.parametrize("language", ["de", "en"])
def test_numbers_for_programs_are_plain(
    page: Client, video_list: VideoList, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    video = add_silent(video_list, 7, pk=7654321, title="Kolibri")
    monkeypatch.setattr("videos.search.contexts.building", lambda: Building(1234, 5678))
    html = text(page.get("/search/?q=kolibri", headers={"Accept-Language": language}))
    assert found_ids(html) == [video.pk]
    assert "7.654.321" not in html
    assert "7,654,321" not in html
    assert re.search(r'max="100"\s+value="21"', html)
    assert "5678" not in html


def test_the_view_is_remembered(page: Client, video_list: VideoList) -> None:
    add_spoken(video_list)
    assert 'class="table found-videos"' in text(page.get("/search/?q=kolibri&view=table"))
    assert 'class="table found-videos"' in text(page.get("/search/?q=kolibri"))


@pytest.mark.parametrize("path", ["/search/", "/search/ids/", "/search/moments/", "/search/saved/"])
def test_a_search_is_for_signed_in_people(client: Client, path: str) -> None:
    assert client.get(path).status_code == 302
