"""GET /api/imports/{id}/items, also as CSV."""

import csv
import io
from typing import Any

import pytest

from importer.tests.ledger import end, start
from tests.people import rest
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.tests.library import video_id

pytestmark = pytest.mark.django_db


def test_it_shows_every_line_with_verdict_reason_and_video(
    alice: Any, video_list: VideoList
) -> None:
    batch = start(video_list, 1, 1, text="https://evil.example/watch?v=dQw4w9WgXcQ")
    end(1, cause=Cause.PRIVATE)
    rows = rest(alice).get(f"/api/imports/{batch.pk}/items/").json()["results"]
    assert [(row["number"], row["line"], row["verdict"], row["reason"]) for row in rows] == [
        (1, 1, "new", None),
        (2, 2, "repeated", None),
        (3, 3, "invalid", "This address does not belong to YouTube."),
    ]
    assert [row["text"] for row in rows][2] == "https://evil.example/watch?v=dQw4w9WgXcQ"
    assert rows[0]["video"]["error"] == {"cause": "private", "message": "This video is private."}
    assert rows[2]["video"] is None


@pytest.mark.parametrize("many", [2, 120])
def test_it_pages_in_order_with_the_same_queries(
    alice: Any, video_list: VideoList, django_assert_num_queries: Any, many: int
) -> None:
    batch = start(video_list, *range(many))
    client = rest(alice)
    with django_assert_num_queries(3):
        answer = client.get(f"/api/imports/{batch.pk}/items").json()
    numbers = [row["number"] for row in answer["results"]]
    if answer["next"]:
        numbers += [row["number"] for row in client.get(answer["next"]).json()["results"]]
    assert numbers == list(range(1, many + 1))


def test_it_downloads_all_of_them_as_csv(
    alice: Any, video_list: VideoList, django_assert_num_queries: Any
) -> None:
    batch = start(video_list, *range(150), text="=cmd|'/c calc'!A1")
    Video.objects.filter(youtube_id=video_id(0)).update(
        title="@SUM(1)", import_stage="complete", import_progress=100
    )
    client = rest(alice)
    with django_assert_num_queries(3):
        answer = client.get(
            f"/api/imports/{batch.pk}/items?format=csv", headers={"accept": "text/csv"}
        )
        text = b"".join(answer).decode("utf-8-sig")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == [
        "number",
        "line",
        "text",
        "verdict",
        "reason",
        "youtube_id",
        "title",
        "stage",
        "error",
    ]
    assert rows[1] == [
        "1",
        "1",
        f"https://youtu.be/{video_id(0)}",
        "new",
        "",
        video_id(0),
        "'@SUM(1)",
        "complete",
        "",
    ]
    assert rows[-1][2:5] == ["'=cmd|'/c calc'!A1", "invalid", "This is not an address of a video."]
    assert len(rows) == 152


@pytest.mark.parametrize("start_with", ["=", "+", "-", "@", "\t=", "\r="])
def test_no_cell_runs_as_a_formula(alice: Any, video_list: VideoList, start_with: str) -> None:
    batch = start(video_list, 1)
    Video.objects.update(title=f"{start_with}1+1")
    text = b"".join(rest(alice).get(f"/api/imports/{batch.pk}/items?format=csv")).decode(
        "utf-8-sig"
    )
    (cells,) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert not any(cell.strip().startswith(("=", "+", "-", "@")) for cell in cells)


def test_it_refuses_a_format_it_does_not_write(alice: Any, video_list: VideoList) -> None:
    batch = start(video_list, 1)
    answer = rest(alice).get(f"/api/imports/{batch.pk}/items?format=xlsx")
    assert (answer.status_code, list(answer.json())) == (400, ["format"])


def test_it_speaks_the_callers_language(alice: Any, video_list: VideoList) -> None:
    batch = start(video_list, text="hello")
    english, german = (
        rest(alice)
        .get(f"/api/imports/{batch.pk}/items", headers={"accept-language": tongue})
        .json()["results"][0]["reason"]
        for tongue in ("en", "de")
    )
    assert english == "This is not an address of a video."
    assert german != english
