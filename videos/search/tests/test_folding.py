"""Folding, and finding in folded texts: the quick ways say the same as the plain ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tiers import examples
from videos.search.folding import fold, fold_together, folds_alone
from videos.search.language import parse
from videos.search.lines import Lines
from videos.search.moments import (
    Finder,
    Span,
    _hits_in_chunk,
    _once_each,
    _phrase_spans_from,
)
from videos.search.tokenizer import (
    join_cues,
    joined_with_starts,
    runs,
)

WORDS = (
    *("don't", "e-mail", "C++", "Größe", "l'heure", "東京タワー", "ｶﾞｶﾞ", "x№5", "½", "I", "™"),
    *(
        "u\u035c\u0308x",
        "e\u0301",
        "µm",
        "❤\ufe0f",
        "и\u0306",
        "\x86x",
        "daß",
        "α\u0345",
        "\u200bz",
        "…",
    ),
)
PIECES = st.one_of(st.sampled_from(WORDS), st.text(max_size=4))
TEXTS = st.lists(PIECES, max_size=12).map(" ".join)
TYPED = st.lists(PIECES, min_size=1, max_size=3).map(" ".join)
LINES = st.lists(TEXTS, max_size=3).map("\n".join)


@pytest.mark.slow
def test_signs_and_letters_fold_alone() -> None:
    """Each character that is folded by itself gives the same before others of its kind."""
    around = ("e", "ü", "й", "ά", "™")
    for code in range(0x80, 0x10000):
        character = chr(code)
        if not 0xD800 <= code < 0xE000 and folds_alone(character):
            for other in around:
                whole = fold_together(f"o{character}{other}")
                parts = fold_together("o") + fold_together(character) + fold_together(other)
                assert whole == unicodedata.normalize("NFC", parts), hex(code)


@given(TEXTS)
def test_folding_by_characters_says_the_same(text: str) -> None:
    assert fold(text) == fold_together(text)


def test_every_mark_belongs_to_a_word() -> None:
    """The planes without marks are left out of the table."""
    for code in range(0x20000, 0x110000):
        if unicodedata.category(chr(code)) in ("Mn", "Mc"):
            assert runs().fullmatch(f"a{chr(code)}"), hex(code)


@settings(max_examples=examples(300))
@given(LINES, TYPED | TYPED.map('"{}"'.format))
@example("Don't say e-mail\tnow\nin the Größe", "dont email now grosse")
@example("x№5 C++ c", 'c++ 5 "c"')
@example("終わりです。するとまた", '"です。すると"')
@example("æ\u0301 das das", "das")
@example("東京 æ\u0301 das das", "das")
@example("½", "½")
@example("daß ½ \u200bdas u\u035cber 😀 в µm", "das uber в µm ½")
@example("daß das α\u0345 das", "das")
def test_spans_are_those_of_each_piece(text: str, typed: str) -> None:
    question = parse(typed)
    assert Finder(question).spans_in(Lines(text)) == plain_spans(text, typed)


def plain_spans(text: str, typed: str) -> list[Span]:
    """The places in a text, found by looking closely at each of its pieces."""
    question = parse(typed)
    lines = Lines(text)
    spans: list[Span] = []
    for number, term in enumerate(question.terms):
        found: dict[bool, list[Span]] = {True: [], False: []}
        for begin, chunk in every_chunk(lines):
            for hit in _hits_in_chunk(question, chunk):
                if hit.term == number:
                    span = Span(begin + hit.start, begin + hit.end, number)
                    found[hit.is_strict].append(span)
        spans += found[True] or found[False]
        for phrase in term.phrases:
            for begin, chunk in every_chunk(lines):
                spans += _phrase_spans_from(phrase, number, text, begin, chunk)
    return _once_each(spans)


def every_chunk(lines: Lines) -> Iterator[tuple[int, str]]:
    for number in range(len(lines.lines)):
        yield from lines.chunks_of(number)


@given(LINES, st.integers(0, 30), st.integers(0, 30))
def test_pieces_between_two_places_are_some_of_all(text: str, start: int, length: int) -> None:
    """All that lie between them, and no other ones."""
    lines, pattern, stop = Lines(text), re.compile("[a-z0-9東]"), start + length
    every = set(lines.chunks_like(pattern))
    some = set(lines.chunks_like(pattern, start, stop))
    between = {
        (begin, chunk) for begin, chunk in every if begin >= start and begin + len(chunk) < stop
    }
    assert between <= some <= every


@given(st.lists(st.sampled_from(["a b", "ä", "東京", "タ", "c"]), max_size=6))
def test_cues_begin_where_they_stand(texts: list[str]) -> None:
    joined, starts = joined_with_starts(texts)
    assert joined == join_cues(texts)
    for text, start in zip(texts, starts, strict=True):
        assert joined[start : start + len(text)] == text
