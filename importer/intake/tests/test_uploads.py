"""Uploaded files become imports: the right lists, with notes, tags and dates, whatever somebody
else or an earlier import left there.
"""

import io
import json
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from importer.imports.annotations import Annotation, annotate
from importer.imports.models import ImportBatch, ImportItem, Source, Verdict
from importer.imports.plans import plan_import
from importer.intake.files import Budget, FileProblem, FileRefused, Group, Kind, Limits
from importer.intake.reading import ReadUpload, UploadRefused, judge_lines
from importer.intake.uploads import (
    plan_uploads,
    preview_uploads,
    read_uploads,
)
from importer.parsing import parse_lines
from importer.tests.takeout import added_at, takeout_zip
from tests.standins import video_id
from videos.changes import undo_change
from videos.exports import entries_as_json
from videos.models import ListEntry, Tag, Video, VideoList
from videos.selection import move_entries
from videos.services import create_list, delete_list

pytestmark = pytest.mark.django_db
SUBSCRIPTIONS = "Channel ID,Channel URL,Channel title\nUCuAXFkgsw1L7xaCfnd5JJOw,http://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw,C\n"
BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><DT>
<A HREF="https://youtu.be/{0}" ADD_DATE="1614834367" TAGS="swiss,clock">First</A><DD>the best
<DT><A HREF="https://youtu.be/{1}">Second</A></DL>"""


def read(**files: str | bytes) -> tuple[ReadUpload, ...]:
    contents = {
        name.replace("_", "."): content.encode() if isinstance(content, str) else content
        for name, content in files.items()
    }
    return read_uploads((name, io.BytesIO(content)) for name, content in contents.items())


def urls(*numbers: int) -> str:
    return "".join(f"https://youtu.be/{video_id(n)}\n" for n in numbers)


def held(video_list: VideoList) -> list[str]:
    return list(
        video_list.entries.order_by("-position").values_list("video__youtube_id", flat=True)
    )


def upload(
    owner: Any, files: tuple[ReadUpload, ...], video_list: VideoList | None = None, **options: Any
) -> list[ImportBatch]:
    plans = plan_uploads(
        owner=owner, video_list=video_list, files=files, source=Source.WEB, **options
    )
    return [plan.start().batch for plan in plans]


def test_it_makes_a_list_of_each_playlist_with_its_dates(alice: Any) -> None:
    for language in ("en", "de"):
        upload(alice, read(takeout_zip=takeout_zip(playlists=3, videos=4, language=language)))
        lists = list(VideoList.objects.owned_by(alice).order_by("pk"))
        assert [video_list.name for video_list in lists] == ["List 0", "List 1", "List 2"], language
        assert [held(video_list) for video_list in lists] == [
            [video_id(n) for n in range(i * 4, i * 4 + 4)] for i in range(3)
        ]
    dates = dict(ListEntry.objects.values_list("video__youtube_id", "added_at"))
    assert dates == {video_id(n): added_at(n) for n in range(12)}
    assert ImportItem.objects.filter(verdict=Verdict.DUPLICATE).count() == 12


def test_it_uses_the_list_of_that_name_and_nobody_elses(alice: Any, bob: Any) -> None:
    create_list(owner=bob, name="List 0")
    mine = create_list(owner=alice, name="List 0")
    (batch,) = upload(alice, read(takeout_zip=takeout_zip(playlists=1, videos=2)))
    assert (batch.video_list, batch.owner) == (mine, alice)
    assert not ListEntry.objects.filter(video_list__owner=bob).exists()


def test_plain_files_and_pasted_text_become_one_import(alice: Any, video_list: VideoList) -> None:
    (batch,) = upload(
        alice,
        read(a_txt=urls(2, 3), b_txt=f"\n{urls(3, 4)}"),
        video_list,
        lines=list(parse_lines(urls(1))),
    )
    assert batch.video_list == video_list
    assert held(video_list) == [video_id(n) for n in (1, 2, 3, 4)]
    assert list(batch.items.order_by("number").values_list("line", "verdict")) == [
        (1, "new"),
        (2, "new"),
        (3, "new"),
        (5, "repeated"),  # the second file begins after the three lines before it
        (6, "new"),
    ]


def test_a_plain_file_without_a_list_makes_one_of_its_name(alice: Any) -> None:
    first, second = upload(alice, read(talks_txt=urls(1), clocks_txt=urls(2)))
    assert (first.video_list.name, second.video_list.name) == ("talks", "clocks")


def test_it_keeps_notes_tags_and_dates_and_shows_titles_at_once(
    alice: Any, video_list: VideoList
) -> None:
    upload(alice, read(marks_html=BOOKMARKS.format(video_id(1), video_id(2))), video_list)
    entry = ListEntry.objects.get(video__youtube_id=video_id(1))
    assert (entry.note, entry.added_at.isoformat()) == ("the best", "2021-03-04T05:06:07+00:00")
    assert [tag.name for tag in entry.tags.all()] == ["clock", "swiss"]
    titles = ListEntry.objects.values_list("file_title", "video__title", "video__import_stage")
    assert sorted(titles) == [("First", "", "created"), ("Second", "", "created")]
    assert set(Tag.objects.values_list("owner", flat=True)) == {alice.pk}


def test_a_note_that_is_there_stays_and_an_empty_one_is_filled(
    alice: Any, video_list: VideoList
) -> None:
    upload(alice, read(a_txt=urls(1, 2, 3)), video_list)
    ListEntry.objects.filter(video__youtube_id=video_id(1)).update(note="mine")
    before = dict(ListEntry.objects.values_list("pk", "added_at"))
    table = "url,note,tags\n" + "".join(
        f"https://youtu.be/{video_id(n)},theirs,x\n" for n in (1, 2)
    )
    upload(alice, read(b_csv=table), video_list)
    notes = dict(ListEntry.objects.values_list("video__youtube_id", "note"))
    assert notes == {video_id(1): "mine", video_id(2): "theirs", video_id(3): ""}
    assert Tag.objects.get().entries.count() == 2
    assert dict(ListEntry.objects.values_list("pk", "added_at")) == before


def test_the_second_of_two_equal_lines_fills_gaps(alice: Any, video_list: VideoList) -> None:
    table = f"url,note,tags,date\nhttps://youtu.be/{video_id(1)},,a,\nhttps://youtu.be/{video_id(1)},n,b,2021-03-04\n"
    upload(alice, read(a_csv=table), video_list)
    entry = ListEntry.objects.get()
    assert (entry.note, entry.added_at.year, [tag.name for tag in entry.tags.all()]) == (
        "n",
        2021,
        ["a", "b"],
    )


def test_a_title_never_replaces_what_the_library_knows(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    Video.objects.create(youtube_id=video_id(1), title="The true one")
    upload(alice, read(a_csv=f"url,title\nhttps://youtu.be/{video_id(1)},Another\n"), video_list)
    assert Video.objects.get().title == "The true one"


def test_a_title_from_a_file_is_its_owners_alone(
    alice: Any, bob: Any, video_list: VideoList, client: Client
) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    table = f"url,title\nhttps://youtu.be/{video_id(1)},Call 1-900-SCAM\n"
    upload(bob, read(a_csv=table), theirs)
    upload(alice, read(a_txt=urls(1)), video_list)

    assert shown_titles(client, bob, theirs) == ["Call 1-900-SCAM"]
    assert shown_titles(client, alice, video_list) == [""]
    assert "SCAM" not in client.get(f"/lists/{video_list.pk}/").content.decode()

    Video.objects.update(title="What YouTube says")
    assert shown_titles(client, bob, theirs) == ["What YouTube says"]


def test_a_title_from_a_file_survives_moving_and_undoing(alice: Any, video_list: VideoList) -> None:
    table = f"url,title\nhttps://youtu.be/{video_id(1)},Mine\n"
    upload(alice, read(a_csv=table), video_list)
    target = VideoList.objects.create(owner=alice, name="More")
    video_ids = list(video_list.entries.values_list("video", flat=True))

    change = move_entries(video_list=video_list, target=target, video_ids=video_ids)
    assert target.entries.get().file_title == "Mine"
    undo_change(owner=alice, change_id=change.pk)
    assert video_list.entries.get().file_title == "Mine"


def shown_titles(client: Client, user: Any, video_list: VideoList) -> list[str]:
    """What REST and the exported list call the videos."""
    client.force_login(user)
    rest = client.get(f"/api/lists/{video_list.pk}/videos").json()["results"]
    titles = [video["title"] for video in rest]
    exported = json.loads("".join(entries_as_json(video_list.entries.all(), name="x")))
    assert [video["title"] for video in exported["videos"]] == titles
    return titles


def test_subscriptions_and_history_wait_to_be_asked_for(alice: Any, video_list: VideoList) -> None:
    watched = {
        "title": "Watched X",
        "titleUrl": f"https://www.youtube.com/watch?v={video_id(1)}",
        "time": "2024-01-02T03:04:05Z",
    }
    history = json.dumps([watched])
    files = read(subscriptions_csv=SUBSCRIPTIONS, watch_json=history, a_txt=urls(2))
    shown = preview_uploads(owner=alice, video_list=video_list, files=files)
    assert [(group.kind, group.wanted, group.list_name, group.makes_list) for group in shown] == [
        (Kind.SUBSCRIPTIONS, False, "subscriptions", True),
        (Kind.HISTORY, False, "Clocks", False),
        (Kind.LINES, True, "Clocks", False),
    ]
    assert (shown[0].preview.playlists, shown[0].preview.channels) == (0, 1)
    (batch,) = upload(alice, files, video_list)
    assert held(batch.video_list) == [video_id(2)]
    (batch,) = upload(alice, files, video_list, wanted_groups=[shown[0].key])
    assert batch.video_list.name == "subscriptions"
    assert batch.items.get().verdict == Verdict.EXPANDING
    assert upload(alice, files, video_list, wanted_groups=[]) == []


def test_a_preview_of_files_counts_and_writes_nothing(alice: Any, video_list: VideoList) -> None:
    upload(alice, read(a_txt=urls(1)), video_list)
    before = (Video.objects.count(), VideoList.objects.count(), ImportBatch.objects.count())
    shown = preview_uploads(
        owner=alice,
        video_list=video_list,
        files=read(b_txt=f"{urls(1, 2)}\nhttps://vimeo.com/1\n{urls(2)}"),
    )
    (group,) = shown
    preview = group.preview
    assert (preview.videos, preview.new, preview.known_here, preview.repeated) == (2, 1, 1, 1)
    assert [(line.line, line.text) for line in preview.unusable] == [(4, "https://vimeo.com/1")]
    assert (Video.objects.count(), VideoList.objects.count(), ImportBatch.objects.count()) == before


def test_keys_of_groups_are_the_same_for_the_same_files(alice: Any) -> None:
    files: dict[str, str | bytes] = {"t_zip": takeout_zip(playlists=3, videos=1), "a_txt": urls(7)}
    first, second = ([key for file in read(**files) for key in file.groups] for _ in range(2))
    assert first == second == ["1.1", "1.2", "1.3", "2.1"]


def test_an_unreadable_file_is_named_and_nothing_is_imported() -> None:
    with pytest.raises(UploadRefused) as refused:
        read(a_txt=urls(1), b_zip=b"PK\x03\x04 not really")
    assert (refused.value.name, refused.value.problem) == ("b.zip", FileProblem.DAMAGED)


@pytest.mark.slow
def test_all_files_together_are_as_long_as_one_may_be() -> None:
    half = "https://youtu.be/\n" * 60_000
    with pytest.raises(UploadRefused) as refused:
        read(a_txt=half, b_txt=half)
    assert (refused.value.name, refused.value.problem) == ("b.txt", FileProblem.TOO_MANY_LINES)


def test_lines_over_the_limit_are_kept_as_such(
    alice: Any, video_list: VideoList, settings: Any
) -> None:
    settings.MAX_BATCH_LINES = 3
    (batch,) = upload(alice, read(a_txt=urls(1, 2), b_txt=urls(3, 4)), video_list)
    verdicts = list(batch.items.order_by("number").values_list("verdict", flat=True))
    assert verdicts == ["new", "new", "new", "over_limit"]
    files = read(a_txt=urls(*range(5)))
    (shown,) = preview_uploads(owner=alice, video_list=None, files=files)
    assert shown.preview.over_limit == 2


def test_a_file_knows_whether_there_is_an_address_in_it() -> None:
    with_one, without = read(a_txt=f"hello\n{urls(1)}", b_txt="hello\nworld\n")
    assert (with_one.has_addresses(), without.has_addresses()) == (True, False)


@pytest.mark.slow
def test_reading_ten_thousand_lines_takes_little_memory() -> None:
    content = takeout_zip(playlists=20, videos=500)
    tracemalloc.start()
    read(takeout_zip=content)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_tags_of_different_owners_never_mix(alice: Any, bob: Any, video_list: VideoList) -> None:
    other = create_list(owner=bob, name="x")
    for owner, theirs in ((alice, video_list), (bob, other)):
        lines = parse_lines(urls(1))
        plan_import(owner=owner, video_list=theirs, lines=lines, source=Source.WEB).start()
    video = Video.objects.get()
    for one in (video_list, other):
        annotate(one, {video.pk: Annotation("n", ("same", " same ", ""))})
    assert sorted(Tag.objects.values_list("owner", "name")) == sorted(
        [(alice.pk, "same"), (bob.pk, "same")]
    )
    assert [tag.owner for tag in other.entries.get().tags.all()] == [bob]


def test_looking_for_addresses_counts_against_the_budget() -> None:
    (upload,) = read(a_txt=urls(*range(3_000)))
    (group,) = upload.groups.values()
    assert all(line.pieces for line in group.lines)
    unjudged = Group(group.heading, [replace(line, pieces=None) for line in group.lines])
    with pytest.raises(FileRefused) as refused:
        judge_lines(unjudged, Budget(Limits(looks=1_000)), room=10_000)
    assert refused.value.problem == FileProblem.TOO_MANY_LINES


def test_nothing_goes_into_a_deleted_list(alice: Any, video_list: VideoList) -> None:
    """A file names a list that was deleted a moment ago: another one of that name is made."""
    delete_list(video_list=video_list)
    upload(alice, read(lists_csv=f"list,url\n{video_list.name},https://youtu.be/{video_id(1)}\n"))
    new = VideoList.objects.owned_by(alice).get(name=video_list.name)
    assert new.pk != video_list.pk
    assert held(new) == [video_id(1)]
    assert not ListEntry.objects.filter(video_list=video_list).exists()
