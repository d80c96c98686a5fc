"""A library as a file: dumped, loaded into a fresh installation and dumped again it is the same,
byte for byte; bad lines load nothing.
"""

import copy
import io
import itertools
import json
import random
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import QueryDict

from enrichment.models import EnrichmentJob
from enrichment.sources.types import PlaylistEntry
from enrichment.tests.holders import a_run
from importer.following import checks
from importer.following import services as following
from importer.following.models import Follow, FollowedVideo, FollowKind, Rhythm
from importer.imports.annotations import Annotation, annotate
from importer.imports.models import Expansion, ImportBatch, ImportItem
from importer.imports.services import pause_batch
from importer.tests.ledger import end, start
from importer.transfer import LibraryError, LoadReport, dump_library, load_library
from importer.transfer.lines import LONGEST_LINE, Line
from importer.transfer.load import RUN_BYTES, runs
from importer.webhooks.models import Webhook
from importer.webhooks.services import set_webhook
from tests.people import person
from videos.causes import Cause
from videos.models import Chapter, ListEntry, Preferences, Tag, Transcript, Video, VideoList
from videos.preferences import choose_languages, chosen_languages
from videos.search.asked import Asked
from videos.search.models import SavedSearch
from videos.search.saved import MOST_SAVED, save_search
from videos.services import create_list, delete_list
from videos.stages import CaptionsSource, Stage
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db
PLAYLIST = "https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
MOMENT = datetime(2021, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


def dump(owner: Any) -> bytes:
    return "".join(dump_library(owner)).encode()


def load(owner: Any, content: bytes | str) -> LoadReport:
    return load_library(
        owner=owner, stream=io.BytesIO(content.encode() if isinstance(content, str) else content)
    )


def fill(owner: Any) -> None:
    """A library with something of everything."""
    first, second = create_list(owner=owner, name="Clocks"), create_list(owner=owner, name="Clocks")
    complete = add_video(
        first,
        1,
        title="“Eins” \u200e=1+1",
        channel="Kanal",
        channel_id="UCuAXFkgsw1L7xaCfnd5JJOw",
        version=7,
    )
    Video.objects.filter(pk=complete.pk).update(
        description="a\n\nb", published_at=date(2020, 2, 29), finished_at=MOMENT
    )
    Chapter.objects.create(video=complete, number=1, start=0, end=61.5, title="Anfang")
    Chapter.objects.create(video=complete, number=2, start=61.5, end=0.1 + 122.2, title="Ende")
    cues = [[0.0, 1.5, "Grüezi\nmitenand"], [1.5, 2, "🎼"], [3, 4.001, "end"]]
    Transcript.objects.create(
        video=complete, source=CaptionsSource.AUTO, language="de-CH", cues=cues
    )
    add_video(first, 2, stage=Stage.ERROR, error_cause=Cause.UPCOMING, note="later\nperhaps")
    add_video(second, 1, note="again")
    ListEntry.objects.filter(video_list=first).update(added_at=MOMENT)
    annotate(first, {complete.pk: Annotation(tags=("zürich", "Ä", "a,b"))})
    Tag.objects.create(owner=owner, name="unused")
    done = start(first, 3, 4, text=f"nonsense\nhttps://youtu.be/{video_id(3)}")
    end(3, 4)
    end(3, cause=Cause.PRIVATE)
    ImportBatch.objects.filter(pk=done.pk).update(announced=True, finished_at=MOMENT)
    start(second, 5, 6, text=PLAYLIST)
    ListEntry.objects.filter(video__youtube_id=video_id(6)).delete()
    pause_batch(batch=start(create_list(owner=owner, name="paused"), 7))
    VideoList.objects.filter(pk=first.pk).update(
        created_at=MOMENT, updated_at=MOMENT + timedelta(days=1)
    )
    follow(second)
    choose_languages(user=owner, codes=["de-CH", "it"])
    Webhook.objects.create(owner=owner, address="https://example.org/hook?a=1")
    Webhook.objects.filter(owner=owner).update(created_at=MOMENT)
    keep_search(owner, "q=clock+wall&tag=z%C3%BCrich", "Clocks")
    keep_search(owner, f"q=%22in+the+end%22&list={second.pk}&channel=Kanal", "the end")


def keep_search(owner: Any, query: str, name: str) -> None:
    saved = save_search(owner=owner, asked=Asked.parse(owner, QueryDict(query)))
    assert saved is not None
    SavedSearch.objects.filter(pk=saved.pk).update(name=name, created_at=MOMENT)


def follow(video_list: VideoList) -> None:
    """A playlist that was read, one whose last check failed, and a channel that was never
    checked.
    """
    read = Follow.objects.create(
        video_list=video_list,
        kind=FollowKind.PLAYLIST,
        source=PLAYLIST.partition("=")[2],
        title="“Uhren”",
        every_hours=Rhythm.WEEKLY,
        next_at=MOMENT + timedelta(days=7),
        checked_at=MOMENT,
        read_all_at=MOMENT - timedelta(microseconds=1),
        brought=3,
        lease_until=MOMENT,
        holder="task-1",
    )
    Follow.objects.filter(pk=read.pk).update(created_at=MOMENT - timedelta(days=9))
    FollowedVideo.objects.create(follow=read, youtube_id=video_id(99))
    FollowedVideo.objects.create(
        follow=read, youtube_id=video_id(5), gone_since=MOMENT, gone_cause="private"
    )
    FollowedVideo.objects.create(follow=read, youtube_id=video_id(98), gone_since=MOMENT)
    sources = (
        (FollowKind.CHANNEL, "@horology", "youtube_changed"),
        (FollowKind.CHANNEL, "UCuAXFkgsw1L7xaCfnd5JJOw", ""),
    )
    for kind, source, cause in sources:
        Follow.objects.create(
            video_list=video_list, kind=kind, source=source, cause=cause, next_at=MOMENT
        )


def forget_everything() -> None:
    get_user_model().objects.all().delete()
    Video.objects.all().delete()


def counts() -> list[int]:
    models = (
        Tag,
        Video,
        Chapter,
        Transcript,
        VideoList,
        ListEntry,
        ImportBatch,
        ImportItem,
        EnrichmentJob,
        Expansion,
    )
    return [
        model.objects.count() for model in (*models, Follow, FollowedVideo, Preferences, Webhook)
    ]


def test_it_comes_back_byte_for_byte(alice: Any) -> None:
    fill(alice)
    before, written = counts(), dump(alice)
    forget_everything()
    again = person("alice2")
    load(again, written)
    assert dump(again) == written
    before[1] -= 1  # the video that is in none of her lists any more
    before[8] -= 1
    assert counts() == before


def test_what_waited_still_waits_and_what_was_paused_is(alice: Any) -> None:
    fill(alice)
    waiting = {
        job.video.youtube_id: job.held for job in EnrichmentJob.objects.select_related("video")
    }
    written = dump(alice)
    forget_everything()
    load(person("alice2"), written)
    found = {
        job.video.youtube_id: job.held for job in EnrichmentJob.objects.select_related("video")
    }
    assert (
        found
        == {y: held for y, held in waiting.items() if y != video_id(6)}
        == {video_id(5): False, video_id(7): True}
    )
    assert Expansion.objects.get().item.text == PLAYLIST


def test_an_entry_goes_back_to_its_place(alice: Any) -> None:
    video_list = create_list(owner=alice, name="Clocks")
    for number in (5, 1, 4):
        add_video(video_list, number)
    written = dump(alice)
    forget_everything()
    bob = person("bob2")
    load(bob, written)
    found = (
        bob.video_lists.get()
        .entries.order_by("-position")
        .values_list("video__youtube_id", flat=True)
    )
    assert list(found) == [video_id(n) for n in (4, 1, 5)]


def test_loading_it_twice_adds_nothing(alice: Any) -> None:
    fill(alice)
    written, before = dump(alice), counts()
    assert load(alice, written) == LoadReport(
        lists=0, entries=0, videos=0, imports=0, follows=0, webhook=""
    )
    assert (dump(alice), counts()) == (written, before)


def test_it_is_merged_into_lists_of_the_same_name(alice: Any, bob: Any) -> None:
    source, target = create_list(owner=alice, name="Clocks"), create_list(owner=bob, name="Clocks")
    video = add_video(source, 1, note="Alice's")
    add_video(source, 2, note="new")
    annotate(source, {video.pk: Annotation(tags=("a",))})
    add_video(target, 1, note="Bob's")
    add_video(target, 3)
    theirs = dump(alice)
    assert load(bob, theirs) == LoadReport(
        lists=0, entries=1, videos=0, imports=0, follows=0, webhook=""
    )
    found = target.entries.order_by("-position").values_list("video__youtube_id", "note")
    assert list(found) == [(video_id(2), "new"), (video_id(3), ""), (video_id(1), "Bob's")]
    assert dict(Tag.objects.values_list("owner", "name")) == {alice.pk: "a", bob.pk: "a"}
    assert dump(alice) == theirs


def test_loading_changes_no_complete_video(alice: Any, bob: Any) -> None:
    mine = create_list(owner=alice, name="x")
    for number in (1, 2):
        video = add_video(mine, number, title="From the file")
        Chapter.objects.create(video=video, number=1, start=0, end=5, title="From the file")
        Transcript.objects.create(
            video=video, source=CaptionsSource.MANUAL, language="de", cues=[[0, 1, "x"]]
        )
    written = dump(alice)
    forget_everything()
    theirs = create_list(owner=(bob := person("bob2")), name="y")
    add_video(theirs, 1, title="Known here")
    start(theirs, 2)
    assert EnrichmentJob.objects.count() == 1
    load(bob, written)
    titles = dict(Video.objects.values_list("youtube_id", "title"))
    assert titles == {video_id(1): "Known here", video_id(2): "From the file"}
    assert list(Chapter.objects.values_list("video__youtube_id", flat=True)) == [video_id(2)]
    assert Transcript.objects.get().video.import_stage == Stage.COMPLETE
    assert not EnrichmentJob.objects.exists()
    assert Video.objects.get(youtube_id=video_id(2)).version == 1


def test_an_uploaded_transcript_stays(alice: Any, bob: Any) -> None:
    """Bob gave the transcript of a video that is not complete here; in Alice's export it is."""
    video = add_video(create_list(owner=alice, name="a"), 1)
    cues = [[0.0, 1.0, "of YouTube"]]
    fetched = Transcript.objects.create(video=video, source=CaptionsSource.AUTO, cues=cues)
    content = dump(alice)
    fetched.delete()
    add_video(create_list(owner=bob, name="b"), 1)
    Video.objects.filter(pk=video.pk).update(
        import_stage=Stage.CREATED, import_progress=0, finished_at=None
    )
    theirs = [[0.0, 1.0, "of Bob"]]
    Transcript.objects.create(
        video=video, source=CaptionsSource.MANUAL, cues=theirs, uploaded=True, uploaded_by=bob
    )
    load(alice, content)
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.MANUAL)
    assert Transcript.objects.get().cues == theirs


