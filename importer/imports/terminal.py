"""How an import looks in a terminal: two live bars, or plain lines where nobody watches."""

import sys
from types import TracebackType
from typing import Protocol, Self, TextIO

from django.utils.translation import gettext
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from importer.imports.models import ImportBatch
from importer.imports.progress import BatchProgress
from videos.models import Video


class Display(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, progress: BatchProgress, batch: ImportBatch) -> None: ...


def display_for(stream: TextIO) -> Display:
    if stream.isatty():
        return Bars(stream)
    return Lines(stream)


class Lines:
    """A line whenever another tenth is done."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.stream = stream
        self.shown = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stream.flush()

    def show(self, progress: BatchProgress, batch: ImportBatch) -> None:
        tenth = progress.percent // 10
        if tenth > self.shown and progress.total:
            self.shown = tenth
            self.stream.write(_line_of(progress) + "\n")


def _line_of(progress: BatchProgress) -> str:
    counts = {"percent": progress.percent, "done": progress.done, "total": progress.total}
    return gettext("%(percent)s %%: %(done)s of %(total)s videos") % counts


class Bars:
    """The whole import, and the video that moved last."""

    def __init__(self, stream: TextIO) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self.progress = Progress(*columns, console=Console(file=stream))
        self.overall = self.progress.add_task(gettext("Import"), total=None)
        self.current = self.progress.add_task("", total=100)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def show(self, progress: BatchProgress, batch: ImportBatch) -> None:
        self.progress.update(self.overall, total=progress.total or None, completed=progress.done)
        video = moving_video(batch)
        if video is not None:
            self.progress.update(
                self.current, description=str(video)[:40], completed=video.import_progress
            )


def moving_video(batch: ImportBatch) -> Video | None:
    """The video a worker is on, otherwise the one that came to its end last.

    At most two queries.
    """
    named = batch.items.filter(video__isnull=False)
    items = named.select_related("video").defer("video__description")
    item = items.filter(video__job__lease_until__isnull=False).order_by("number").first()
    if item is None:
        finished = items.filter(video__finished_at__gte=batch.created_at)
        item = finished.order_by("-video__finished_at").first()
    if item is None:
        return None
    return item.video
