"""A large import is taken in by slices: the same as in one go, whatever happens in between."""

import io
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrichment.models import EnrichmentJob
from importer.imports import quotas, slices
from importer.imports.api import count_lines
from importer.imports.models import BatchState, ImportBatch, ImportSlice, Source, Verdict
from importer.imports.plans import ImportReport, plan_import, take_slices
from importer.imports.quotas import ImportRefused, ImportTurnTaken, turn_of
from importer.imports.rows import Row
from importer.imports.services import cancel_batch
from importer.imports.settling import finish_all_done
from importer.parsing import parse_lines
from importer.tests.takeout import takeout_zip
from tests.interleaving import meet
from tests.people import rest
from tests.standins import video_id
from videos.models import ListEntry, Video, VideoList

pytestmark = pytest.mark.django_db
MANY = slices.ROWS * 2 + 10


def urls(*numbers: int) -> str:
    return "\n".join(f"https://youtu.be/{video_id(number)}" for number in numbers)


def begin(owner: Any, video_list: VideoList, text: str) -> ImportReport:
    return plan_import(
        owner=owner, video_list=video_list, lines=parse_lines(text), source=Source.API
    ).begin()


def ids_of(video_list: VideoList) -> list[str]:
    entries = video_list.entries.order_by("-position")
    return list(entries.values_list("video__youtube_id", flat=True))


def test_slices_bring_every_line_in_its_order(alice: Any, video_list: VideoList) -> None:
    numbers = list(range(MANY))
    plan_import(
        owner=alice, video_list=video_list, lines=parse_lines(urls(5_000)), source=Source.API
    ).start()
    text = urls(*numbers, 3, 5_000, 4) + "\nnonsense\n" + urls(MANY)
    report = begin(alice, video_list, text)
    assert report.batch.items.count() == 0
    take_slices(report)
    counts = (report.created, report.repeated, report.duplicates, report.invalid)
    assert counts == (MANY + 1, 2, 1, 1)
    items = report.batch.items.order_by("number")
    assert list(items.values_list("number", flat=True)) == list(range(1, MANY + 6))
    verdicts = list(items.values_list("verdict", flat=True))[MANY:]
    assert verdicts == [
        Verdict.REPEATED,
        Verdict.DUPLICATE,
        Verdict.REPEATED,
        Verdict.INVALID,
        Verdict.NEW,
    ]
    assert ids_of(video_list) == [video_id(n) for n in (*numbers, MANY, 5_000)]
    assert not ImportSlice.objects.exists()


def test_what_a_later_slice_knows_is_kept(alice: Any, video_list: VideoList) -> None:
    moment = timezone.now() - timedelta(days=3)
    rows = [Row(n, "x", video_id(n)) for n in range(MANY)]
    rows.append(Row(MANY, "x", video_id(0), note="a note", tags=("a", "b"), added_at=moment))
    plan_import(
        owner=alice, video_list=video_list, rows=rows, source=Source.WEB, limit=10_000
    ).start()
    entry = ListEntry.objects.get(video__youtube_id=video_id(0))
    assert (entry.note, entry.added_at) == ("a note", moment)
    assert {tag.name for tag in entry.tags.all()} == {"a", "b"}


@pytest.mark.slow
def test_a_new_list_is_made_by_the_try_that_succeeds(alice: Any, video_list: VideoList) -> None:
    """The first try is undone with its list, whose id nobody may use afterwards."""
    earlier = begin(alice, video_list, urls(*range(MANY)))
    new = VideoList(owner=alice, name="New")
    lines = list(parse_lines(urls(*range(MANY))))
    plan = plan_import(owner=alice, video_list=new, lines=lines, source=Source.WEB)
    with pytest.raises(ImportTurnTaken):
        plan.begin()
    assert new.pk is None
    take_slices(earlier)
    take_slices(plan.begin())
    assert VideoList.objects.get(name="New").entries.count() == MANY


def test_an_import_is_not_finished_before_its_last_slice(alice: Any, video_list: VideoList) -> None:
    report = begin(alice, video_list, urls(*range(MANY)))
    finish_all_done()
    report.batch.refresh_from_db()
    assert report.batch.state == BatchState.RUNNING


def test_the_beat_takes_in_what_a_dead_process_left(alice: Any, video_list: VideoList) -> None:
    report = begin(alice, video_list, urls(*range(MANY)))
    slices.take_abandoned_slices(timezone.now())
    assert report.batch.items.count() == 0
    slices.take_abandoned_slices(timezone.now() + slices.ABANDONED * 2)
    assert report.batch.items.count() == MANY
    assert video_list.entries.count() == MANY