def test_a_worse_line_leaves_a_video_alone(alice: Any, bob: Any) -> None:
    start(create_list(owner=alice, name="x"), 1)
    written = dump(alice)
    end(1)
    Video.objects.update(title="True")
    load(bob, written)
    assert Video.objects.values_list("title", "import_stage").get() == ("True", "complete")


def test_nobody_elses_things_are_in_it(alice: Any, bob: Any) -> None:
    fill(bob)
    add_video(create_list(owner=alice, name="mine"), 20)
    start(VideoList.objects.filter(owner=bob)[0], 20)
    records = [json.loads(line) for line in dump(alice).splitlines()]
    assert [record["type"] for record in records] == ["library", "video", "list", "entry"]


def test_deleted_lists_and_what_hangs_only_on_them_are_not_in_it(alice: Any) -> None:
    fill(alice)
    written = dump(alice)
    deleted = create_list(owner=alice, name="deleted")
    secret = add_video(deleted, 30)
    known = Video.objects.get(youtube_id=video_id(1))
    ListEntry.objects.create(video_list=deleted, video=known, position=deleted.reserve_positions(1))
    annotate(
        deleted,
        {
            secret.pk: Annotation(tags=("only there",)),
            known.pk: Annotation(tags=("Ä", "only there")),
        },
    )
    start(deleted, 31)
    Follow.objects.create(
        video_list=deleted, kind=FollowKind.CHANNEL, source="@gone", next_at=MOMENT
    )
    delete_list(video_list=deleted)
    assert dump(alice) == written


