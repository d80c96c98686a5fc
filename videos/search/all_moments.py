"""Every moment of a search, video by video: what an export takes along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from videos.chunks import chunks
from videos.cues import Cue, from_rows
from videos.models import Transcript
from videos.search.moment_files import MomentRow, moment_row
from videos.search.moments import Hit, hits_in_cues

AT_ONCE = 20  # transcripts in memory


def moment_rows(video_ids: Sequence[int], words: str) -> Iterator[MomentRow]:
    """Every place of these videos where the words are said, in the order of the videos.

    One query for 20 videos. Who may see the videos is up to the caller.
    """
    for ids in chunks(video_ids, AT_ONCE):
        transcripts = Transcript.objects.select_related("video")
        by_video = transcripts.in_bulk(ids, field_name="video_id")
        for video_id in ids:
            if video_id in by_video:
                yield from rows_of_transcript(by_video[video_id], words)


def rows_of_transcript(transcript: Transcript, words: str) -> Iterator[MomentRow]:
    """The moments of one video; hits in the same cues are one moment."""
    video = transcript.video
    cues = from_rows(transcript.cues)
    for first, last in cue_ranges(hits_in_cues(words, cues)):
        yield moment_row(
            title=video.title,
            channel=video.channel,
            youtube_id=video.youtube_id,
            start=cues[first].start,
            end=cues[last].end,
            text=spoken(cues[first : last + 1]),
        )


def cue_ranges(hits: Sequence[Hit]) -> Iterator[tuple[int, int]]:
    """The first and last cue of each hit, each range once."""
    before = None
    for hit in hits:
        cues = (hit[0][0], hit[-1][0])
        if cues != before:
            yield cues
        before = cues


def spoken(cues: Sequence[Cue]) -> str:
    return " ".join(cue.text for cue in cues)
