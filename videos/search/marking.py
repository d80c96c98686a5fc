"""Text with the found words marked, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

NumberedRange = tuple[int, int, int]  # from, to, number of the hit
CueHits = Mapping[int, Sequence[NumberedRange]]  # by the place of the cue


def marked(text: str, marks: Iterable[Sequence[int]]) -> SafeString:
    """Return the text escaped, with `<mark>` around each `(from, to)` of its characters."""
    return _with_tags(text, [(mark[0], mark[1], "<mark>") for mark in marks])


def marked_hits(text: str, hits: Iterable[NumberedRange]) -> SafeString:
    """The same with the number of the hit on each mark, so that a page can go from one to the
    next. `(from, to, number)`.
    """
    ranges = [(start, end, f'<mark data-hit="{number:d}">') for start, end, number in hits]
    return _with_tags(text, ranges)


def _with_tags(text: str, ranges: Iterable[tuple[int, int, str]]) -> SafeString:
    """Escape the text and put tags around ranges of it.

    Ranges that overlap or lie outside of the text are cut, so any ranges give whole HTML.
    """
    parts: list[str] = []
    done = 0
    for start, end, tag in sorted(ranges):
        begin = max(start, done)
        stop = min(end, len(text))
        if begin >= stop:
            continue
        parts.append(escape(text[done:begin]))
        parts.append(f"{tag}{escape(text[begin:stop])}</mark>")
        done = stop
    parts.append(escape(text[done:]))
    return mark_safe("".join(parts))  # noqa: S308 -- every part of it is escaped above
