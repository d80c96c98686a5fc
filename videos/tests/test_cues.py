"""Timed text in every format: round trips, hostile input, rolling captions."""

import json
import time
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos import cues as timed
from videos.cues import Cue, CuesError
from videos.subtitles import read_srt, read_vtt

milliseconds = st.integers(0, 359_999_999).map(lambda value: value / 1000)
hostile_text = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "<script>",
                "</script>",
                "<b",
                ">",
                "<<i>b>",
                "-->",
                "\u200f",
                "\u202e",
                "\x00",
                "\n\n",
                "\r",
                "1\n",
                "&amp;",
                "&lt;",
                "{\\an8}",
                "\ud83d",
            ]
        ),
        max_size=12,
    ).map("".join),
)
tracks = st.lists(st.builds(Cue, milliseconds, milliseconds, hostile_text), max_size=12).map(
    timed.tidy
)


def write_json3(cues):
    """YouTube's own format, which the product only reads."""
    events = []
    for cue in cues:
        start, end = timed.ms(cue.start), timed.ms(cue.end)
        event = {"tStartMs": start, "dDurationMs": end - start, "segs": [{"utf8": cue.text}]}
        events.append(event)
    return json.dumps({"events": events})


ROUND_TRIPS = {
    "VTT": lambda track: read_vtt(timed.write_vtt(track)),
    "SRT": lambda track: read_srt(timed.write_srt(track)),
    "JSON3": lambda track: timed.read_json3(write_json3(track)),
    "rows": lambda track: timed.from_rows(
        timed.rows_from_text(timed.rows_to_text(timed.to_rows(track)))
    ),
}


@given(tracks)
def test_it_reads_back_what_it_wrote(track):
    for name, there_and_back in ROUND_TRIPS.items():
        assert there_and_back(track) == track, name


def test_halves_of_characters_are_kept():
    """Which earlier versions let through."""
    rows = [[0.5, 2, "\ud83d"]]
    assert timed.rows_from_text(timed.rows_to_text(rows)) == rows


@given(tracks)
def test_tidy_cues_are_tidy_already(track):
    assert timed.tidy(track) == track
    for cue in track:
        assert cue.text
        assert 0 <= cue.start <= cue.end
        assert not set("\x00\r\u202e") & set(cue.text)
        assert "<script>" not in cue.text
        cue.text.encode()


@given(
    text=st.one_of(
        st.text(),
        st.text(alphabet='WEBVTT\n0123:.,-> <>{}[]"nul'),
        st.recursive(st.none(), lambda inner: st.lists(inner)).map(json.dumps),
    )
)
def test_no_text_makes_a_reader_fail_otherwise_than_unreadable(text):
    for read in (read_vtt, read_srt, timed.read_json3):
        for hostile in (text, f"WEBVTT\n\n{text}", f'{{"events": {text}}}'):
            with suppress(CuesError):
                read(hostile)


ODD_EVENTS = (
    "null",
    "5",
    '[null, 5, "x", []]',
    '[{"segs": null}]',
    '[{"segs": [null, {"utf8": 5}]}]',
    '[{"tStartMs": "x", "segs": [{"utf8": "a"}]}]',
    '[{"tStartMs": NaN, "segs": [{"utf8": "a"}]}]',
    '[{"tStartMs": 1e999, "segs": [{"utf8": "a"}]}]',
    '[{"tStartMs": -5, "segs": [{"utf8": "a"}]}]',
)


@pytest.mark.parametrize("events", ODD_EVENTS)
def test_odd_events_are_no_cues(events):
    assert timed.read_json3(f'{{"events": {events}}}') == []


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", "[" * 100_000, '{"events": 1' + "0" * 5000 + "}"]
)
def test_what_is_no_json3_is_unreadable(text):
    with pytest.raises(CuesError):
        timed.read_json3(text)


@pytest.mark.slow
def test_ten_megabytes_in_a_line_cost_no_more_than_a_moment():
    begun = time.process_time()
    for line in (
        "x" * 10_000_000,
        "<b" * 5_000_000,
        "<b" * 13_000 + ">" * 10_000_000,
        "{\\" * 5_000_000,
        "\u202e" * 10_000_000,
    ):
        assert all(
            len(cue.text) <= timed.MAX_CUE_TEXT
            for cue in read_vtt(f"WEBVTT\n\n00:00.000 --> 00:01.000\n{line}\n")
        )
        assert all(
            len(cue.text) <= timed.MAX_CUE_TEXT
            for cue in read_srt(f"1\n00:00:00,000 --> 00:00:01,000\n{line}\n")
        )
        event = json.dumps({"events": [{"segs": [{"utf8": line}]}]}, ensure_ascii=False)
        assert all(len(cue.text) <= timed.MAX_CUE_TEXT for cue in timed.read_json3(event))
    assert time.process_time() - begun < 3