def test_what_is_followed_goes_on_where_it_was(alice: Any) -> None:
    fill(alice)
    written = dump(alice)
    forget_everything()
    again = person("alice2")
    load(again, written)
    due = checks.claim(a_run())
    assert due is not None
    assert (due.source, due.video_list.owner) == ("@horology", again)
    read = Follow.objects.get(kind=FollowKind.PLAYLIST)
    assert (
        checks._import_new(read, {video_id(n): PlaylistEntry(video_id(n)) for n in (5, 98, 99)})
        == 0
    )


def test_what_the_owner_chose_here_stays(alice: Any, bob: Any) -> None:
    fill(alice)
    mine = Follow.objects.create(
        video_list=create_list(owner=bob, name="x"),
        kind=FollowKind.CHANNEL,
        source="@horology",
        next_at=MOMENT,
    )
    FollowedVideo.objects.create(follow=mine, youtube_id=video_id(1))
    choose_languages(user=bob, codes=["fr"])
    set_webhook(owner=bob, address="https://example.com/mine")
    theirs = create_list(owner=alice, name="x")
    follow = Follow.objects.create(
        video_list=theirs,
        kind=FollowKind.CHANNEL,
        source="@horology",
        next_at=MOMENT + timedelta(days=1),
    )
    FollowedVideo.objects.create(follow=follow, youtube_id=video_id(2))
    before = Webhook.objects.get(owner=bob).secret
    report = load(bob, dump(alice))
    assert (report.follows, report.webhook) == (3, "")
    mine.refresh_from_db()
    assert (mine.next_at, list(mine.videos.values_list("youtube_id", flat=True))) == (
        MOMENT,
        [video_id(1)],
    )
    assert chosen_languages(bob) == ["fr"]
    assert Webhook.objects.values_list("address", "secret").get(owner=bob) == (
        "https://example.com/mine",
        before,
    )


