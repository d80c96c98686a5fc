"""POST /api/lists/{id}/videos/batch: many addresses, each line kept with its verdict."""

import json
from typing import Any

import pytest

from enrichment.models import EnrichmentJob
from importer.imports.models import Expansion, ImportBatch, ImportItem
from tests.people import rest
from videos.models import ListEntry, Video, VideoList
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db
PLAYLIST = "https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"


def post(user: Any, video_list: VideoList, slash: str = "", **body: Any) -> Any:
    return rest(user).post(
        f"/api/lists/{video_list.pk}/videos/batch{slash}", body, content_type="application/json"
    )


def urls(*numbers: int) -> list[str]:
    return [f"https://youtu.be/{video_id(n)}" for n in numbers]


@pytest.mark.parametrize("slash", ["", "/"])
def test_it_counts_by_verdict(alice: Any, bob: Any, video_list: VideoList, slash: str) -> None:
    add_video(video_list, 1)
    add_video(VideoList.objects.create(owner=bob, name="Bob's"), 2)
    answer = post(alice, video_list, slash, urls=[*urls(1, 2, 3, 4, 3), "hello world", PLAYLIST])
    assert answer.status_code == 201
    batch = ImportBatch.objects.get()
    assert answer.json() == {
        "batch": batch.pk,
        "created": 3,
        "known": 0,
        "duplicates": 2,
        "invalid": 1,
        "expanding": 1,
        "over_limit": 0,
    }
    verdicts = list(batch.items.order_by("number").values_list("number", "verdict"))
    assert verdicts == [
        (1, "duplicate"),
        (2, "new"),
        (3, "new"),
        (4, "new"),
        (5, "repeated"),
        (6, "invalid"),
        (7, "expanding"),
    ]
    assert (Expansion.objects.count(), EnrichmentJob.objects.count(), batch.state) == (
        1,
        2,
        "running",
    )


def test_it_takes_any_text(alice: Any, video_list: VideoList) -> None:
    text = (
        f"My favourites:\n\n1. {urls(1)[0]} (great)\r\n{video_id(2)}\n"
        f"{urls(3)[0]} and {urls(4)[0]}\n"
    )
    answer = post(alice, video_list, text=text).json()
    assert (answer["created"], answer["invalid"]) == (4, 1)
    assert list(ImportItem.objects.order_by("number").values_list("line", flat=True)) == [
        1,
        3,
        4,
        5,
        5,
    ]


@pytest.mark.parametrize(("whole", "counted"), [(False, (2, 0)), (True, (1, 1))])
def test_a_video_in_a_playlist_may_mean_the_playlist(
    alice: Any, video_list: VideoList, whole: bool, counted: Any
) -> None:
    beside = f"{urls(1)[0]}?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
    answer = post(alice, video_list, urls=[beside, video_id(2)], whole_playlists=whole).json()
    assert (answer["created"], answer["expanding"]) == counted


def test_it_keeps_whatever_is_given(alice: Any, video_list: VideoList) -> None:
    given = [
        "",
        " ",
        "\0",
        "\ud800",
        "\u202e",
        "x" * 5000,
        "=1+1",
        f"{urls(1)[0]}\0",
        7,
        "<script>",
        *urls(2),
    ]
    body = json.dumps({"urls": given})
    answer = rest(alice).post(
        f"/api/lists/{video_list.pk}/videos/batch", body, content_type="application/json"
    )
    assert answer.status_code == 201, answer.content
    assert ImportItem.objects.count() == len(given)
    assert answer.json()["created"] >= 1
    assert all("\0" not in item.text for item in ImportItem.objects.all())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"urls": []},
        {"text": ""},
        {"text": " \n\t "},
        {"urls": None},
        {"urls": "https://youtu.be/dQw4w9WgXcQ"},
        {"urls": [None]},
        {"urls": [["x"]]},
        {"urls": {"0": "x"}},
        {"text": ["x"]},
        {"text": 1.5e300, "urls": []},
        {"urls": ["x"], "text": "x"},
    ],
)
def test_it_refuses_a_body_of_another_shape(
    alice: Any, video_list: VideoList, body: dict[str, Any]
) -> None:
    answer = post(alice, video_list, **body)
    assert answer.status_code == 400
    assert answer.json()
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_it_refuses_ten_megabytes(alice: Any, video_list: VideoList, kind: str) -> None:
    answer = rest(alice).post(
        f"/api/lists/{video_list.pk}/videos/batch", b"x" * 10_000_000, content_type=kind
    )
    assert (answer.status_code, answer.json().keys()) == (413, {"detail"})


def test_lines_beyond_the_limit_are_kept_as_such(
    alice: Any, video_list: VideoList, settings: Any
) -> None:
    settings.MAX_BATCH_LINES = 3
    answer = post(alice, video_list, urls=urls(*range(5))).json()
    assert (answer["created"], answer["over_limit"]) == (3, 2)
    assert ImportItem.objects.count() == 5


def test_nothing_to_do_is_finished_at_once(alice: Any, bob: Any, video_list: VideoList) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    for n in range(3):
        add_video(theirs, n)
    batch = post(alice, video_list, urls=urls(0, 1, 2)).json()["batch"]
    answer = rest(alice).get(f"/api/imports/{batch}").json()
    assert (answer["state"], answer["total"], answer["done"], answer["percent"]) == (
        "finished",
        3,
        3,
        100,
    )
    assert not EnrichmentJob.objects.exists()


def test_the_first_line_is_on_top_and_the_newest_import_first(
    alice: Any, video_list: VideoList
) -> None:
    post(alice, video_list, urls=urls(1, 2))
    post(alice, video_list, urls=urls(3, 4))
    shown = rest(alice).get(f"/api/lists/{video_list.pk}/videos").json()["results"]
    assert [row["youtube_id"] for row in shown] == [video_id(n) for n in (3, 4, 1, 2)]


def test_its_queries_do_not_grow_with_its_lines(
    alice: Any, video_list: VideoList, django_assert_max_num_queries: Any
) -> None:
    client = rest(alice)
    for start, many, queries in ((0, 10, 21), (1000, 400, 21), (2000, 900, 66)):  # two slices
        body = json.dumps({"urls": urls(*range(start, start + many))})
        with django_assert_max_num_queries(queries):
            client.post(
                f"/api/lists/{video_list.pk}/videos/batch", body, content_type="application/json"
            )
    assert (Video.objects.count(), ListEntry.objects.count(), EnrichmentJob.objects.count()) == (
        1310,
        1310,
        1310,
    )


def test_it_knows_nothing_of_anybody_elses_list(bob: Any, video_list: VideoList) -> None:
    assert post(bob, video_list, urls=urls(1)).status_code == 404
    assert not ImportBatch.objects.exists()
