"""A list as CSV and JSON: no spreadsheet runs anything in it, and importing it again brings back
exactly what was there.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.imports.annotations import Annotation, annotate
from importer.imports.models import Source
from importer.intake.files import FileLine, ReadResult, read_file
from importer.intake.uploads import plan_uploads, read_uploads
from videos.export_cells import (
    COLUMNS,
    mark_formulas,
    tags_from_text,
    tags_to_text,
    unmark_formulas,
)
from videos.exports import entries_as_csv, entries_as_json
from videos.models import ListEntry, VideoList
from videos.services import create_list
from videos.tests.library import add_video, video_id
from videos.text import one_line, storable

NASTY = [
    "=1+1",
    "'=1+1",
    "''",
    "x;=HYPERLINK(1)",
    "-\n\n- a\n\n=b",
    "a &amp;amp; \\/ b",
    '"',
    "@x\t=y",
    "＝1",
    " '=",
    "\u200e=1",
    "a\r=b",
    "",
]
texts = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=80), st.text("=+-@'\";,\t\n ab＝", max_size=20)
)


def read(name: str, content: str) -> ReadResult:
    return read_file(name, io.BytesIO(content.encode()))


@given(texts)
def test_marking_formulas_can_be_undone(text: str) -> None:
    assert unmark_formulas(mark_formulas(text)) == text


@given(texts)
def test_nothing_marked_begins_like_a_formula(text: str) -> None:
    assert not any(
        part.lstrip(" ")[:1] in tuple("=+-@＝＋－＠")
        for part in re.split("[;\t\n]", mark_formulas(text))
    )


@given(st.lists(texts.map(lambda text: one_line(text, 50)).filter(bool), unique=True))
def test_tags_survive_their_text(tags: list[str]) -> None:
    assert tags_from_text(tags_to_text(tags)) == tags


@pytest.fixture
def nasty_list(alice: Any) -> VideoList:
    """Whatever people and YouTube may write."""
    video_list = create_list(owner=alice, name="=Liste")
    for number, text in enumerate(NASTY):
        video = add_video(
            video_list,
            number,
            title=one_line(text, 500),
            channel=one_line(text, 200),
            note=storable(text),
        )
        annotate(video_list, {video.pk: Annotation(tags=(text, "b,c", '"q"'))})
    ListEntry.objects.filter(video__youtube_id=video_id(1)).update(
        added_at=datetime(2021, 3, 4, 5, 6, 7, 890, tzinfo=UTC)
    )
    return video_list


def kept(video_list: VideoList) -> list[Any]:
    entries = video_list.entries.select_related("video").order_by("-position")
    return [
        (
            e.video.youtube_id,
            e.video.title,
            e.note,
            sorted(t.name for t in e.tags.all()),
            e.added_at,
        )
        for e in entries
    ]


def described(line: FileLine) -> Any:
    return (line.text[-11:], line.title, line.note, sorted(line.tags), line.added_at)


def list_as_csv(video_list: VideoList) -> Iterator[str]:
    return entries_as_csv(video_list.entries.order_by("-position"))


def list_as_json(video_list: VideoList) -> Iterator[str]:
    return entries_as_json(video_list.entries.order_by("-position"), name=video_list.name)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "export"), [("x.csv", list_as_csv), ("x.json", list_as_json)])
def test_it_is_read_again_exactly(nasty_list: VideoList, name: str, export: Any) -> None:
    (group,) = read(name, "".join(export(nasty_list))).groups
    assert [described(line) for line in group.lines] == kept(nasty_list)
    assert group.heading.name == ("=Liste" if name == "x.json" else "")


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "export"), [("x.csv", list_as_csv), ("x.json", list_as_json)])
def test_it_makes_the_same_list_for_somebody_else(
    nasty_list: VideoList, bob: Any, name: str, export: Any
) -> None:
    files = read_uploads([(name, io.BytesIO("".join(export(nasty_list)).encode()))])
    (plan,) = plan_uploads(owner=bob, video_list=None, files=files, source=Source.WEB)
    report = plan.start()
    assert kept(report.batch.video_list) == kept(nasty_list)
    assert report.batch.video_list.name == ("=Liste" if name == "x.json" else "x")


@pytest.mark.django_db
def test_a_spreadsheet_may_save_it_with_another_delimiter(nasty_list: VideoList) -> None:
    rows = csv.reader(
        io.StringIO("".join(list_as_csv(nasty_list)).removeprefix("\ufeff"), newline="")
    )
    saved = io.StringIO(newline="")
    csv.writer(saved, delimiter=";").writerows(rows)
    (group,) = read("x.csv", saved.getvalue()).groups
    assert [described(line) for line in group.lines] == kept(nasty_list)


@pytest.mark.django_db
def test_no_cell_begins_like_a_formula(nasty_list: VideoList) -> None:
    rows = list(
        csv.reader(io.StringIO("".join(list_as_csv(nasty_list)).removeprefix("\ufeff"), newline=""))
    )
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + len(NASTY)
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row
    )


@pytest.mark.django_db
def test_an_export_takes_a_few_queries(
    video_list: VideoList, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        add_video(video_list, number)
    for export in (list_as_csv, list_as_json):
        with django_assert_num_queries(2):
            list(export(video_list))


def test_an_empty_list_is_an_export_too(alice: Any) -> None:
    empty = create_list(owner=alice, name="x")
    assert list(list_as_csv(empty)) == [
        "\ufeff" + ",".join(f'"{name}"' for name in COLUMNS) + "\r\n"
    ]
    assert (
        "".join(list_as_json(empty))
        == '{"format": "sammelwerk-list", "version": 1, "name": "x", "videos": [\n]}\n'
    )


def test_a_stray_quote_and_a_damaged_row_cost_their_own_line() -> None:
    good = f"{video_id(1)},https://youtu.be/{video_id(1)}" + "," * 9
    content = f'{",".join(COLUMNS)}\n{good}\n"stray{good}\n{good}\n'
    (group,) = read("x.csv", content).groups
    assert [line.number for line in group.lines] == [2, 3, 4]
    assert [line.text for line in group.lines][::2] == [f"https://youtu.be/{video_id(1)}"] * 2


@pytest.mark.parametrize(
    "videos", ["7", "{}", "[7, null, [], {}]", '[{"url": 7, "tags": {"a": 1}, "note": null}]']
)
def test_json_that_only_looks_like_ours_is_no_error(videos: str) -> None:
    document = f'{{"format": "sammelwerk-list", "name": 7, "videos": {videos}}}'
    try:
        result = read("x.json", document)
    except Exception as error:  # noqa: BLE001
        assert type(error).__name__ == "FileRefused"  # noqa: PT017
    else:
        assert all(list(line.parsed()) for group in result.groups for line in group.lines)
