"""Lines to a user's library: all of them in one transaction, or none."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any

from django.db import transaction
from django.db.models import F
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from enrichment import services as enrichment
from enrichment.leases import once_more
from importer.following.models import Follow, FollowedVideo
from importer.following.services import MAX_FOLLOWS
from importer.imports.annotations import Annotation, annotate, tags_of
from importer.imports.expansion import add_expansions
from importer.imports.models import ACTIVE, BatchState, ImportBatch, ImportItem
from importer.imports.rows import Known, find_known, in_list
from importer.imports.services import wanted_ids, wanted_now
from importer.transfer.lines import LibraryError, Line, read_lines
from importer.transfer.values import Record
from importer.webhooks.models import Webhook
from videos.bulk import insert_rows
from videos.models import Chapter, ListEntry, Transcript, Video, VideoList
from videos.preferences import choose_languages, chosen_languages
from videos.search import documents
from videos.search.asked import Asked
from videos.search.models import SavedSearch
from videos.search.saved import MOST_SAVED, TooManySaved, save_search
from videos.stages import CaptionsSource, Stage

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
            add_expansions(batch)
            if batch.state == BatchState.PAUSED:
                enrichment.hold_videos(video_ids=wanted_ids(batch), wanted_elsewhere=wanted_now())
    for video_id in load.video_ids:
        documents.reindex(video_id)
    added = load.added
    return LoadReport(
        added["list"],
        added["entry"],
        added["video"],
        added["import"],
        added["follow"],
        load.webhook,
    )


def runs(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Lines of one type that follow each other, as many as fit well in memory and in a
    statement.
    """
    run: list[Line] = []
    size = 0
    for line in lines:
        if run and (
            line.record["type"] != run[0].record["type"]
            or len(run) == RUN_LINES
            or size > RUN_BYTES
        ):
            yield run
            run, size = [], 0
        run.append(line)
        size += line.size
    if run:
        yield run


# What is the owner's alone ------------------------------------------------------------------------


def _preferences(load: _Load, run: Sequence[Line]) -> None:
    if not chosen_languages(load.owner):
        choose_languages(user=load.owner, codes=run[0].record["caption_languages"])


def _webhook(load: _Load, run: Sequence[Line]) -> None:
    """With its secret, so that whoever is told can believe it as before."""
    record = run[0].record
    _there, created = Webhook.objects.get_or_create(
        owner=load.owner, defaults={name: record[name] for name in ("address", "secret")}
    )
    if created:
        Webhook.objects.filter(owner=load.owner).update(created_at=record["created_at"])
        load.webhook = record["address"]


def _tags(load: _Load, run: Sequence[Line]) -> None:
    tags_of(load.owner.pk, (line.record["name"] for line in run))


def _searches(load: _Load, run: Sequence[Line]) -> None:
    """Saved searches. One that is there keeps its name; one without words is left out."""
    for line in run:
        record = line.record
        video_list = None
        if record["in_list"]:
            video_list = _list_of(load, run)
        asked = Asked.parse(load.owner, QueryDict(record["query"]))
        asked = replace(asked, video_list=video_list)
        mine = SavedSearch.objects.filter(owner=load.owner, query=asked.query)
        if mine.exists():
            continue
        try:
            save_search(owner=load.owner, asked=asked)
        except TooManySaved:
            problem = _("More than %(count)s searches cannot be saved.") % {"count": MOST_SAVED}
            raise LibraryError(line.number, problem) from None
        mine.update(name=record["name"], created_at=record["created_at"])


# Videos -------------------------------------------------------------------------------------------


def _videos(load: _Load, run: Sequence[Line]) -> None:
    given = {line.record["id"]: line.record for line in run}
    known = find_known(given)
    fresh = [given[youtube_id] for youtube_id in sorted(given.keys() - known.keys())]
    Video.objects.bulk_create(
        Video(youtube_id=record["id"], **_columns(record)) for record in fresh
    )
    load.added["video"] += len(fresh)
    better = [record for record in given.values() if _is_better(record, known)]
    uploaded = _complete(better)
    ids = _ids_of([*fresh, *better])
    written = [(ids[record["id"]], record) for record in (*fresh, *better)]
    _add_parts(written, uploaded)
    load.video_ids += [pk for pk, record in written if record["finished_at"] is not None]
    _want_unfinished(fresh, ids)


