"""The list page and its fragments."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.markup import squeeze
from tests.tiers import some_first
from videos.causes import Cause
from videos.contexts import list_page
from videos.models import ListEntry, Video, VideoList
from videos.queries import PAGE_SIZE, AllVideos
from videos.services import KEPT_DELETED, delete_list, purge_deleted_lists
from videos.stages import CaptionsSource, Stage
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def titles(html: str) -> list[str]:
    return re.findall(r'<h3 title="([^"]*)"', html)


def html_of(client: Client, url: str, **options: Any) -> str:
    response = client.get(url, **options)
    assert response.status_code == 200
    return squeeze(response.content.decode())


def fill(video_list: VideoList, count: int) -> None:
    videos = Video.objects.bulk_create(
        [
            Video(
                youtube_id=video_id(n),
                title=f"Video {n}",
                channel="Clocks",
                import_stage=Stage.COMPLETE,
                import_progress=100,
            )
            for n in range(1, count + 1)
        ]
    )
    ListEntry.objects.bulk_create(
        [
            ListEntry(video_list=video_list, video=video, position=n)
            for n, video in enumerate(videos, 1)
        ]
    )
    VideoList.objects.filter(pk=video_list.pk).update(last_position=count)


def test_it_leads_to_the_login_and_back(client: Client, video_list: VideoList) -> None:
    response = client.get(video_list.get_absolute_url())
    assert (
        response.headers["Location"] == f"{reverse('login')}?next={video_list.get_absolute_url()}"
    )


def test_a_fragment_without_a_session_leads_to_the_login(
    client: Client, video_list: VideoList
) -> None:
    url = video_list.get_absolute_url()
    response = client.get(
        reverse("list_cards", args=[video_list.pk]),
        headers=HTMX | {"HX-Current-URL": f"http://testserver{url}"},
    )
    assert response.headers["HX-Redirect"] == f"{reverse('login')}?next={url}"


def test_the_first_page_is_the_newest_list_or_an_invitation(page: Client, alice: Any) -> None:
    assert "import-dialog" in html_of(page, "/")
    VideoList.objects.create(owner=alice, name="Old")
    new = VideoList.objects.create(owner=alice, name="New")
    assert page.get("/").headers["Location"] == new.get_absolute_url()


@pytest.mark.parametrize(
    "name",
    ["list_detail", "list_cards", "list_facets", "list_rename", "list_delete", "import_create"],
)
def test_a_list_of_somebody_else_is_not_there(
    client: Client, bob: Any, video_list: VideoList, name: str
) -> None:
    client.force_login(bob)
    assert client.get(reverse(name, args=[video_list.pk])).status_code == 404


def test_a_video_in_nobody_elses_list_is_seen_and_no_other(
    page: Client, bob: Any, video_list: VideoList
) -> None:
    mine = add_video(video_list, 1)
    theirs = add_video(VideoList.objects.create(owner=bob, name="Theirs"), 2)
    assert page.get(mine.get_absolute_url()).status_code == 200
    assert page.get(theirs.get_absolute_url()).status_code == 404


def test_a_card_says_what_the_contract_promises(page: Client, video_list: VideoList) -> None:
    add_video(video_list, 1)
    waiting = add_video(video_list, 2, stage=Stage.METADATA, title="Half way")
    html = html_of(page, video_list.get_absolute_url())
    card = re.search(rf'<article[^>]*data-video-id="{waiting.pk}".*?</article>', html, re.DOTALL)
    assert card
    for part in (
        'class="card importing"',
        'data-testid="video-card"',
        'data-stage="metadata"',
        'data-version="0"',
        'aria-disabled="true"',
        'role="progressbar"',
        'aria-valuenow="25"',
    ):
        assert part in card[0]
    assert "<a href" not in card[0]
    assert html.count('role="progressbar"') == 1


@pytest.mark.parametrize("where", ["list", "search"])
def test_the_cards_know_the_words_of_every_stage(
    page: Client, video_list: VideoList, where: str
) -> None:
    add_video(video_list, 1, title="Kolibri")
    address = "/search/?q=kolibri" if where == "search" else f"/lists/{video_list.pk}/"
    html = html_of(page, address)
    words = dict(re.findall(r'data-stage([a-z]+)="([^"]+)"', html))
    assert words == {stage.value: stage.label for stage in Stage}


def test_a_failed_card_has_its_message_and_buttons(page: Client, video_list: VideoList) -> None:
    video = add_video(video_list, stage=Stage.ERROR, error_cause=Cause.PRIVATE)
    html = html_of(page, video_list.get_absolute_url(), headers={"Accept-Language": "de"})
    assert 'data-testid="error-tooltip"' in html
    assert "Dieses Video ist privat." in html
    assert reverse("video_retry", args=[video.pk]) in html
    assert reverse("entry_remove", args=[video_list.pk]) in html


def test_a_video_without_captions_is_usable_and_marked(page: Client, video_list: VideoList) -> None:
    video = add_video(video_list, captions_source=CaptionsSource.NONE)
    html = html_of(page, video_list.get_absolute_url())
    assert 'data-testid="no-captions"' in html
    assert f'<a href="{video.get_absolute_url()}?list={video_list.pk}"' in html


def test_what_others_wrote_is_text(page: Client, alice: Any) -> None:
    nasty = "<img src=x onerror=alert(1)>\"'"
    video_list = VideoList.objects.create(owner=alice, name=nasty)
    video = add_video(
        video_list, title=nasty, channel=nasty, description=nasty + " javascript:alert(1)"
    )
    for url in (
        video_list.get_absolute_url(),
        video.get_absolute_url(),
        reverse("list_delete", args=[video_list.pk]),
    ):
        html = html_of(page, url)
        assert "<img src=x" not in html
        assert 'href="javascript' not in html


def test_ids_are_never_written_with_thousands_separators(page: Client, alice: Any) -> None:
    video_list = VideoList.objects.create(pk=123456, owner=alice, name="Far")
    add_video(video_list, pk=7654321, stage=Stage.CREATED)
    html = html_of(page, video_list.get_absolute_url(), headers={"Accept-Language": "de"})
    assert "123.456" not in html
    assert "7.654.321" not in html
    assert 'data-video-id="7654321"' in html


# Pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sort",
    some_first(["newest", "title", "longest", "oldest", "channel", "shortest", "published"], 3),
)
def test_paging_shows_every_video_once_in_any_order(
    page: Client, video_list: VideoList, sort: str
) -> None:
    fill(video_list, 150)
    url: str | None = f"{video_list.get_absolute_url()}?sort={sort}"
    seen: list[str] = []
    while url:
        html = html_of(page, url)
        seen += titles(html)
        following = re.search(r'rel="next" href="([^"]*)"', html)
        url = (
            video_list.get_absolute_url() + following[1].replace("&amp;", "&")
            if following
            else None
        )
    assert len(seen) == 150
    assert len(set(seen)) == 150
    if sort == "newest":
        assert seen[:2] == ["Video 150", "Video 149"]


def test_the_next_cards_come_as_a_fragment(page: Client, video_list: VideoList) -> None:
    fill(video_list, 100)
    html = html_of(page, f"{video_list.get_absolute_url()}?before=41", headers=HTMX)
    assert html.lstrip().startswith('<div class="page"> <article')
    assert len(titles(html)) == 40
    assert "rel=" not in html


@pytest.mark.parametrize("before", ["x", "5~", "~", "99999999999999999999999", "-1"])
def test_a_mistyped_cursor_shows_no_error(page: Client, video_list: VideoList, before: str) -> None:
    add_video(video_list)
    for sort in ("newest", "longest"):
        assert (
            page.get(video_list.get_absolute_url(), {"before": before, "sort": sort}).status_code
            == 200
        )


def test_a_long_list_costs_as_many_queries_as_a_short_one(page: Client, alice: Any) -> None:
    counts = []
    for size in (PAGE_SIZE // 2, 20 * PAGE_SIZE):
        Video.objects.all().delete()
        video_list = VideoList.objects.create(owner=alice, name=f"{size}")
        fill(video_list, size)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            html = html_of(page, video_list.get_absolute_url())
        assert len(html) < 150_000
        assert not any("description" in query["sql"] or "cues" in query["sql"] for query in queries)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


# Filters ------------------------------------------------------------------------------------------


def test_filters_narrow_and_name_themselves(page: Client, video_list: VideoList) -> None:
    add_video(video_list, 1, title="A pendulum", channel="Clocks", duration=100)
    add_video(video_list, 2, title="A long pendulum", channel="Clocks", duration=4000)
    add_video(video_list, 3, stage=Stage.ERROR)
    add_video(video_list, 4, title="Silent", captions_source=CaptionsSource.NONE)
    url = video_list.get_absolute_url()
    assert titles(html_of(page, f"{url}?q=pendulum&length=long")) == ["A long pendulum"]
    assert titles(html_of(page, f"{url}?stage=error")) == ["Private video"]
    assert titles(html_of(page, f"{url}?captions=none")) == ["Silent"]
    assert titles(html_of(page, f"{url}?channel=Clocks&sort=title")) == [
        "A long pendulum",
        "A pendulum",
    ]
    assert "nothing-found" in html_of(page, f"{url}?q=pendulum&stage=error")
    assert len(titles(html_of(page, f"{url}?stage=nonsense&sort=nonsense"))) == 4


def test_the_side_bar_counts_each_option_under_the_other_filters(
    page: Client, video_list: VideoList
) -> None:
    add_video(video_list, 1, channel="Watches", duration=100)
    add_video(video_list, 2, channel="Watches", duration=4000, captions_source=CaptionsSource.NONE)
    add_video(video_list, 3, stage=Stage.CREATED)
    html = html_of(page, reverse("list_facets", args=[video_list.pk]) + "?length=short")
    counts = dict(re.findall(r"<span>([^<]+)</span> <span>(\d+)</span>", html))
    assert counts["Complete"] == "1"
    assert counts["Over 20 min"] == "1"
    assert counts["Without captions"] == "0"
    assert counts["Watches"] == "1"


# Fragments ----------------------------------------------------------------------------------------


def test_cards_come_as_they_are_now_and_only_from_this_list(
    page: Client, bob: Any, video_list: VideoList
) -> None:
    mine, theirs = (
        add_video(video_list, 1),
        add_video(VideoList.objects.create(owner=bob, name="Theirs"), 2),
    )
    html = html_of(
        page, reverse("list_cards", args=[video_list.pk]) + f"?ids={mine.pk},{theirs.pk},x,"
    )
    assert titles(html) == ["Video 1"]


def test_new_cards_come_on_top_or_many_as_a_whole_page(page: Client, video_list: VideoList) -> None:
    add_video(video_list, 1)
    url = reverse("list_cards", args=[video_list.pk])
    assert page.get(f"{url}?since=1").status_code == 204
    add_video(video_list, 2)
    html = html_of(page, f"{url}?since=1")
    assert 'hx-swap-oob="afterbegin:#cards"' in html
    assert titles(html) == ["Video 2"]
    ListEntry.objects.all().delete()
    Video.objects.all().delete()
    fill(video_list, PAGE_SIZE + 5)
    html = html_of(page, f"{url}?since=1")
    assert 'id="results"' in html
    assert len(titles(html)) == PAGE_SIZE


# Lists --------------------------------------------------------------------------------------------


def test_lists_are_made_renamed_and_deleted(page: Client, alice: Any) -> None:
    response = page.post(reverse("list_create"), {"name": "  Watches\n"})
    video_list = VideoList.objects.get(owner=alice)
    assert response.headers["Location"] == video_list.get_absolute_url()
    assert video_list.name == "Watches"
    page.post(reverse("list_rename", args=[video_list.pk]), {"name": "Clocks"})
    video_list.refresh_from_db()
    assert video_list.name == "Clocks"
    response = page.post(reverse("list_delete", args=[video_list.pk]), headers=HTMX)
    assert response.headers["HX-Redirect"] == "/"
    assert page.get(video_list.get_absolute_url()).status_code == 404


def test_lists_of_one_name_can_be_told_apart(page: Client, alice: Any, bob: Any) -> None:
    VideoList.objects.create(owner=bob, name="Clocks")
    hint = "You have another list named “Clocks”."
    first = page.post(reverse("list_create"), {"name": "Clocks"}, follow=True)
    assert hint not in first.content.decode()
    VideoList.objects.create(owner=alice, name="Clocks (2)")
    html = squeeze(
        page.post(reverse("list_create"), {"name": "Clocks"}, follow=True).content.decode()
    )
    assert hint in html
    sign = re.search(r'data-testid="message">.*?#i-(\w+)"', html)
    assert sign is not None
    assert sign[1] == "warn"
    side = html[html.index('id="lists"') :]
    shown = re.findall(r"<span>(Clocks[^<]*)</span>", side[: side.index("</ul>")])
    assert shown == ["Clocks", "Clocks (3)", "Clocks (2)"]
    assert re.findall(r'value="\d+"[^>]*>(Clocks[^<]*)</option>', html) == shown


def test_a_new_name_that_another_list_has_is_said(page: Client, alice: Any) -> None:
    for name in ("Clocks", "Watches"):
        VideoList.objects.create(owner=alice, name=name)
    watches = VideoList.objects.get(name="Watches")
    rename = reverse("list_rename", args=[watches.pk])
    hint = "You have another list named"
    assert hint not in page.post(rename, {"name": "Watches"}, follow=True).content.decode()
    assert hint in page.post(rename, {"name": "Clocks"}, follow=True).content.decode()


def test_a_deleted_list_comes_back_with_all_it_had(page: Client, video_list: VideoList) -> None:
    video = add_video(video_list, note="look")
    html = page.post(reverse("list_delete", args=[video_list.pk]), follow=True).content.decode()
    assert "“Clocks” is deleted." in html
    assert page.get(video.get_absolute_url()).status_code == 404
    undo = re.search(
        r'action="([^"]+)" method="post">(?:(?!</form>).)*Undo</button>', html, re.DOTALL
    )
    assert undo
    html = page.post(undo[1], follow=True).content.decode()
    assert "“Clocks” is back." in html
    assert titles(html) == ["Video 1"]
    assert video_list.entries.get().note == "look"


def test_a_deleted_list_comes_back_for_its_owner_within_a_day(
    client: Client, bob: Any, video_list: VideoList
) -> None:
    delete_list(video_list=video_list)
    client.force_login(bob)
    client.post(reverse("list_restore", args=[video_list.pk]))
    assert not VideoList.objects.owned_by(video_list.owner).exists()
    purge_deleted_lists(timezone.now() + KEPT_DELETED - timedelta(minutes=1))
    assert VideoList.objects.exists()
    purge_deleted_lists(timezone.now() + KEPT_DELETED)
    assert not VideoList.objects.exists()
    client.force_login(video_list.owner)
    assert (
        "can no longer be undone"
        in client.post(reverse("list_restore", args=[video_list.pk]), follow=True).content.decode()
    )


def test_a_list_without_a_name_keeps_the_form_open(page: Client) -> None:
    response = page.post(reverse("list_create"), {"name": "  "}, headers=HTMX)
    assert response.status_code == 422
    assert "A list needs a name." in response.content.decode()


def test_table_heads_sort_by_their_column(video_list: VideoList) -> None:
    """The one it is sorted by turns round, and the others keep their first order."""
    page = list_page(video_list, {"sort": "title"}, table=True)
    heads = {head.label: (head.direction, head.next_sort) for head in page.table_heads}
    assert heads["Title"] == ("ascending", "title-z")
    assert heads["Channel"] == ("", "channel")
    assert heads["Tags"] == ("", "")
    page = list_page(AllVideos(video_list.owner), {"sort": "title-z"}, table=True)
    heads = {head.label: (head.direction, head.next_sort) for head in page.table_heads}
    assert heads["Title"] == ("descending", "title")
    assert heads["List"] == ("", "")


@pytest.mark.parametrize("name", ["channel", "tag"])
def test_narrowing_is_shown_by_its_name(video_list: VideoList, name: str) -> None:
    (shown,) = list_page(video_list, {name: "Clocks"}, table=False).narrowings
    assert (shown.label, shown.name) == ("Clocks", name)
    assert list_page(video_list, {}, table=False).narrowings == []


def test_the_view_is_remembered(page: Client, video_list: VideoList) -> None:
    add_video(video_list)
    url = video_list.get_absolute_url()
    assert 'class="table"' in html_of(page, f"{url}?view=table")
    assert 'class="table"' in html_of(page, url)
    assert 'class="grid"' in html_of(page, f"{url}?view=cards")


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        (Cause.PRIVATE, "Private video"),
        (Cause.UNAVAILABLE, "Unavailable video"),
        (Cause.MEMBERS_ONLY, "Members-only video"),
        (Cause.NETWORK, "Title unknown"),
    ],
)
@pytest.mark.parametrize("view", ["", "?view=table"])
def test_card_without_a_title_says_why_and_its_id(
    page: Client, video_list: VideoList, cause: Cause, title: str, view: str
) -> None:
    add_video(video_list, 7, stage=Stage.ERROR, error_cause=cause)
    html = html_of(page, video_list.get_absolute_url() + view)
    assert f'<h3 title="{title}"> {title} <small>{video_id(7)}</small>' in html
    assert f"Select {video_id(7)}" in html


def test_card_that_waits_for_its_title_says_so(page: Client, video_list: VideoList) -> None:
    add_video(video_list, 7, stage=Stage.CREATED)
    html = html_of(page, video_list.get_absolute_url())
    assert "Title follows" in html
    assert f"<small>{video_id(7)}" not in html


def test_card_takes_the_title_of_a_file_over_words(page: Client, video_list: VideoList) -> None:
    add_video(video_list, 7, stage=Stage.ERROR)
    ListEntry.objects.update(file_title="From a file")
    assert titles(html_of(page, video_list.get_absolute_url())) == ["From a file"]
