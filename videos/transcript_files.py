"""All transcripts of a list in one file: a zip of texts, subtitle files, or Markdown.

Markdown has the chapters as headings, and each paragraph with a link to its second at YouTube.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from videos.cues import Cue, from_rows, write_srt, write_txt, write_vtt
from videos.exports import read_for_export
from videos.models import Chapter, ListEntry, Transcript, Video
from videos.templatetags.library import clock

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

VIDEOS_AT_ONCE = 50  # of whose transcripts memory holds the texts at the same time
LONGEST_NAME = 80  # characters of a title in a file's name
PARAGRAPH_PAUSE = 3.0  # seconds
PARAGRAPH_LENGTH = 500  # characters, then the next end of a sentence closes the paragraph
SENTENCE_ENDS = (".", "!", "?", "…")
NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
NOT_IN_HASHTAGS = re.compile(r"[^\w-]+")
SPECIAL_IN_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|])")

Writer = Callable[[Video, Sequence[Chapter], Sequence[Cue]], str]


def write_markdown(video: Video, chapters: Sequence[Chapter], cues: Sequence[Cue]) -> str:
    """The title, where the video is, and its text under its chapters, each paragraph with the time
    it begins at.
    """
    lines = [f"# {in_markdown(video.title or video.youtube_id)}", "", _about(video), ""]
    waiting = list(chapters)
    for paragraph in _paragraphs(cues, [chapter.start for chapter in chapters]):
        while waiting and waiting[0].start <= paragraph[0].start:
            chapter = waiting.pop(0)
            link = _link(video, chapter.start)
            lines += [f"## {in_markdown(chapter.title)} {link}", ""]
        text = in_markdown(_text_of(paragraph))
        lines += [f"{_link(video, paragraph[0].start)} {text}", ""]
    return "\n".join(lines)


def _about(video: Video) -> str:
    about = []
    if video.channel:
        about.append(in_markdown(video.channel))
    if video.published_at:
        about.append(video.published_at.isoformat())
    about.append(f"<{video.youtube_url}>")
    return " · ".join(about)


def _text_of(paragraph: Iterable[Cue]) -> str:
    texts = []
    for cue in paragraph:
        texts.append(cue.text)
    return " ".join(texts)


def entries_as_markdown(entries: QuerySet[ListEntry], *, name: str) -> Iterator[str]:
    """The list as Markdown: a line for each video, with its note and tags. A few queries per
    thousand.
    """
    yield f"# {in_markdown(name)}\n\n"
    for entry in read_for_export(entries):
        yield _line_of(entry)


def transcripts_as_zip(entries: QuerySet[ListEntry], *, kind: str) -> Iterator[bytes]:
    """The parts of a zip with a file for each video that has a transcript, in the entries' order.

    `kind` is a key of WRITERS. Videos without a transcript are named in a text of their own. Four
    queries per fifty videos.
    """
    write = WRITERS[kind]
    stream = _Parts()
    missing: list[str] = []
    ids = list(entries.values_list("video_id", flat=True))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for start in range(0, len(ids), VIDEOS_AT_ONCE):
            some = ids[start : start + VIDEOS_AT_ONCE]
            for place, (video, transcript) in enumerate(_with_transcripts(some), start + 1):
                if transcript is None:
                    missing.append(f"{video}  {video.youtube_url}")
                    continue
                cues = from_rows(transcript.cues)
                text = write(video, list(video.chapters.all()), cues)
                archive.writestr(file_name(video, place, kind), text)
            yield stream.taken()
        if missing:
            archive.writestr(f"{_('Without a transcript')}.txt", "\n".join(missing) + "\n")
    yield stream.taken()


def file_name(video: Video, place: int, kind: str) -> str:
    """`007 Title [id].txt`, without what a file system refuses."""
    title = unicodedata.normalize("NFC", NOT_IN_NAMES.sub(" ", video.title))
    title = " ".join(title.split())[:LONGEST_NAME].strip(" .")
    return f"{place:03} {title} [{video.youtube_id}].{kind}"


def in_markdown(text: str) -> str:
    """The text on one line, with nothing in it that Markdown would take for a sign."""
    return SPECIAL_IN_MARKDOWN.sub(r"\\\1", " ".join(text.split()))


WRITERS: dict[str, Writer] = {
    "txt": lambda video, chapters, cues: write_txt(cues),
    "srt": lambda video, chapters, cues: write_srt(cues),
    "vtt": lambda video, chapters, cues: write_vtt(cues),
    "md": write_markdown,
}


class _Parts(io.RawIOBase):
    """A file that a zip is written to, and whose content is taken away part by part."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: WriteableBuffer) -> int:
        part = bytes(content)
        self._parts.append(part)
        return len(part)

    def taken(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def _with_transcripts(video_ids: Sequence[int]) -> Iterator[tuple[Video, Transcript | None]]:
    videos = Video.objects.defer("description").prefetch_related("chapters").in_bulk(video_ids)
    transcripts = Transcript.objects.filter(video__in=video_ids).in_bulk(field_name="video_id")
    for video_id in video_ids:
        if video_id in videos:
            yield videos[video_id], transcripts.get(video_id)


def _line_of(entry: ListEntry) -> str:
    video = entry.video
    line = f"- [{in_markdown(str(video))}]({video.youtube_url})"
    if video.channel:
        line += f", {in_markdown(video.channel)}"
    for tag in entry.tags.all():
        line += " #" + NOT_IN_HASHTAGS.sub("-", tag.name)
    for note in entry.note.splitlines():
        line += f"\n  {in_markdown(note)}"
    return line + "\n"


def _link(video: Video, seconds: float) -> str:
    return f"[{clock(seconds)}]({video.youtube_url}&t={int(seconds)}s)"


def _paragraphs(cues: Iterable[Cue], chapter_starts: Sequence[float]) -> Iterator[list[Cue]]:
    """Cues that belong together: a pause, a new chapter, or the end of a sentence in a long
    paragraph closes it.
    """
    paragraph: list[Cue] = []
    length = 0
    for cue in cues:
        if paragraph and _begins_paragraph(paragraph[-1], cue, length, chapter_starts):
            yield paragraph
            paragraph = []
            length = 0
        paragraph.append(cue)
        length += len(cue.text)
    if paragraph:
        yield paragraph


def _begins_paragraph(before: Cue, cue: Cue, length: int, chapter_starts: Sequence[float]) -> bool:
    if cue.start - before.end >= PARAGRAPH_PAUSE:
        return True
    if _has_start_between(before, cue, chapter_starts):
        return True
    return length >= PARAGRAPH_LENGTH and before.text.endswith(SENTENCE_ENDS)


def _has_start_between(before: Cue, cue: Cue, starts: Iterable[float]) -> bool:
    for start in starts:
        if before.start < start <= cue.start:
            return True
    return False