def _want_unfinished(records: Sequence[Record], ids: dict[str, int]) -> None:
    pending = [ids[record["id"]] for record in records if _needs_work(record)]
    if pending:
        enrichment.want_videos(video_ids=pending, large=True)


def _ids_of(records: Sequence[Record]) -> dict[str, int]:
    """Return the ids of these videos' rows, by YouTube's ids."""
    known = find_known([record["id"] for record in records])
    return {youtube_id: video.pk for youtube_id, video in known.items()}


def _is_better(record: Record, known: dict[str, Known]) -> bool:
    """Return whether it has all of a video that the installation has only in part."""
    there = known.get(record["id"])
    if there is None or there.stage == Stage.COMPLETE:
        return False
    return bool(record["stage"] == Stage.COMPLETE)


def _needs_work(record: Record) -> bool:
    return bool(record["pending"]) or record["stage"] not in (Stage.COMPLETE, Stage.ERROR)


def _columns(record: Record) -> dict[str, Any]:
    return {
        "title": record["title"],
        "channel": record["channel"],
        "channel_id": record["channel_id"],
        "duration": record["duration"],
        "description": record["description"],
        "published_at": record["published_at"],
        "import_stage": record["stage"],
        "import_progress": record["progress"],
        "error_cause": record["cause"],
        "captions_source": record["captions"],
        "finished_at": record["finished_at"],
    }


def _complete(records: Sequence[Record]) -> set[int]:
    """Videos the installation has, but not complete. Answers those whose transcript somebody
    uploaded: it stays.

    Their jobs go first, so no worker writes after this; then the videos, in their own order.
    """
    known = find_known([record["id"] for record in records])
    ids = sorted(video.pk for video in known.values())
    enrichment.drop_videos(video_ids=ids)
    for record in sorted(records, key=lambda record: known[record["id"]].pk):
        video = Video.objects.filter(pk=known[record["id"]].pk)
        video.update(**_columns(record), version=F("version") + 1)
    Chapter.objects.filter(video__in=ids).delete()
    Transcript.objects.filter(video__in=ids, uploaded=False).delete()
    uploaded = Transcript.objects.filter(video__in=ids).values_list("video", flat=True)
    Video.objects.filter(pk__in=uploaded).update(captions_source=CaptionsSource.MANUAL)
    return set(uploaded)


def _add_parts(videos: Sequence[tuple[int, Record]], uploaded: set[int]) -> None:
    """Chapters and transcripts, but for a video whose transcript was `uploaded`."""
    Chapter.objects.bulk_create(
        Chapter(video_id=pk, number=number, start=start, end=end, title=title)
        for pk, record in videos
        for number, (start, end, title) in enumerate(record["chapters"], 1)
    )
    Transcript.objects.bulk_create(
        Transcript(video_id=pk, **record["transcript"])
        for pk, record in videos
        if record["transcript"] and pk not in uploaded
    )


# Lists --------------------------------------------------------------------------------------------


def _lists(load: _Load, run: Sequence[Line]) -> None:
    for line in run:
        name = line.record["name"]
        same_name = VideoList.objects.owned_by(load.owner).filter(name=name).order_by("pk")
        load.video_list = same_name[
            load.names[name] :
        ].first()  # the second of a name is the second of that name
        load.batch, load.follow, load.skipping = None, None, ""
        load.names[name] += 1
        if load.video_list is None:
            load.video_list = VideoList.objects.create(owner=load.owner, name=name)
            stamps = {
                "created_at": line.record["created_at"],
                "updated_at": line.record["updated_at"],
            }
            VideoList.objects.filter(pk=load.video_list.pk).update(**stamps)
            load.added["list"] += 1


