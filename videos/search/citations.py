"""A moment of a video as a quote, in the forms that people paste: plain text, Markdown, APA, and
BibTeX and CSL-JSON for reference managers.

Pure: everything that is said comes from a `Quote`.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from videos.models import Video
from videos.templatetags.library import clock

MARKDOWN_SYNTAX = re.compile(r"([\\`*_\[\]<>#|~])")
BIBTEX_SYNTAX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
# Reference managers sort by these names, whatever the reader's language is.
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class Quote:
    """What was said, by whom, when in the video. `seconds` is where it begins."""

    text: str
    title: str
    channel: str
    published: datetime.date | None
    youtube_id: str
    seconds: int
    accessed: datetime.date

    @property
    def time(self) -> str:
        return clock(self.seconds)

    @property
    def url(self) -> str:
        """The video at that second."""
        return f"https://youtu.be/{self.youtube_id}?t={self.seconds}"

    @property
    def video_url(self) -> str:
        return f"https://www.youtube.com/watch?v={self.youtube_id}"


def quote_of(video: Video, text: str, seconds: float, *, today: datetime.date) -> Quote:
    """Return a quote with its text on one line."""
    return Quote(
        text=" ".join(text.split()),
        title=video.title or video.youtube_id,
        channel=video.channel,
        published=video.published_at,
        youtube_id=video.youtube_id,
        seconds=int(seconds),
        accessed=today,
    )


def write_plain(quote: Quote) -> str:
    source = ", ".join(filter(None, (quote.title, quote.channel, quote.time)))
    return f"“{quote.text}”\n{source}\n{quote.url}"


def write_markdown(quote: Quote) -> str:
    """Return a block quote with a link to the second."""
    source = f"[{escape_markdown(quote.title)}, {quote.time}]({quote.url})"
    if quote.channel:
        source = f"{escape_markdown(quote.channel)}: {source}"
    return f"> {escape_markdown(quote.text)}\n>\n> — {source}"


def write_apa(quote: Quote) -> str:
    """Return the quote with its citation in the text, and the entry of the list of references.

    APA 7 cites a video by the channel that uploaded it, and a place in it by its time. Without a
    channel the title takes its place.
    """
    year = "n.d."
    if quote.published is not None:
        year = str(quote.published.year)
    author = quote.channel or quote.title
    return f"“{quote.text}” ({author}, {year}, {quote.time})\n\n{_apa_reference(quote)}"


def _apa_reference(quote: Quote) -> str:
    date = "n.d."
    if quote.published is not None:
        month = MONTH_NAMES[quote.published.month - 1]
        date = f"{quote.published.year}, {month} {quote.published.day}"
    title = f"{quote.title} [Video]"
    if quote.channel:
        return f"{_with_stop(quote.channel)} ({date}). {title}. YouTube. {quote.video_url}"
    return f"{title}. ({date}). YouTube. {quote.video_url}"


def write_bibtex(quote: Quote) -> str:
    """Return an entry that BibTeX and biblatex read."""
    lines = []
    for name, value in _bibtex_fields(quote).items():
        if value:
            lines.append(f"  {name} = {{{value}}}")
    if quote.published is not None:
        lines.append(f"  year = {{{quote.published.year}}}")
        lines.append(f"  month = {MONTHS[quote.published.month - 1]}")
    body = ",\n".join(lines)
    return f"@misc{{{citation_key(quote)},\n{body}\n}}"


def _bibtex_fields(quote: Quote) -> dict[str, str]:
    return {
        "author": quote.channel and f"{{{_bibtex(quote.channel)}}}",
        "title": f"{{{_bibtex(quote.title)}}}",
        "howpublished": "Video, YouTube",
        "url": quote.url,
        "urldate": quote.accessed.isoformat(),
        "note": f"{quote.time}: ``{_bibtex(quote.text)}''",
    }


def write_csl(quote: Quote) -> str:
    """Return a JSON array with one item, as reference managers import it."""
    item: dict[str, Any] = {
        "id": citation_key(quote),
        "type": "motion_picture",
        "title": quote.title,
        "medium": "Video",
        "publisher": "YouTube",
        "URL": quote.url,
        "accessed": _csl_date(quote.accessed),
        "note": f"{quote.time}: “{quote.text}”",
    }
    if quote.channel:
        item["author"] = [{"literal": quote.channel}]
    if quote.published is not None:
        item["issued"] = _csl_date(quote.published)
    return json.dumps([item], ensure_ascii=False, indent=2)


FORMATS: dict[str, tuple[str, Callable[[Quote], str]]] = {
    "plain": ("Text", write_plain),
    "markdown": ("Markdown", write_markdown),
    "apa": ("APA", write_apa),
    "bibtex": ("BibTeX", write_bibtex),
    "csl": ("CSL-JSON", write_csl),
}


def citation_key(quote: Quote) -> str:
    """Return a key of letters, digits and hyphens that is the same for the same moment."""
    return f"youtube-{quote.youtube_id.replace('_', '-')}-{quote.seconds}"


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return MARKDOWN_SYNTAX.sub(r"\\\1", text)


def _bibtex(text: str) -> str:
    return text.translate(BIBTEX_SYNTAX)


def _with_stop(text: str) -> str:
    if text.endswith("."):
        return text
    return f"{text}."


def _csl_date(day: datetime.date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}