WILD_VTT = """\ufeffWEBVTT - a title
Kind: captions

NOTE
nothing

STYLE
::cue {}

intro
00:01.500 --> 00:03.000 align:start position:0%
<v Anna>Tom &amp; <i>Jerry</i></v>
- Ja?

01:00:00.000-->01:00:01.5
spät"""
WILD_SRT = """\ufeff1
00:00:01,000 --> 00:00:02,500
{\\an8}<font color=red>Hallo</font>


00:00:03.000 --> 00:00:04.000
ohne Nummer"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_files_of_the_wild_are_understood(line_end):
    assert read_vtt(WILD_VTT.replace("\n", line_end)) == [
        Cue(1.5, 3.0, "Tom & Jerry\n- Ja?"),
        Cue(3600.0, 3601.5, "spät"),
    ]
    assert read_srt(WILD_SRT.replace("\n", line_end)) == [
        Cue(1.0, 2.5, "Hallo"),
        Cue(3.0, 4.0, "ohne Nummer"),
    ]


def test_a_text_that_is_no_caption_file_is_unreadable():
    for read in (read_vtt, read_srt):
        with pytest.raises(CuesError):
            read("just a letter\n\nto a friend")


def test_rolling_vtt_says_each_word_once():
    track = [
        Cue(0.0, 2.0, "good morning everybody"),
        Cue(2.0, 2.01, "good morning everybody"),
        Cue(2.01, 4.0, "good morning everybody\nand welcome back"),
        Cue(4.0, 4.01, "and welcome back"),
        Cue(4.01, 6.0, "and welcome back\nto the show"),
    ]
    assert timed.without_rolling_repeats(track) == [
        Cue(0.0, 2.01, "good morning everybody"),
        Cue(2.01, 4.01, "and welcome back"),
        Cue(4.01, 6.0, "to the show"),
    ]


def test_a_line_that_grows_says_each_word_once():
    track = [Cue(0, 3, "so"), Cue(1, 4, "so today"), Cue(2, 5, "so today we sing")]
    assert timed.without_rolling_repeats(track) == [
        Cue(0, 1, "so"),
        Cue(1, 2, "today"),
        Cue(2, 5, "we sing"),
    ]


def test_a_word_spoken_twice_stays_where_captions_do_not_roll():
    track = [
        Cue(0, 4, "no no"),
        Cue(2, 6, "no way"),
        Cue(4, 8, "I said"),
        Cue(6, 10, "it before"),
        Cue(20, 22, "it before"),
    ]
    assert [cue.text for cue in timed.without_rolling_repeats(track)] == [cue.text for cue in track]
    assert [cue.end for cue in timed.without_rolling_repeats(track)] == [2, 4, 6, 10, 22]


@given(tracks)
def test_what_is_left_of_a_rolling_track_never_overlaps(track):
    kept = timed.without_rolling_repeats(track)
    assert all(before.end <= after.start for before, after in pairwise(kept))
    assert all(cue.start <= cue.end for cue in kept)


def test_plain_text_has_paragraphs_at_pauses_and_after_long_ones():
    long = [Cue(float(n), n + 1.0, "Ein Satz mit genau so vielen Wörtern.") for n in range(40)]
    paragraphs = timed.write_txt(
        [Cue(0, 1, "Eins\nzwei"), Cue(1, 2, "drei"), Cue(9, 10, "vier")]
    ).split("\n\n")
    assert paragraphs == ["Eins zwei drei", "vier\n"]
    assert len(timed.write_txt(long).split("\n\n")) == 3
    assert timed.write_txt([]) == ""


def test_clock_times_have_hours_and_milliseconds():
    assert timed.clock(3723.4567) == "01:02:03.457"
    assert (
        timed.write_srt([Cue(0, 1.5, "a"), Cue(2, 3, "b")])
        == "1\n00:00:00,000 --> 00:00:01,500\na\n\n2\n00:00:02,000 --> 00:00:03,000\nb\n"
    )
    assert timed.write_vtt([]) == "WEBVTT\n"