def test_saved_searches_know_their_list_elsewhere(alice: Any) -> None:
    fill(alice)
    content = dump(alice)
    forget_everything()
    create_list(owner=person("bob"), name="moves the ids")
    load(again := person("alice2"), content)
    everywhere, in_list = SavedSearch.objects.filter(owner=again).order_by("pk")
    assert everywhere.query == "q=clock+wall&tag=z%C3%BCrich"
    assert in_list.video_list is not None
    assert in_list.video_list.name == "Clocks"
    assert in_list.query == f"q=%22in+the+end%22&list={in_list.video_list_id}&channel=Kanal"
    load(again, content)
    assert SavedSearch.objects.filter(owner=again).count() == 2


def test_more_searches_than_can_be_saved_are_refused(alice: Any) -> None:
    searches = [GOOD["search"] | {"query": f"q=word{n}"} for n in range(MOST_SAVED + 1)]
    with pytest.raises(LibraryError, match="Line 52: More than 50 searches cannot be saved"):
        load(alice, "\n".join(map(json.dumps, [GOOD["header"], *searches])))
    assert not SavedSearch.objects.exists()


def test_an_export_of_the_first_version_is_loaded(alice: Any) -> None:
    fill(alice)
    added = ("preferences", "webhook", "search", "follow", "seen")
    old = [
        record
        for record in map(json.loads, dump(alice).splitlines())
        if record["type"] not in added
    ]
    old[0]["version"] = 1
    forget_everything()
    load(again := person("alice2"), "\n".join(map(json.dumps, old)))
    assert [json.loads(line) for line in dump(again).splitlines()] == [
        {"type": "library", "version": 3},
        *old[1:],
    ]


