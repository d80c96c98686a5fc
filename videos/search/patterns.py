"""What a folded text that has a word or a phrase looks like at least.

Quick to look for in a whole text, and now and then found where the word is not: whoever finds it
looks closer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from videos.search.language import Term
from videos.search.tokenizer import LONGEST_WORD, SPELLED_OUT, WITHOUT_BLANKS, is_paired

SIGN = r"(?:[^\w\n]|_)"  # an apostrophe or a hyphen inside of a word
BETWEEN_WORDS = r"[\W_]*"
BETWEEN_WORDS_IN_JSON = r"[\W\d_]*"  # between two cues stand brackets and times
LETTER = f"[^\\W_{WITHOUT_BLANKS}]"  # of a script with blanks between its words
ASCII_LETTER = "[a-z0-9]"  # compiling it takes a hundredth of the time
NO_ASCII_LETTER = r"[^a-z0-9\n]"  # SIGN as an ASCII word has it; half the time


def phrase_pattern(phrase: Sequence[str], *, between: str = BETWEEN_WORDS) -> str:
    """The words with any signs, but no letters, between them and around all of them."""
    pieces: list[str] = []
    before = ""
    for word in phrase:
        # Pairs of characters overlap. A character by itself is the last one of its piece.
        if is_paired(before) and len(before) > 1 and before.endswith(word[0]):
            pieces[-1] += word[1:]
        else:
            pieces.append(word)
        before = word
    patterns = list(map(word_pattern, pieces))
    if is_bounded(phrase[0]):
        patterns[0] = after_no_letter(phrase[0], patterns[0])
    if is_bounded(phrase[-1]) and len(phrase[-1]) < LONGEST_WORD:
        patterns[-1] += before_no_letter(phrase[-1])
    return between.join(patterns)


def word_pattern(word: str) -> str:
    for written, spelled_out in SPELLED_OUT.items():
        if word == spelled_out:
            return re.escape(written)
    sign = SIGN
    if word.isascii():
        sign = NO_ASCII_LETTER
    return f"{sign}?".join(map(re.escape, word))


def whole_word_pattern(word: str) -> str:
    """The word by itself: no part of a longer one, as pairs of characters always are."""
    pattern = beginning_pattern(word)
    if is_bounded(word) and len(word) < LONGEST_WORD:  # a very long one is only a beginning
        pattern += before_no_letter(word)
    return pattern


def beginning_pattern(word: str) -> str:
    """The word by itself or as the beginning of a longer one; pairs of characters anywhere."""
    pattern = word_pattern(word)
    if not is_bounded(word):
        return pattern
    return after_no_letter(word, pattern)


def is_bounded(word: str) -> bool:
    """Whether no letter stands beside the word where it is said."""
    return not is_paired(word) and word not in SPELLED_OUT.values()


def after_no_letter(word: str, pattern: str) -> str:
    # The look behind follows the first letter: one before it takes four times as long.
    first = re.escape(word[0])
    return f"{first}(?<!{letter_beside(word)}{first}){pattern.removeprefix(first)}"


def before_no_letter(word: str) -> str:
    return f"(?!{letter_beside(word)})"


def letter_beside(word: str) -> str:
    """The letters that may not stand beside a word."""
    if word.isascii():
        return ASCII_LETTER  # where another letter stands, the closer look sorts it out
    return LETTER


def chunk_pattern(terms: Sequence[Term]) -> re.Pattern[str] | None:
    """What a piece of text without blanks has at least when it has one of these terms, apart from
    their phrases. None when nothing can be found so.
    """
    patterns: list[str] = []
    for term in terms:
        patterns += _signs_of(term)
    patterns += _word_patterns(terms)
    if not patterns:
        return None
    return re.compile("|".join(patterns))


def _signs_of(term: Term) -> Iterator[str]:
    """Patterns of what is written with a sign, such as C++."""
    for written, spelled_out in SPELLED_OUT.items():
        if term.matches(spelled_out) or term.matches_inside(spelled_out):
            yield re.escape(written)


def _word_patterns(terms: Iterable[Term]) -> list[str]:
    """The patterns of all words, without those that another one of them finds, too."""
    whole: set[str] = set()
    begins: set[str] = set()
    parts: set[str] = set()
    for term in terms:
        whole.update(term.exact)
        if term.ends:
            parts.update(term.begins, term.ends)
        else:
            begins.update(term.begins)
    kept = shortest(parts)
    beginnings = tuple(begins)
    patterns = list(map(word_pattern, kept))
    patterns += map(beginning_pattern, _without(beginnings, kept))
    for word in _without(whole, kept):
        if not word.startswith(beginnings):
            patterns.append(whole_word_pattern(word))
    return patterns


def _without(words: Iterable[str], parts: Iterable[str]) -> list[str]:
    """The words, in order, that have none of these parts inside."""
    found = []
    for word in sorted(words):
        if not _has_any(word, parts):
            found.append(word)
    return found


def shortest(words: Iterable[str]) -> list[str]:
    """The words without those that have another one of them inside."""
    kept: list[str] = []
    for word in sorted(words, key=len):
        if not _has_any(word, kept):
            kept.append(word)
    return kept


def _has_any(word: str, parts: Iterable[str]) -> bool:
    for part in parts:
        if part in word:
            return True
    return False
