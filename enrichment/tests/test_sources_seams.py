"""Joining parts: no word twice, none lost."""

from hypothesis import given
from hypothesis import strategies as st

from enrichment.sources.seams import join
from tests.standins.speech import words_between
from videos.cues import Cue


def heard(first, last, size, jitter=0.0):
    """One word a second from `first` to `last`, in cues of `size` words."""
    words, starts = words_between(first, last), range(first, last, size)
    return [
        Cue(s + jitter, min(s + size, last) + jitter, " ".join(words[s - first : s - first + size]))
        for s in starts
    ]


def said(cues):
    return " ".join(cue.text for cue in cues).split()


@given(
    st.integers(1, 9), st.integers(1, 9), st.floats(-1.5, 1.5), st.integers(0, 2), st.integers(0, 2)
)
def test_every_word_comes_once(left, right, jitter, cut_left, cut_right):
    before = heard(560, 610 - cut_left, left)
    after = heard(600 + cut_right, 640, right, jitter)
    joined = join(before, after, 600.0, 610.0)
    assert said(joined) == words_between(560, 640)
    assert [cue.start for cue in joined] == sorted(cue.start for cue in joined)
    assert all(cue.text for cue in joined)


def test_words_at_the_edges_come_from_the_better_part():
    before = [
        Cue(590, 600, "und so beginnt der nächste"),
        Cue(600, 610, "Abschnitt über die Unruh einer alten Tasch"),
    ]
    after = [
        Cue(600.4, 604, "schnitt über die Unruh,"),
        Cue(604, 612, "einer alten Taschenuhr aus Glashütte."),
    ]
    assert " ".join(said(join(before, after, 600, 610))) == (
        "und so beginnt der nächste Abschnitt über die Unruh, einer alten Taschenuhr aus Glashütte."
    )


def test_without_common_words_the_middle_of_the_time_decides():
    before, after = (
        [Cue(590, 600, "a"), Cue(600, 604, "b"), Cue(606, 610, "c")],
        [Cue(600, 603, "d"), Cue(605, 612, "e")],
    )
    assert said(join(before, after, 600, 610)) == ["a", "b", "e"]


def test_silence_joins_with_anything():
    cues = [Cue(600, 605, "da ist etwas"), Cue(607, 609, "und noch etwas")]
    assert join([], [], 600, 610) == []
    assert said(join([], cues, 600, 610)) == ["und", "noch", "etwas"]
    assert said(join(cues, [], 600, 610)) == ["da", "ist", "etwas"]