def test_more_than_a_person_may_follow_is_refused(alice: Any) -> None:
    sources = [
        GOOD["follow"] | {"source": f"@channel{n}"} for n in range(following.MAX_FOLLOWS + 1)
    ]
    with pytest.raises(
        LibraryError, match="Line 53: More than 50 playlists and channels cannot be followed"
    ):
        load(alice, "\n".join(map(json.dumps, [GOOD["header"], GOOD["list"], *sources])))
    assert not Follow.objects.exists()


GOOD: dict[str, dict[str, Any]] = {
    "header": {"type": "library", "version": 1},
    "search": {
        "type": "search",
        "name": "x",
        "query": "q=x",
        "in_list": False,
        "created_at": "2021-03-04T05:06:07+00:00",
    },
    "list": {
        "type": "list",
        "name": "x",
        "created_at": "2021-03-04T05:06:07+00:00",
        "updated_at": "2021-03-04T05:06:07+00:00",
    },
    "entry": {
        "type": "entry",
        "video": video_id(1),
        "note": "",
        "tags": [],
        "added_at": "2021-03-04T05:06:07+00:00",
    },
    "item": {
        "type": "item",
        "number": 1,
        "line": 1,
        "text": "x",
        "verdict": "invalid",
        "reason": "",
        "video": None,
    },
}
GOOD |= {
    "follow": {
        "type": "follow",
        "kind": "channel",
        "source": "@horology",
        "title": "",
        "every_hours": 24,
        "next_at": "2021-03-04T05:06:07+00:00",
        "checked_at": None,
        "read_all_at": None,
        "brought": 0,
        "cause": "",
        "created_at": "2021-03-04T05:06:07+00:00",
    },
    "seen": {"type": "seen", "video": video_id(1), "gone_since": None, "cause": ""},
    "webhook": {
        "type": "webhook",
        "address": "https://example.org/hook",
        "secret": "x" * 43,
        "created_at": "2021-03-04T05:06:07+00:00",
    },
}
AN_IMPORT: dict[str, Any] = {
    "type": "import",
    "source": "web",
    "state": "running",
    "limit": 5,
    "announced": False,
    "created_at": "2021-03-04T05:06:07+00:00",
    "finished_at": None,
}


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ([], 1),
        (["nonsense"], 1),
        ([GOOD["list"]], 1),
        ([{"type": "library", "version": 4}], 1),
        ([{"type": "library", "version": 0}], 1),
        ([GOOD["header"], GOOD["header"]], 2),
        ([GOOD["header"], " "], 2),
        ([GOOD["header"], "[" * 100_000], 2),
        ([GOOD["header"], "\ud800"], 2),
        ([GOOD["header"], "7"], 2),
        ([GOOD["header"], {"type": ["list"]}], 2),
        ([GOOD["header"], {"type": "user"}], 2),
        ([GOOD["header"], GOOD["list"], GOOD["list"] | {"name": "x" * 201}], 3),
        ([GOOD["header"], GOOD["list"] | {"owner": 1}], 2),
        ([GOOD["header"], GOOD["list"] | {"created_at": "2021-03-04T05:06:07"}], 2),
        ([GOOD["header"], GOOD["list"] | {"created_at": "0001-01-01T00:00:00+14:00"}], 2),
        ([GOOD["header"], GOOD["search"] | {"in_list": True}], 2),
        ([GOOD["header"], GOOD["search"] | {"query": "x" * 2_001}], 2),
        ([GOOD["header"], GOOD["entry"]], 2),
        ([GOOD["header"], GOOD["list"], GOOD["entry"]], 3),
        ([GOOD["header"], GOOD["list"], GOOD["item"]], 3),
        ([GOOD["header"], GOOD["list"], AN_IMPORT, GOOD["item"], GOOD["item"]], 5),
        ([GOOD["header"], GOOD["list"], AN_IMPORT, GOOD["item"] | {"verdict": "expanding"}], 4),
        ([GOOD["header"], GOOD["list"], AN_IMPORT, GOOD["item"] | {"number": 10**400}], 4),
        ([GOOD["header"], GOOD["list"], AN_IMPORT | {"limit": True}], 3),
        ([GOOD["header"], GOOD["follow"]], 2),
        ([GOOD["header"], GOOD["list"], GOOD["seen"]], 3),
        ([GOOD["header"], GOOD["list"], AN_IMPORT, GOOD["follow"], GOOD["item"]], 5),
        ([GOOD["header"], GOOD["list"], GOOD["follow"], AN_IMPORT, GOOD["seen"]], 5),
        ([GOOD["header"], GOOD["list"], GOOD["follow"] | {"kind": "playlist"}], 3),
        ([GOOD["header"], GOOD["list"], GOOD["follow"] | {"source": "../watch?v=v0000000001"}], 3),
        ([GOOD["header"], GOOD["list"], GOOD["follow"] | {"source": "@horology/videos"}], 3),
        ([GOOD["header"], GOOD["list"], GOOD["follow"] | {"every_hours": 1}], 3),
        ([GOOD["header"], GOOD["list"], GOOD["follow"] | {"every_hours": True}], 3),
        ([GOOD["header"], GOOD["list"], GOOD["follow"] | {"cause": "nonsense"}], 3),
        ([GOOD["header"], GOOD["list"], GOOD["follow"], GOOD["seen"] | {"cause": "private"}], 4),
        ([GOOD["header"], GOOD["webhook"] | {"address": "file:///etc/passwd"}], 2),
        ([GOOD["header"], GOOD["webhook"] | {"address": "https://user:password@example.org/"}], 2),
        ([GOOD["header"], GOOD["webhook"] | {"secret": ""}], 2),
        ([GOOD["header"], GOOD["webhook"] | {"secret": "x" * 30 + "\n"}], 2),
        ([GOOD["header"], {"type": "preferences", "caption_languages": ["de,en"]}], 2),
        ([GOOD["header"], {"type": "preferences", "caption_languages": ["de"] * 90}], 2),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_loaded(
    alice: Any, lines: list[Any], number: int
) -> None:
    content = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    before = counts()
    with pytest.raises(LibraryError) as error:
        load(alice, content.encode("utf-8", "surrogatepass"))
    assert (error.value.number, counts()) == (number, before)
    assert str(error.value).startswith(f"Line {number}: ")


