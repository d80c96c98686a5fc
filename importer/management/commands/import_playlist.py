"""`manage.py import_playlist SOURCE… --list NAME`: playlists, channels, videos, files or standard
input into a list, with live progress.
"""

import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enrichment.embedded_redis import running_redis
from enrichment.inline import work_until
from enrichment.services import worker_is_alive
from enrichment.signals import video_settled
from importer.imports import reading
from importer.imports.models import ACTIVE, BatchState, ImportBatch, ImportItem, Source, Verdict
from importer.imports.plans import plan_import
from importer.imports.progress import batch_progress
from importer.imports.queries import causes_of
from importer.imports.rows import Row, rows_from
from importer.imports.terminal import Display, display_for
from importer.intake.files import DEFAULT_LIMITS, FileRefused, Group, read_file
from importer.intake.files.plain import PlainText
from importer.intake.rows import rows_from_file
from importer.intake.uploads import UNASKED
from importer.parsing import (
    ChannelAddress,
    ParsedLine,
    PlaylistAddress,
    Reason,
    parse_lines,
    parse_many,
    playlist_beside,
    whole_playlists,
)
from videos.causes import message
from videos.chunks import chunks
from videos.commands import find_user, misuse
from videos.forms import NAME_LENGTH
from videos.models import Video, VideoList
from videos.stages import Stage

POLL = 0.25  # seconds between two looks at the database
DASHED_ID = re.compile(r"-[A-Za-z0-9_][A-Za-z0-9_-]{9}")
SUFFIXES = frozenset(
    {".csv", ".tsv", ".txt", ".md", ".json", ".zip", ".html", ".htm", ".url", ".webloc"}
)  # of what somebody means as a file
READ = (Verdict.EXPANDED, Verdict.INVALID)  # what becomes of the line of a playlist


