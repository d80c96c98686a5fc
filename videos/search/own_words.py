"""Whether a note or a tag, which are no part of the index, has what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from videos.search.language import Question, Term


def has_all(question: Question, text: Sequence[str]) -> bool:
    """Tell whether these words have every term and nothing unwanted."""
    for term in question.terms:
        if not _has(term, text):
            return False
    return not has_any(question.without, text)


def has_any(terms: Sequence[Term], text: Sequence[str]) -> bool:
    """Tell whether these words have one of the terms."""
    for term in terms:
        if _has(term, text):
            return True
    return False


def _has(term: Term, text: Sequence[str]) -> bool:
    for word in text:
        if term.matches(word) or term.matches_inside(word):
            return True
    for phrase in term.phrases:
        if f" {' '.join(phrase)} " in f" {' '.join(text)} ":
            return True
    return False