@pytest.mark.slow
def test_a_changed_line_ends_in_a_library_or_a_refusal(alice: Any, bob: Any) -> None:
    fill(alice)
    records = [json.loads(line) for line in dump(alice).splitlines()]
    strange: list[Any] = [
        None,
        True,
        -1,
        10**400,
        1e308,
        float("nan"),
        "",
        "\x00\ud800",
        "x" * 600,
        [],
        [[]],
        {},
        "2021-03-04",
        video_id(9),
    ]
    rng, before = random.Random(7), dump(alice)
    refused = 0
    for _ in range(150):
        damaged = copy.deepcopy(records)
        victim: Any = rng.choice(damaged)
        victim[rng.choice(list(victim))] = rng.choice(strange)
        try:
            load(bob, "\n".join(map(json.dumps, damaged)))
        except LibraryError:
            refused += 1
        for model in (VideoList, Webhook):
            model.objects.filter(owner=bob).delete()
        Preferences.objects.filter(user=bob).delete()
    assert 50 < refused < 150
    assert dump(alice) == before


@pytest.mark.slow
def test_an_endless_line_is_refused_before_memory_is_full(alice: Any) -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    tracemalloc.start()
    with pytest.raises(LibraryError):
        load_library(owner=alice, stream=io.BufferedReader(Endless()))
    assert tracemalloc.get_traced_memory()[1] < 4 * LONGEST_LINE
    tracemalloc.stop()