class Command(BaseCommand):
    help = "Import a playlist, a channel, videos, or a file of addresses into a list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "sources",
            nargs="+",
            metavar="SOURCE",
            help="address or id of a playlist, channel or video (after -- if it begins with two "
            "dashes); a file; or - for standard input",
        )
        parser.add_argument(
            "--list",
            required=True,
            dest="list_name",
            metavar="NAME",
            help="the list to import into; made if it is not there",
        )
        parser.add_argument(
            "--user", metavar="NAME", help="whose list it is; the first administrator's by default"
        )
        parser.add_argument("--limit", type=int, metavar="N", help="import at most N videos")
        parser.add_argument(
            "--whole-playlists",
            action="store_true",
            help="where a video's address also names a playlist, import all of that instead",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would be imported"
        )
        parser.add_argument("--no-wait", action="store_true", help="queue the import and return")
        parser.add_argument(
            "--inline", action="store_true", help="do the work in this process, without a worker"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        super().run_from_argv(list(map(_without_dash, argv)))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise misuse(_("--limit takes a number from 1."))
        if not 0 < len(options["list_name"].strip()) <= NAME_LENGTH:
            text = _("--list takes a name of 1 to %(most)s characters.")
            raise misuse(text % {"most": NAME_LENGTH})
        owner = find_user(options["user"])
        try:
            rows = read_sources(options["sources"], whole=options["whole_playlists"])
        except KeyboardInterrupt:
            raise misuse(_("Nothing was imported.")) from None
        if not any(map(is_usable, rows)):
            raise misuse("\n".join([_("There is no address in that."), *map(_unusable, rows[:10])]))
        limit = cut_off(rows, options["limit"])
        if options["dry_run"]:
            self._preview(owner, rows[:limit], options["list_name"])
            return
        with running_redis(needed=options["inline"]):
            if not options["inline"] and not worker_is_alive():
                self._miss_worker(waits=not options["no_wait"])
            self._import(owner, within(rows, limit), limit, options)

    def _miss_worker(self, *, waits: bool) -> None:
        advice = _(
            "No worker is running, so nothing would happen. "
            "Start one with `make run`, or add --inline to do the work here."
        )
        if waits:
            raise misuse(advice)
        self.stderr.write(advice)

    def _preview(self, owner: Any, rows: list[Row], name: str) -> None:
        video_list = named_list(owner, name)
        preview = plan_import(
            owner=owner, video_list=video_list, rows=rows, source=Source.COMMAND
        ).preview()
        self.stdout.write(
            ngettext("%(count)s video", "%(count)s videos", preview.videos)
            % {"count": preview.videos}
        )
        self.stdout.write(_("%(count)s already in the list") % {"count": preview.known_here})
        self.stdout.write(
            ngettext("%(count)s playlist", "%(count)s playlists", preview.playlists)
            % {"count": preview.playlists}
        )
        self.stdout.write(
            ngettext("%(count)s channel", "%(count)s channels", preview.channels)
            % {"count": preview.channels}
        )
        for line in preview.unusable:
            self.stdout.write(f"{line.line}: {line.text} ({line.reason})")

    def _import(self, owner: Any, rows: list[Row], limit: int, options: dict[str, Any]) -> None:
        video_list = named_list(owner, options["list_name"])
        plan = plan_import(
            owner=owner, video_list=video_list, rows=rows, source=Source.COMMAND, limit=limit
        )
        report = plan.start()
        for item in report.batch.items.filter(verdict=Verdict.INVALID):
            self.stderr.write(f"{item.line}: {item.text} ({item.reason_text})")
        if options["no_wait"]:
            self.stdout.write(_("Import %(id)s is queued.") % {"id": report.batch.pk})
            return
        self._tell_of_earlier_imports(report.batch)
        waited: set[int] = set()
        try:
            stream: Any = (
                self.stdout._out
            )  # the wrapper around it would end each part of a bar with a new line
            with display_for(stream) as display:
                self._finish(report.batch, display, waited, inline=options["inline"])
        except KeyboardInterrupt:
            raise CommandError(
                _("Stopped watching. Import %(id)s is kept and goes on with the next worker.")
                % {"id": report.batch.pk}
            ) from None
        self._summarise(report.batch, waited)

    def _tell_of_earlier_imports(self, batch: ImportBatch) -> None:
        earlier = under_way(batch).count()
        if not earlier:
            return
        text = ngettext(
            "%(count)s video of an earlier import is still under way.",
            "%(count)s videos of an earlier import are still under way.",
            earlier,
        )
        self.stdout.write(text % {"count": earlier})

    def _finish(
        self, batch: ImportBatch, display: Display, waited: set[int], *, inline: bool
    ) -> None:
        """Until the import is at its end, and so is what its lines name and the list had,
        unfinished: `waited` are these videos.
        """

        def done(**signal: Any) -> bool:
            batch.refresh_from_db()
            display.show(batch_progress(batch), batch)
            if batch.state in ACTIVE:
                return False
            waiting = set(under_way(batch).values_list("pk", flat=True))
            waited.update(waiting)
            return not waiting

        if inline:
            video_settled.connect(done)  # a round of the pump completes several videos
            try:
                work_until(done, also=reading.read_next_page)
            finally:
                video_settled.disconnect(done)
            return
        while not done():
            time.sleep(POLL)

    def _summarise(self, batch: ImportBatch, waited: set[int]) -> None:
        """A line that named no video is no failure; a video in error is one, and so is a playlist
        that could not be read to its end.
        """
        progress = batch_progress(batch)
        unread = unread_lists(batch)
        for item in unread:
            self.stderr.write(f"{item.text}: {item.reason_text}")
        for cause in causes_of(batch.pk):
            self.stderr.write(f"{cause.count} × {cause.message}")
        lost = failed_among(waited)
        for video in lost:
            self.stderr.write(f"{video.youtube_id}: {message(video.error_cause)}")
        self.stdout.write(progress.summary)
        if batch.state == BatchState.CANCELLED:
            self.stdout.write(_("The import was cancelled."))
        if progress.failed or lost or unread or batch.state == BatchState.CANCELLED:
            sys.exit(1)


def _without_dash(word: str) -> str:
    """An id may begin with a dash, and no option looks like one."""
    if DASHED_ID.fullmatch(word):
        return f"https://youtu.be/{word}"
    return word


def named_list(owner: Any, name: str) -> VideoList:
    """Return the user's list of that name, or a new, unsaved one."""
    existing = VideoList.objects.owned_by(owner).filter(name=name).first()
    return existing or VideoList(owner=owner, name=name)


def unread_lists(batch: ImportBatch) -> list[ImportItem]:
    """Return the import's playlists of which something could not be read."""
    items = batch.items.filter(verdict__in=READ).exclude(reason="")
    return list(filter(is_list, items))


def failed_among(video_ids: set[int]) -> list[Video]:
    failed: list[Video] = []
    for ids in chunks(sorted(video_ids)):
        failed += Video.objects.filter(pk__in=ids, import_stage=Stage.ERROR)
    return failed


def under_way(batch: ImportBatch) -> QuerySet[Video]:
    """What the import's lines name that was in the list already, and that an earlier import still
    works on. Not what is paused.
    """
    named = batch.items.filter(verdict=Verdict.DUPLICATE)
    return Video.objects.unfinished().filter(pk__in=named.values("video"), job__held=False)


def is_list(item: ImportItem) -> bool:
    line = next(parse_many([item.text]))
    return isinstance(line.address, PlaylistAddress | ChannelAddress) or bool(playlist_beside(line))


def is_usable(row: Row) -> bool:
    return bool(row.youtube_id) or row.verdict == Verdict.EXPANDING


def cut_off(rows: list[Row], videos: int | None) -> int:
    """Return how many rows an import of at most so many videos may have: rows that name none are
    kept, and do not count.
    """
    limit = int(settings.MAX_BATCH_LINES)
    if videos is None:
        return limit
    usable = 0
    for number, row in enumerate(rows, 1):
        if is_usable(row):
            usable += 1
        if usable == videos:
            return min(number, limit)
    return min(videos + len(rows) - usable, limit)


def within(rows: list[Row], limit: int) -> list[Row]:
    """Return the rows, those beyond the limit as such."""
    kept = rows[:limit]
    for row in rows[limit:]:
        kept.append(Row(row.line, row.text, verdict=Verdict.OVER_LIMIT))
    return kept


def read_sources(sources: list[str], *, whole: bool) -> list[Row]:
    """Read the rows of all sources, numbered through.

    `whole`: of text, a video's address that names a playlist means all of that.
    """
    rows: list[Row] = []
    for source in sources:
        after = rows[-1].line if rows else 0
        if source == "-":
            rows += _rows_of_input(after, whole=whole)
        else:
            rows += _rows_of(source, after, whole=whole)
    return rows


def _standard_input(most: int) -> bytes:
    """At most so many bytes, piece by piece: Python hears Ctrl-C between two reads and while one
    waits, but not inside of a large one.
    """
    stream: Any = sys.stdin.buffer  # a BufferedReader, whatever its type says
    content = bytearray()
    while len(content) < most:
        piece = stream.read1(most - len(content))
        if not piece:
            break
        content += piece
    return bytes(content)


def _rows_of_input(after: int, *, whole: bool) -> Iterator[Row]:
    """The rows of standard input: of a file of any kind that is known by its content, or of
    text.
    """
    content = _standard_input(DEFAULT_LIMITS.size + 1)
    if not content.strip():
        return iter(())
    try:
        result = read_file("", BytesIO(content))
    except FileRefused as refused:
        raise misuse(f"-: {refused.problem.label}") from None
    if whole and result.format == PlainText.name:
        return _rows_of_text(content.decode(errors="replace"), after, whole=True)
    return _rows_of_groups(result.groups, after)


def _rows_of(source: str, after: int, *, whole: bool) -> Iterator[Row]:
    """The rows of a file of any known kind, or of the argument itself."""
    path = Path(source)
    try:
        if not path.is_file():
            rows = list(_rows_of_text(source, after, whole=whole))
            if not any(map(is_usable, rows)) and (path.suffix.lower() in SUFFIXES or path.is_dir()):
                raise misuse(_("There is no file %(file)s.") % {"file": source})
            return iter(rows)
        with path.open("rb") as file:
            return _rows_of_groups(read_file(path.name, file).groups, after)
    except FileRefused as refused:
        raise misuse(f"{source}: {refused.problem.label}") from None
    except (OSError, ValueError):
        raise misuse(_("%(file)s cannot be read.") % {"file": source}) from None


def _rows_of_text(text: str, after: int, *, whole: bool) -> Iterator[Row]:
    lines: Iterable[ParsedLine] = parse_lines(text)
    if whole:
        lines = whole_playlists(lines)
    for row in rows_from(lines, limit=sys.maxsize):
        yield row._replace(line=row.line + after)


def _rows_of_groups(groups: list[Group], after: int) -> Iterator[Row]:
    for group in _counting(groups):
        yield from rows_from_file(group.lines, limit=sys.maxsize, after=after)
        after += group.lines[-1].number


def _counting(groups: list[Group]) -> list[Group]:
    """What an account follows and has watched counts only where there is nothing else."""
    unasked = [group for group in groups if group.heading.kind in UNASKED]
    return unasked or groups


def _unusable(row: Row) -> str:
    return f"{row.line}: {row.text} ({Reason(row.reason).label})"
