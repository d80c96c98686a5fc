"""Files people upload as transcripts: whatever is in them, cues come out or a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos.cues import Cue, tidy, tidy_plain, unrolled, write_srt, write_vtt
from videos.transcripts import MOST_CUES, TranscriptRefused, read_transcript

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


def test_a_transcript_of_too_many_cues_is_refused() -> None:
    """80,000 fit into a file, and their page took nine seconds for all who have the video."""
    track = [Cue(float(n), n + 0.5, f"word {n}") for n in range(MOST_CUES + 1)]
    with pytest.raises(TranscriptRefused, match="20,000"):
        read_transcript(write_srt(track).encode())
    assert len(read_transcript(write_srt(track[:-1]).encode())) == MOST_CUES
