"""Lines to a user's library: all of them in one transaction, or none."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from enrichment import services as enrichment
from enrichment.leases import once_more
from importer.following.models import Follow, FollowedVideo
from importer.following.services import MAX_FOLLOWS
from importer.imports.actions import wanted_now
from importer.imports.annotations import Annotation, annotate, tags_of
from importer.imports.models import ACTIVE, BatchState, ImportBatch, ImportItem
from importer.imports.playlist_turns import add_expansions
from importer.imports.rows import Known, find_known, in_list
from importer.imports.services import wanted_ids
from importer.transfer.lines import LibraryError, Line, read_lines
from importer.transfer.values import Record
from importer.transfer.videos import add_videos
from importer.webhooks.models import Webhook
from videos.bulk import insert_rows
from videos.models import ListEntry, VideoList
from videos.preferences import choose_languages, chosen_languages
from videos.search import documents
from videos.search.asked import Asked
from videos.search.models import SavedSearch
from videos.search.saved import MOST_SAVED, TooManySaved, save_search

RUN_LINES = 500
RUN_BYTES = 1_000_000  # about ten times that in memory


@dataclass(frozen=True)
class LoadReport:
    """How much of each was added; what was there already is not counted."""

    lists: int
    entries: int
    videos: int
    imports: int
    follows: int
    webhook: str  # the address that is told of finished imports from now on


@dataclass
class _Load:
    """How far a load is: the list, and the import or the followed playlist, that the next lines
    belong to.
    """

    owner: Any
    video_list: VideoList | None = None
    batch: ImportBatch | None = None
    follow: Follow | None = None
    skipping: str = ""  # the type of the lines that follow something that was there before
    last_number: int = 0
    webhook: str = ""
    names: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    active: list[ImportBatch] = field(default_factory=list)
    video_ids: list[int] = field(default_factory=list)  # finished ones, to be found by their words

    def leave_import_and_follow(self) -> None:
        """Let the next lines belong to neither an import nor a followed playlist."""
        self.batch = None
        self.follow = None
        self.skipping = ""
        self.last_number = 0

    def report(self) -> LoadReport:
        return LoadReport(
            self.added["list"],
            self.added["entry"],
            self.added["video"],
            self.added["import"],
            self.added["follow"],
            self.webhook,
        )


@once_more
def load_library(*, owner: Any, stream: IO[bytes]) -> LoadReport:
    """Add a dumped library to the owner's. Raises LibraryError, having written nothing.

    A list with the name of one that is there is merged into it: entries stay as they are, and what
    was empty is filled. The owner's preferences, webhook and what a list follows stay as they are
    too, where there are any. Loading the same library twice adds nothing. Of the videos the
    installation has, complete ones stay untouched; others become complete by a line that is.
    """
    if stream.seekable():
        stream.seek(0)  # it is read once more when PostgreSQL found a deadlock
    load = _Load(owner)
    with transaction.atomic():
        for run in runs(read_lines(stream)):
            STEPS[run[0].record["type"]](load, run)
        for batch in load.active:
            _take_up(batch)
    for video_id in load.video_ids:
        documents.reindex(video_id)
    return load.report()


def _take_up(batch: ImportBatch) -> None:
    """Continue an import, or hold its videos while it is paused."""
    add_expansions(batch)
    if batch.state == BatchState.PAUSED:
        enrichment.hold_videos(video_ids=wanted_ids(batch), wanted_elsewhere=wanted_now)


def runs(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Yield lines of one type that follow each other, as many as fit well in memory and in a
    statement.
    """
    run: list[Line] = []
    size = 0
    for line in lines:
        is_full = len(run) == RUN_LINES or size > RUN_BYTES
        if run and (is_full or line.record["type"] != run[0].record["type"]):
            yield run
            run = []
            size = 0
        run.append(line)
        size += line.size
    if run:
        yield run


# What is the owner's alone ------------------------------------------------------------------------


def _preferences(load: _Load, run: Sequence[Line]) -> None:
    if not chosen_languages(load.owner):
        choose_languages(user=load.owner, codes=run[0].record["caption_languages"])