def test_a_slice_is_taken_in_once(alice: Any, video_list: VideoList) -> None:
    """The beat and the process that began the import read the same slice at the same moment."""
    batch = begin(alice, video_list, urls(*range(MANY))).batch
    slice_ = batch.slices.order_by("number")[0]
    for _ in range(2):
        slices._take(batch, slice_, slices._read(slice_.rows))
    assert batch.items.count() == video_list.entries.count() == slices.ROWS
    assert batch.slices.count() == 2


def test_a_cancelled_import_takes_in_no_more(alice: Any, video_list: VideoList) -> None:
    report = begin(alice, video_list, urls(*range(MANY)))
    cancel_batch(batch=ImportBatch.objects.get(pk=report.batch.pk))
    take_slices(report)
    assert (video_list.entries.count(), ImportSlice.objects.count()) == (0, 0)


def test_playlists_are_read_after_the_last_slice(alice: Any, video_list: VideoList) -> None:
    playlist = "https://www.youtube.com/playlist?list=PLFgquLnL59alCl_2TQvOiD5Vgm1hCaGSI"
    report = begin(alice, video_list, f"{playlist}\n{urls(*range(MANY))}")
    take_slices(report)
    assert report.expanding == 1
    expansions = report.batch.items.filter(expansion__isnull=False)
    assert expansions.count() == 1


@pytest.mark.slow
def test_one_large_import_of_a_user_at_a_time(alice: Any, bob: Any, video_list: VideoList) -> None:
    first = begin(alice, video_list, urls(*range(MANY)))
    with pytest.raises(ImportRefused) as refused, transaction.atomic():
        begin(alice, video_list, urls(*range(MANY)))
    assert refused.value.retry_after
    begin(alice, video_list, urls(1, 2, 3))
    others = VideoList.objects.create(owner=bob, name="B")
    begin(bob, others, urls(*range(MANY)))
    take_slices(first)
    begin(alice, video_list, urls(*range(MANY)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer")
def test_of_two_large_imports_at_once_one_begins(alice: Any, video_list: VideoList) -> None:
    """Both came so far before the other one was committed."""
    text = urls(*range(MANY))
    errors = meet(lambda: begin(alice, video_list, text), lambda: begin(alice, video_list, text))
    assert [type(error) for error in errors] == [ImportTurnTaken]
    assert ImportBatch.objects.count() == 1


def test_what_a_user_imports_at_once_is_read_one_by_one(
    alice: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "PATIENCE", 0.01)
    with turn_of(alice):
        with turn_of(bob):
            pass
        with pytest.raises(ImportTurnTaken), turn_of(alice):
            pass
    with turn_of(alice):
        pass


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ({"urls": ["a", "b"]}, 2),
        ({"text": "a\nb\nc"}, 3),
        ({"urls": 5}, 0),
        ({}, 0),
        (["a"], 0),
        (None, 0),
    ],
)
def test_lines_are_counted_whatever_is_sent(data: Any, lines: int) -> None:
    assert count_lines(data) == lines


@pytest.mark.django_db(transaction=True)
def test_rows_are_judged_before_the_transaction(alice: Any, video_list: VideoList) -> None:
    """On SQLite nobody else could write in the meantime."""
    with CaptureQueriesContext(connection) as queries:
        begin(alice, video_list, urls(*range(MANY)))
    statements = [query["sql"] for query in queries]
    began = next(n for n, sql in enumerate(statements) if sql.startswith("BEGIN"))
    looked = [n for n, sql in enumerate(statements) if '"youtube_id" IN' in sql]
    assert looked
    assert max(looked) < began


def test_a_large_import_fills_the_room_there_is(
    alice: Any, video_list: VideoList, settings: Any
) -> None:
    settings.USER_MAX_VIDEOS = MANY - 5
    report = begin(alice, video_list, urls(*range(MANY)))
    take_slices(report)
    assert (report.created, report.over_limit) == (MANY - 5, 5)
    assert video_list.entries.count() == MANY - 5


class ImportsMeanwhile:
    """Begins a small import when the rows of a large one are judged, before it has its turn."""

    def __init__(self, video_list: VideoList, text: str) -> None:
        self.video_list = video_list
        self.text = text

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.text and '"youtube_id" IN' in sql:
            text, self.text = self.text, ""
            begin(self.video_list.owner, self.video_list, text)
        return execute(sql, params, many, context)


def test_the_room_is_looked_at_again_in_turn(
    alice: Any, video_list: VideoList, settings: Any
) -> None:
    settings.USER_MAX_VIDEOS = MANY - 5
    with connection.execute_wrapper(ImportsMeanwhile(video_list, urls(9_001, 9_002))):
        report = begin(alice, video_list, urls(*range(MANY)))
    take_slices(report)
    assert (report.created, report.over_limit) == (MANY - 7, 7)
    assert video_list.entries.count() == MANY - 5