@pytest.mark.slow
def test_a_large_library_is_written_a_few_videos_at_a_time(
    alice: Any, django_assert_max_num_queries: Any
) -> None:
    video_list = create_list(owner=alice, name="large")
    for number in range(100):
        add_video(video_list, number)
    with django_assert_max_num_queries(9):
        lines = dump_library(alice)
        assert [json.loads(next(lines))["type"] for _ in range(21)] == ["library"] + ["video"] * 20
    assert len(list(lines)) == 80 + 1 + 100


def test_a_large_library_is_read_a_little_at_a_time() -> None:
    def lines() -> Iterator[Line]:
        for number in itertools.count(1):
            yielded.append(number)
            yield Line(number, 300_000, {"type": "video"})

    yielded: list[int] = []
    assert len(next(runs(lines()))) <= RUN_BYTES / 300_000 + 1
    assert len(yielded) <= RUN_BYTES / 300_000 + 2


@pytest.mark.django_db(transaction=True)
def test_the_commands_write_and_read_a_file_or_a_pipe(
    tmp_path: Path, alice: Any, bob: Any, capsys: Any
) -> None:
    fill(alice)
    file, pipe = tmp_path / "library.jsonl", io.StringIO()
    call_command("export_library", str(file), user="alice")
    call_command("export_library", user="alice", stdout=pipe)
    assert file.read_bytes() == pipe.getvalue().encode() == dump(alice)
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]
    said = io.StringIO()
    call_command("import_library", str(file), user="bob", stdout=said)
    assert said.getvalue() == (
        "Added: 3 lists, 7 entries, 0 videos, 3 imports, 3 followed playlists and channels.\n"
        "Finished imports are told to https://example.org/hook?a=1 from now on.\n"
    )
    assert not connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_a_dump_shows_one_moment_and_keeps_nobody_from_writing(alice: Any) -> None:
    add_video(create_list(owner=alice, name="x"), 1)

    def write() -> None:
        add_video(create_list(owner=alice, name="y"), 2)
        connection.close()

    lines = dump_library(alice)
    first = next(lines), next(lines)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(write).result(timeout=10)
    assert len([*first, *lines]) == 4
    assert len(list(dump_library(alice))) == 7


def test_the_commands_say_what_is_wrong(tmp_path: Path, alice: Any) -> None:
    file = tmp_path / "x"
    file.write_text('{"type":"library","version":1}\nnonsense\n')
    newer = tmp_path / "newer"
    newer.write_text('{"type":"library","version":4,"more":[]}\n')
    for command, options, code, problem in (
        ("import_library", [str(file)], 1, "Line 2: this is not JSON. Nothing was loaded."),
        (
            "import_library",
            [str(newer)],
            1,
            "Line 1: a newer version of Sammelwerk wrote this export. Nothing was loaded.",
        ),
        (
            "import_library",
            [str(tmp_path / "none")],
            2,
            "none cannot be read: No such file or directory",
        ),
        (
            "export_library",
            [str(tmp_path / "none" / "x")],
            2,
            "x cannot be written: No such file or directory",
        ),
    ):
        with pytest.raises(CommandError) as error:
            call_command(command, *options, user="alice")
        assert str(error.value).endswith(problem)
        assert error.value.returncode == code
    with pytest.raises(CommandError, match="no user of that name"):
        call_command("export_library", user="nobody")