def _webhook(load: _Load, run: Sequence[Line]) -> None:
    """Add the webhook with its secret, so that whoever is told can believe it as before."""
    record = run[0].record
    columns = {"address": record["address"], "secret": record["secret"]}
    _there, created = Webhook.objects.get_or_create(owner=load.owner, defaults=columns)
    if created:
        Webhook.objects.filter(owner=load.owner).update(created_at=record["created_at"])
        load.webhook = record["address"]


def _tags(load: _Load, run: Sequence[Line]) -> None:
    tags_of(load.owner.pk, (line.record["name"] for line in run))


def _searches(load: _Load, run: Sequence[Line]) -> None:
    """Add saved searches. One that is there keeps its name; one without words is left out."""
    for line in run:
        record = line.record
        video_list = None
        if record["in_list"]:
            video_list = _list_of(load, run)
        asked = Asked.parse(load.owner, QueryDict(record["query"]))
        asked = replace(asked, video_list=video_list)
        mine = SavedSearch.objects.filter(owner=load.owner, query=asked.query)
        if not mine.exists():
            _save(load, line, asked)
            mine.update(name=record["name"], created_at=record["created_at"])


def _save(load: _Load, line: Line, asked: Asked) -> None:
    try:
        save_search(owner=load.owner, asked=asked)
    except TooManySaved:
        problem = _("More than %(count)s searches cannot be saved.") % {"count": MOST_SAVED}
        raise LibraryError(line.number, problem) from None


def _videos(load: _Load, run: Sequence[Line]) -> None:
    added = add_videos({line.record["id"]: line.record for line in run})
    load.added["video"] += added.new
    load.video_ids += added.finished_ids


# Lists --------------------------------------------------------------------------------------------


def _lists(load: _Load, run: Sequence[Line]) -> None:
    for line in run:
        load.leave_import_and_follow()
        load.video_list = _next_of_name(load, line.record["name"])
        if load.video_list is None:
            load.video_list = _add_list(load, line)
            load.added["list"] += 1


def _next_of_name(load: _Load, name: str) -> VideoList | None:
    """Find the list to merge with: the second one of a name goes into the second here."""
    same_name = VideoList.objects.owned_by(load.owner).filter(name=name).order_by("pk")
    found = same_name[load.names[name] :].first()
    load.names[name] += 1
    return found


def _add_list(load: _Load, line: Line) -> VideoList:
    record = line.record
    video_list = VideoList.objects.create(owner=load.owner, name=record["name"])
    moments = {"created_at": record["created_at"], "updated_at": record["updated_at"]}
    VideoList.objects.filter(pk=video_list.pk).update(**moments)
    return video_list


def _entries(load: _Load, run: Sequence[Line]) -> None:
    video_list = _list_of(load, run)
    given = {line.record["video"]: line for line in run}
    known = find_known(given)
    _refuse_missing(given, known)
    here = in_list(video_list.pk, known)
    fresh = []
    annotations = {}
    for youtube_id, line in given.items():
        pk = known[youtube_id].pk
        if pk not in here:
            fresh.append((pk, line.record))
        annotations[pk] = Annotation(line.record["note"], tuple(line.record["tags"]))
    _add_entries(video_list, fresh)
    annotate(video_list, annotations)
    load.added["entry"] += len(fresh)


def _refuse_missing(given: dict[str, Line], known: dict[str, Known]) -> None:
    for youtube_id, line in given.items():
        if youtube_id not in known:
            raise LibraryError(line.number, _("the video of this entry is missing."))


def _add_entries(video_list: VideoList, fresh: list[tuple[int, Record]]) -> None:
    """Add entries of these videos on top of the list, in their order."""
    first = video_list.reserve_positions(len(fresh)) - len(fresh) + 1
    rows = []
    for position, (video_id, record) in enumerate(fresh, first):
        rows.append((video_id, position, record["note"], record["added_at"]))
    columns = ("video_id", "position", "note", "added_at")
    insert_rows(ListEntry, columns, rows, same={"video_list_id": video_list.pk})


