"""Files people upload as transcripts: whatever is in them, cues come out or a sentence."""

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.people import person
from videos.cues import MAX_CUES, Cue, tidy, tidy_plain, unrolled, write_srt, write_vtt
from videos.models import ListEntry, Transcript, Video, VideoList
from videos.tests.library import add_video
from videos.transcripts import (
    MOST_CUES,
    TranscriptRefused,
    may_change_transcript,
    read_transcript,
)

HOSTILE = st.sampled_from(
    [
        b"WEBVTT\n\n",
        b"00:01.000 --> 00:02.000\n",
        b"<script>",
        b"\x00",
        b"\xff\xfe",
        "\u202e".encode(),
        b"\n\n",
        b"-->",
        b"&lt;",
    ]
)
cues = st.lists(
    st.builds(Cue, st.integers(0, 9999), st.integers(0, 9999), st.text(min_size=1, max_size=40)),
    max_size=8,
).map(tidy)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.one_of(HOSTILE, st.binary(max_size=8)), max_size=12).map(b"".join),
    )
)
def test_any_bytes_are_cues_or_a_sentence(content: bytes) -> None:
    try:
        read = read_transcript(content)
    except TranscriptRefused:
        return
    assert read
    assert read == tidy_plain(read)
    assert not any(set("\x00\u202e") & set(cue.text) for cue in read)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("write", [write_vtt, write_srt])
@given(track=cues)
def test_what_we_write_can_be_uploaded(write, encoding, track):
    if track:
        assert read_transcript(write(track).encode(encoding)) == unrolled(track)


@pytest.mark.slow
def test_a_transcript_of_too_many_cues_is_refused() -> None:
    """80,000 fit into a file, and their page took nine seconds for all who have the video."""
    track = [Cue(float(n), n + 0.5, f"word {n}") for n in range(MOST_CUES + 1)]
    with pytest.raises(TranscriptRefused, match="20,000"):
        read_transcript(write_srt(track).encode())
    assert len(read_transcript(write_srt(track[:-1]).encode())) == MOST_CUES


@pytest.mark.slow
def test_captions_have_a_largest_number_of_cues() -> None:
    track = [Cue(float(n % 1000), 1000.0, "a") for n in range(MAX_CUES + 1)]
    assert len(tidy_plain(track)) == MAX_CUES


# Whose a transcript is ----------------------------------------------------------------------------


@pytest.fixture
def shared(video_list: VideoList, bob: Any) -> Video:
    """A video of Alice's that Bob has too."""
    video = add_video(video_list, 1)
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    ListEntry.objects.create(video_list=theirs, video=video, position=1)
    return video


def give(video: Video, by: Any = None) -> Transcript:
    """A fetched transcript, or one that somebody uploaded."""
    return Transcript.objects.create(
        video=video, source="manual", language="de", cues=[], uploaded=bool(by), uploaded_by=by
    )


@pytest.mark.django_db
def test_ones_own_upload_may_always_be_changed(shared: Video, alice: Any, bob: Any) -> None:
    there = give(shared, by=alice)
    assert may_change_transcript(alice, shared, there)
    assert not may_change_transcript(bob, shared, there)
    assert may_change_transcript(bob, shared, None)


@pytest.mark.django_db
def test_an_upload_is_free_when_its_giver_left(shared: Video, alice: Any, bob: Any) -> None:
    """Although a third person has the video still."""
    there = give(shared, by=bob)
    third = VideoList.objects.create(owner=person("dora"), name="Dora's")
    ListEntry.objects.create(video_list=third, video=shared, position=1)
    assert not may_change_transcript(alice, shared, there)
    ListEntry.objects.filter(video_list__owner=bob).delete()
    assert may_change_transcript(alice, shared, there)


@pytest.mark.django_db
def test_what_was_fetched_is_everybodys(shared: Video, alice: Any, bob: Any) -> None:
    there = give(shared)
    assert not may_change_transcript(alice, shared, there)
    ListEntry.objects.filter(video_list__owner=bob).delete()
    assert may_change_transcript(alice, shared, there)


@pytest.mark.django_db
@pytest.mark.parametrize("uploaded", [False, True])
def test_a_deleted_list_locks_no_transcript(
    shared: Video, alice: Any, bob: Any, uploaded: bool
) -> None:
    by = None
    if uploaded:
        by = bob
    there = give(shared, by=by)
    VideoList.objects.filter(owner=bob).update(deleted_at=timezone.now())
    assert may_change_transcript(alice, shared, there)