def _entries(load: _Load, run: Sequence[Line]) -> None:
    video_list = _list_of(load, run)
    given = {line.record["video"]: line for line in run}
    known = find_known(given)
    for youtube_id, line in given.items():
        if youtube_id not in known:
            raise LibraryError(line.number, _("the video of this entry is missing."))
    here = in_list(video_list.pk, known)
    fresh = [line.record for youtube_id, line in given.items() if known[youtube_id].pk not in here]
    first = video_list.reserve_positions(len(fresh)) - len(fresh) + 1
    rows = (
        (known[record["video"]].pk, first + i, record["note"], record["added_at"])
        for i, record in enumerate(fresh)
    )
    insert_rows(
        ListEntry,
        ("video_id", "position", "note", "added_at"),
        rows,
        same={"video_list_id": video_list.pk},
    )
    annotate(
        video_list,
        {
            known[y].pk: Annotation(line.record["note"], tuple(line.record["tags"]))
            for y, line in given.items()
        },
    )
    load.added["entry"] += len(fresh)


def _list_of(load: _Load, run: Sequence[Line]) -> VideoList:
    if load.video_list is None:
        raise LibraryError(run[0].number, _("the list this belongs to is missing."))
    return load.video_list


# Imports ------------------------------------------------------------------------------------------


def _imports(load: _Load, run: Sequence[Line]) -> None:
    video_list = _list_of(load, run)
    for line in run:
        record = {name: value for name, value in line.record.items() if name != "type"}
        created_at = record.pop("created_at")
        mine = ImportBatch.objects.filter(
            owner=load.owner, video_list=video_list, created_at=created_at
        )
        load.batch, load.follow, load.last_number = None, None, 0
        load.skipping = "item" if mine.exists() else ""
        if not load.skipping:
            load.batch = ImportBatch.objects.create(
                owner=load.owner, video_list=video_list, **record
            )
            ImportBatch.objects.filter(pk=load.batch.pk).update(created_at=created_at)
            load.added["import"] += 1
            if load.batch.state in ACTIVE:
                load.active.append(load.batch)


def _items(load: _Load, run: Sequence[Line]) -> None:
    if load.skipping == "item":
        return
    if load.batch is None:
        raise LibraryError(run[0].number, _("the import this belongs to is missing."))
    for line in run:
        if line.record["number"] <= load.last_number:
            raise LibraryError(line.number, _("its number is not higher than the one before."))
        load.last_number = line.record["number"]
    known = find_known({line.record["video"] for line in run if line.record["video"]})
    columns = ("number", "line", "text", "verdict", "reason")
    rows = (
        (*(r[name] for name in columns), known[r["video"]].pk if r["video"] in known else None)
        for _n, _size, r in run
    )
    insert_rows(ImportItem, (*columns, "video_id"), rows, same={"batch_id": load.batch.pk})


# What lists follow --------------------------------------------------------------------------------


def _follows(load: _Load, run: Sequence[Line]) -> None:
    """When it is due, it is checked by itself. Due since long is due once."""
    video_list = _list_of(load, run)
    for number, _size, record in run:
        columns = {
            name: value
            for name, value in record.items()
            if name not in ("type", "source", "created_at")
        }
        follow, created = Follow.objects.get_or_create(
            video_list=video_list, source=record["source"], defaults=columns
        )
        load.batch, load.follow, load.skipping = None, None, "" if created else "seen"
        if created:
            if Follow.objects.filter(video_list__owner=load.owner).count() > MAX_FOLLOWS:
                raise LibraryError(
                    number,
                    _("More than %(count)s playlists and channels cannot be followed.")
                    % {"count": MAX_FOLLOWS},
                )
            Follow.objects.filter(pk=follow.pk).update(created_at=record["created_at"])
            load.follow = follow
            load.added["follow"] += 1


def _seen(load: _Load, run: Sequence[Line]) -> None:
    if load.skipping == "seen":
        return
    if load.follow is None:
        raise LibraryError(
            run[0].number, _("the followed playlist or channel this belongs to is missing.")
        )
    rows = ((r["video"], r["gone_since"], r["cause"]) for _n, _size, r in run)
    columns = ("youtube_id", "gone_since", "gone_cause")
    insert_rows(
        FollowedVideo, columns, rows, same={"follow_id": load.follow.pk}, ignore_conflicts=True
    )


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