def _list_of(load: _Load, run: Sequence[Line]) -> VideoList:
    if load.video_list is None:
        raise LibraryError(run[0].number, _("the list this belongs to is missing."))
    return load.video_list


# Imports ------------------------------------------------------------------------------------------


def _imports(load: _Load, run: Sequence[Line]) -> None:
    video_list = _list_of(load, run)
    for line in run:
        load.leave_import_and_follow()
        mine = ImportBatch.objects.filter(
            owner=load.owner, video_list=video_list, created_at=line.record["created_at"]
        )
        if mine.exists():
            load.skipping = "item"
            continue
        load.batch = _add_batch(load, video_list, line.record)
        load.added["import"] += 1
        if load.batch.state in ACTIVE:
            load.active.append(load.batch)


def _add_batch(load: _Load, video_list: VideoList, record: Record) -> ImportBatch:
    columns = _without(record, "type", "created_at")
    batch = ImportBatch.objects.create(owner=load.owner, video_list=video_list, **columns)
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=record["created_at"])
    return batch


def _without(record: Record, *names: str) -> Record:
    columns = dict(record)
    for name in names:
        del columns[name]
    return columns


def _items(load: _Load, run: Sequence[Line]) -> None:
    if load.skipping == "item":
        return
    if load.batch is None:
        raise LibraryError(run[0].number, _("the import this belongs to is missing."))
    video_ids = set()
    for line in run:
        if line.record["number"] <= load.last_number:
            raise LibraryError(line.number, _("its number is not higher than the one before."))
        load.last_number = line.record["number"]
        video_ids.add(line.record["video"])
    video_ids.discard(None)
    _add_items(load.batch, run, find_known(video_ids))


def _add_items(batch: ImportBatch, run: Sequence[Line], known: dict[str, Known]) -> None:
    columns = ("number", "line", "text", "verdict", "reason")
    rows = []
    for line in run:
        values = [line.record[name] for name in columns]
        video = known.get(line.record["video"])
        rows.append((*values, video.pk if video else None))
    insert_rows(ImportItem, (*columns, "video_id"), rows, same={"batch_id": batch.pk})


# What lists follow --------------------------------------------------------------------------------


def _follows(load: _Load, run: Sequence[Line]) -> None:
    """Add what a list follows. The beat checks it when it is due; due since long is due once."""
    video_list = _list_of(load, run)
    for line in run:
        load.leave_import_and_follow()
        columns = _without(line.record, "type", "source", "created_at")
        follow, created = Follow.objects.get_or_create(
            video_list=video_list, source=line.record["source"], defaults=columns
        )
        if not created:
            load.skipping = "seen"
            continue
        _check_follows(load, line)
        Follow.objects.filter(pk=follow.pk).update(created_at=line.record["created_at"])
        load.follow = follow
        load.added["follow"] += 1


def _check_follows(load: _Load, line: Line) -> None:
    """Raise LibraryError where the owner follows more than one user may."""
    if Follow.objects.filter(video_list__owner=load.owner).count() > MAX_FOLLOWS:
        problem = _("More than %(count)s playlists and channels cannot be followed.")
        raise LibraryError(line.number, problem % {"count": MAX_FOLLOWS})


def _seen(load: _Load, run: Sequence[Line]) -> None:
    if load.skipping == "seen":
        return
    if load.follow is None:
        raise LibraryError(
            run[0].number, _("the followed playlist or channel this belongs to is missing.")
        )
    _add_seen(load.follow, run)


def _add_seen(follow: Follow, run: Sequence[Line]) -> None:
    rows = []
    for line in run:
        record = line.record
        rows.append((record["video"], record["gone_since"], record["cause"]))
    columns = ("youtube_id", "gone_since", "gone_cause")
    same = {"follow_id": follow.pk}
    insert_rows(FollowedVideo, columns, rows, same=same, ignore_conflicts=True)


STEPS = {
    "preferences": _preferences,
    "webhook": _webhook,
    "search": _searches,
    "tag": _tags,
    "video": _videos,
    "list": _lists,
    "entry": _entries,
    "import": _imports,
    "item": _items,
    "follow": _follows,
    "seen": _seen,
}