def test_quotas_say_what_to_do(alice: Any, video_list: VideoList, settings: Any) -> None:
    settings.USER_MAX_IMPORTS_UNDER_WAY = 1
    begin(alice, video_list, urls(1))
    with pytest.raises(ImportRefused, match="1 import under way"):
        begin(alice, video_list, urls(2))
    settings.USER_MAX_IMPORTS_UNDER_WAY = 0
    settings.USER_MAX_IMPORTS_A_DAY = 1
    with pytest.raises(ImportRefused, match="1 import a day") as refused:
        begin(alice, video_list, urls(2))
    assert 86_000 < (refused.value.retry_after or 0) <= 86_401
    settings.USER_MAX_IMPORTS_A_DAY = 0
    settings.USER_MAX_VIDEOS = 3
    report = begin(alice, video_list, urls(1, 2, 3, 4))
    assert (report.created, report.over_limit) == (1, 2)
    begin(alice, video_list, urls(5))
    with pytest.raises(ImportRefused, match="as many videos as you may have"):
        begin(alice, video_list, urls(6))
    assert Video.objects.count() == 3


def test_rest_answers_a_quota_with_429(alice: Any, video_list: VideoList, settings: Any) -> None:
    settings.USER_MAX_IMPORTS_UNDER_WAY = 1
    begin(alice, video_list, urls(1))
    answer = rest(alice).post(
        f"/api/lists/{video_list.pk}/videos/batch",
        {"text": urls(2)},
        content_type="application/json",
    )
    assert answer.status_code == 429
    assert (answer["Retry-After"], "under way" in answer.json()["detail"]) == ("60", True)


def test_a_page_keeps_its_text_where_a_quota_is_met(
    client: Any, alice: Any, video_list: VideoList, settings: Any
) -> None:
    settings.USER_MAX_IMPORTS_UNDER_WAY = 1
    begin(alice, video_list, urls(1))
    client.force_login(alice)
    packed = io.BytesIO(takeout_zip(playlists=1, videos=2))
    packed.name = "takeout.zip"
    for data in ({"text": urls(2)}, {"files": packed, "text": urls(2)}):
        answer = client.post("/import/", data | {"video_list": video_list.pk})
        assert answer.status_code == 422
        assert "under way" in answer.content.decode()
        assert video_id(2) in answer.content.decode()


def test_the_videos_of_slices_leave_the_reserve(alice: Any, video_list: VideoList) -> None:
    take_slices(begin(alice, video_list, urls(*range(MANY))))
    assert EnrichmentJob.objects.count() == MANY
    assert not EnrichmentJob.objects.filter(bulk=False).exists()


def test_a_slice_of_a_cancelled_import_is_not_taken(alice: Any, video_list: VideoList) -> None:
    """It was cancelled after somebody looked which slice is next."""
    batch = begin(alice, video_list, urls(*range(MANY))).batch
    slice_ = batch.slices.order_by("number").first()
    assert slice_
    ImportBatch.objects.update(state=BatchState.CANCELLED)
    slices._take(batch, slice_, slices._read(slice_.rows))
    assert not batch.slices.exists()
    assert not batch.items.exists()


def test_a_slice_is_taken_once(alice: Any, video_list: VideoList) -> None:
    batch = begin(alice, video_list, urls(*range(MANY))).batch
    slice_ = batch.slices.order_by("number").first()
    assert slice_
    for _ in range(2):
        assert 0 <= slices._take(batch, slice_, slices._read(slice_.rows)) < 60
    assert batch.items.count() == slices.ROWS


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that this thread rested, without resting. Other threads sleep as ever."""
    rested: list[float] = []
    sleep, mine = time.sleep, threading.get_ident()

    def rest(seconds: float) -> None:
        if threading.get_ident() == mine:
            rested.append(seconds)
        else:
            sleep(seconds)

    monkeypatch.setattr(time, "sleep", rest)
    return rested


@pytest.mark.skipif("sqlite" not in connection.settings_dict["ENGINE"], reason="nobody waits there")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("held", "rest"), [(0.1, slices.REST), (slices.LONG, slices.REST), (0.5, 0.5)]
)
def test_the_rest_is_as_long_as_the_lock(held: float, rest: float, rests: list[float]) -> None:
    slices._let_others_write(held)
    assert rests == [rest]


def test_nobody_rests_inside_a_transaction(rests: list[float]) -> None:
    slices._let_others_write(0.5)
    assert rests == []


@pytest.mark.skipif("sqlite" not in connection.settings_dict["ENGINE"], reason="nobody waits there")
@pytest.mark.django_db(transaction=True)
def test_others_write_between_two_slices(
    alice: Any, video_list: VideoList, rests: list[float]
) -> None:
    report = begin(alice, video_list, urls(*range(MANY)))
    parts = report.batch.slices.count()
    take_slices(report)
    assert len(rests) == parts - 1, "there is no need after the last"
