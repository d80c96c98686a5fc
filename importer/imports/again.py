"""Starting a cancelled import again."""

from collections.abc import Iterator

from importer.imports.models import ImportBatch, ImportItem, Source, Verdict
from importer.imports.plans import ImportReport, plan_import
from importer.imports.rows import Row

PLAYLISTS = (Verdict.EXPANDING, Verdict.EXPANDED)


def start_again(*, batch: ImportBatch) -> ImportReport:
    """Start a new import with the videos and playlists of a cancelled one.

    What is in the list already stays as it is, and counts as a duplicate. Videos of a playlist come
    from the lines it was read into, and those that it had no time to read by reading it again.
    """
    plan = plan_import(
        owner=batch.owner,
        video_list=batch.video_list,
        rows=list(_rows_of(batch)),
        source=Source.WEB,
    )
    return plan.start()


def has_something_to_start(batch: ImportBatch) -> bool:
    """Return whether there is a line that could be imported again."""
    return next(_rows_of(batch), None) is not None


def _rows_of(batch: ImportBatch) -> Iterator[Row]:
    items = batch.items.select_related("video").order_by("number")
    for item in items.iterator():
        row = _row_of(item)
        if row is not None:
            yield row


def _row_of(item: ImportItem) -> Row | None:
    """The row of a video or a playlist; None for every other line."""
    if item.video is not None:
        return Row(item.line, item.text, item.video.youtube_id)
    if item.verdict in PLAYLISTS:
        return Row(item.line, item.text, verdict=Verdict.EXPANDING)
    return None
