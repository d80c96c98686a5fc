"""The index finds what a plain look at every word would find. Run on SQLite and on PostgreSQL, so
both find the same.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiers import examples
from videos.models import VideoList
from videos.search.documents import SHORTEST_REVERSED
from videos.search.language import Question, Term, parse
from videos.search.tests.spoken import found, say, undone
from videos.search.tokenizer import is_paired, join_cues, tokens

pytestmark = pytest.mark.django_db

WORDS = [
    "Uhr",
    "Uhren",
    "Uhrwerk",
    "Armbanduhr",
    "Werk",
    "in",
    "the",
    "end",
    "E-Mail",
    "email",
    "don't",
    "Größe",
    "groesse",
    "Müller",
    "mueller",
    "東京タワー",
    "東",
    "서울에서",
    "ภาษาไทย",
    "C++",
    "running",
    "run",
    "l'heure",
    "x_y",
    "a.b",
]
SAID = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
LIBRARY = st.lists(st.tuples(SAID, SAID), min_size=1, max_size=5)
ANYTHING = st.text(max_size=8)
ASKED_PART = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(WORDS).map(lambda word: f"{word[:3]}*"),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(lambda some: f'"{" ".join(some)}'),
    st.sampled_from(WORDS).map(lambda word: f"-{word}"),
    ANYTHING,
)
ASKED = st.lists(ASKED_PART, min_size=1, max_size=3).map(
    lambda parts: " ".join(part + '"' * (part.count('"') % 2) for part in parts)
)


@given(library=LIBRARY, asked=st.lists(ASKED, min_size=1, max_size=8))
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_index_finds_what_a_plain_look_finds(
    alice: Any, library: list[tuple[str, str]], asked: list[str]
) -> None:
    with undone():
        video_list = VideoList.objects.create(owner=alice, name="all")
        texts = {}
        for number, (title, said) in enumerate(library):
            cues = said.split(" ")
            video = say(video_list, number, *cues, title=title)
            texts[video.pk] = [words_in_order(title), words_in_order(join_cues(cues))]
        for typed in asked:
            question = parse(typed)
            expected = {pk for pk, both in texts.items() if has_all(question, both)}
            assert set(found(alice, typed)) == expected, typed


def words_in_order(text: str) -> list[tuple[str, int]]:
    return [(token.word, token.position) for token in tokens(text)]


def has_all(question: Question, texts: Sequence[list[tuple[str, int]]]) -> bool:
    if not question.terms:
        return False
    if any(has(term, texts) for term in question.without):
        return False
    return all(has(term, texts) for term in question.terms)


def has(term: Term, texts: Sequence[list[tuple[str, int]]]) -> bool:
    words = {word for text in texts for word, _position in text}
    titled = {word for word, _position in texts[0]}
    if words & set(term.exact):
        return True
    if any(word.startswith(term.begins) for word in words):
        return True
    long_words = {w for w in words if len(w) >= SHORTEST_REVERSED and not is_paired(w)}
    if any(word.endswith(term.ends) for word in long_words):
        return True
    if term.is_loose and any(word.startswith(short(term)) for word in titled):
        return True
    return any(is_phrase(phrase, text) for phrase in term.phrases for text in texts)


def short(term: Term) -> tuple[str, ...]:
    """Words so short that only titles are searched for their beginning."""
    return tuple(word for word in term.exact if len(word) < 3 and not is_paired(word))


def is_phrase(phrase: Sequence[str], text: list[tuple[str, int]]) -> bool:
    places = set(text)
    return any(
        all((word, begin + step) in places for step, word in enumerate(phrase))
        for _word, begin in text
    )
