"""Found words in a text."""

from hypothesis import given
from hypothesis import strategies as st

from videos.search.marking import marked, marked_hits


def test_marked_words_are_escaped() -> None:
    assert marked("a <b> c", [(2, 5)]) == "a <mark>&lt;b&gt;</mark> c"
    assert marked("<i>", []) == "&lt;i&gt;"


def test_overlapping_ranges_are_cut() -> None:
    assert marked("abcdef", [(3, 99), (0, 2), (1, 4)]) == (
        "<mark>ab</mark><mark>cd</mark><mark>ef</mark>"
    )


@given(st.text('a<&>"é'), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50))))
def test_marked_text_stays_the_same_text(text: str, marks: list[tuple[int, int]]) -> None:
    plain = marked(text, marks).replace("<mark>", "").replace("</mark>", "")
    assert plain == marked(text, [])


def test_marked_hits_carry_their_number() -> None:
    assert marked_hits("a b", [(2, 3, 7)]) == 'a <mark data-hit="7">b</mark>'
