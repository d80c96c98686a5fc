"""The rows of an import from what a file gave."""

from collections.abc import Iterable, Iterator

from importer.imports.models import Verdict
from importer.imports.rows import LONGEST_TITLE, Row, rows_from
from importer.intake.files import FileLine
from importer.parsing.addresses import MAX_TEXT
from videos.text import one_line, storable


def rows_from_file(lines: Iterable[FileLine], *, limit: int, after: int = 0) -> Iterator[Row]:
    """Yield rows as `rows_from` does, with what a file knows about each line. Pure.

    `after` is added to the lines' numbers: the lines that came before.

    A line wholly over the limit is a single row: what is in it makes no difference any more.
    """
    taken = 0
    for line in lines:
        if taken >= limit:
            yield _over_limit(line, after)
            continue
        pieces = list(line.parsed())
        for row in rows_from(pieces, limit=max(limit - taken, 0)):
            title = ""
            if len(pieces) == 1:  # of several videos it is nobody's
                title = one_line(line.title, LONGEST_TITLE)
            yield row._replace(
                line=row.line + after,
                file_title=title,
                note=storable(line.note),
                tags=line.tags,
                added_at=line.added_at,
            )
        taken += len(pieces)


def _over_limit(line: FileLine, after: int) -> Row:
    text = storable(line.text.strip()[:MAX_TEXT])
    return Row(line.number + after, text, verdict=Verdict.OVER_LIMIT)
