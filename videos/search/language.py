"""What a person types, read as a question: all words, `"phrases"`, `-without`, `beginn*`.

Nothing of it reaches a database as it was typed: only words that the tokenizer has cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from videos.search.forms import spellings, stem
from videos.search.tokenizer import fold_word, is_hangul, is_paired, sequence, tokens

LONGEST = 200  # characters that are read
MOST_TERMS = 12
# What the terms of a question may take together; a word takes 1.
MOST_WORK = 12
WORK_OF_PHRASE = 3  # texts are read for it
WORK_OF_BEGINNING = 4  # many words of the index begin so
WORK_OF_SHORT_BEGINNING = 12  # and with two letters most of them
SHORTEST_BEGINNING = 3  # letters; a shorter beginning is looked for in titles and channels alone
SHORTEST_INSIDE = 4

# A minus belongs to what follows it without a blank; an open quotation mark goes to the end.
PARTS = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Term:
    """One thing that must be said, in one of several ways.

    `exact`: words any of which will do; `begins`: beginnings of words; `ends`: ends of words;
    `phrases`: words in this order, next to each other, any of these sequences. `written`: as it was
    typed.
    """

    written: str
    exact: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()

    @property
    def work(self) -> int:
        """What it takes to look for it, in words."""
        if self.begins and not self.ends and not is_hangul(self.begins[0]):
            return self._work_of_beginning
        if self.phrases:
            return WORK_OF_PHRASE
        return 1

    @property
    def _work_of_beginning(self) -> int:
        shortest = min(map(len, self.begins))
        if shortest < SHORTEST_BEGINNING and not is_paired(self.begins[0]):
            return WORK_OF_SHORT_BEGINNING
        return WORK_OF_BEGINNING

    @property
    def is_loose(self) -> bool:
        """Whether it may be found in other words than the ones typed."""
        return bool(self.begins or self.ends)

    def matches(self, word: str) -> bool:
        """Whether a single folded word is one of its exact forms or begins like it."""
        return word in self.exact or word.startswith(self.begins)

    def matches_inside(self, word: str) -> bool:
        return word.endswith(self.ends)


@dataclass(frozen=True)
class Question:
    """`terms` must all be there, none of `without`. `notices` say what was left out."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    notices: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        return not self.terms and not self.without

    @property
    def only_exclusions(self) -> bool:
        return not self.terms and bool(self.without)


def parse(typed: str) -> Question:
    """Read what was typed. Never fails: what cannot be read is no part of the question."""
    notices: list[str] = []
    if len(typed) > LONGEST:
        notices.append("too_long")
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for part in PARTS.finditer(typed[:LONGEST]):
        into = unwanted if part["minus"] else wanted
        into += _terms_of(part, exact=bool(part["minus"]))
    terms, without, is_cut = _affordable(wanted, unwanted)
    if is_cut:
        notices.append("too_many_words")
    return Question(terms, without, tuple(notices))


def _affordable(
    wanted: Iterable[Term], unwanted: Iterable[Term]
) -> tuple[tuple[Term, ...], tuple[Term, ...], bool]:
    """The first terms that may be looked for together, and whether any are left out."""
    kept: dict[bool, dict[Term, None]] = {True: {}, False: {}}
    terms = 0
    work = 0
    is_cut = False
    for is_wanted, term in _marked(wanted, unwanted):
        if term in kept[is_wanted]:
            continue
        terms += 1
        work += term.work
        if terms > MOST_TERMS or (work > MOST_WORK and terms > 1):
            is_cut = True
            break
        kept[is_wanted][term] = None
    return tuple(kept[True]), tuple(kept[False]), is_cut


def _marked(wanted: Iterable[Term], unwanted: Iterable[Term]) -> Iterator[tuple[bool, Term]]:
    for term in wanted:
        yield True, term
    for term in unwanted:
        yield False, term


def _terms_of(part: re.Match[str], *, exact: bool) -> Iterable[Term]:
    if part["word"] is None:
        return _phrase_terms(part["phrase"])
    word = part["word"]
    if word.endswith("*"):
        return _beginning_terms(word.rstrip("*"))
    if exact:
        return _phrase_terms(word)
    return _word_terms(word)


def _phrase_terms(text: str) -> list[Term]:
    """One term: these words in this order, or the one word exactly."""
    sequence = _sequence(text)
    if not sequence:
        return []
    if len(sequence) == 1:
        return [_single(text, sequence[0])]
    phrases = [sequence]
    for joined in _joined(text):
        phrases.append((joined,))
    return [Term(text.strip(), phrases=tuple(phrases))]


def _single(written: str, word: str) -> Term:
    """One word exactly; a single character of a script in pairs begins a pair."""
    if is_paired(word) and len(word) == 1:
        return Term(written, begins=(word,))
    return Term(written, exact=(word,))


def _sequence(text: str) -> tuple[str, ...]:
    """The words of a text in order. The last character of a run of pairs is in the pair before."""
    whole: list[str] = []
    before = ""
    for word in sequence(text):
        is_last_half = is_paired(word) and len(word) == 1 and before.endswith(word)
        if not (is_last_half and len(before) == 2):
            whole.append(word)
        before = word
    return tuple(whole)


def _joined(text: str) -> list[str]:
    """The joined forms of a hyphenated word."""
    if len(text.split()) != 1:
        return []
    forms = []
    for token in tokens(text):
        if token.start == 0 and token.position == 0:
            forms.append(token.word)
    return forms[1:]  # the first is a part of it


def _beginning_terms(text: str) -> list[Term]:
    """The last word as a beginning; the ones before it (of `e-mai*`) as they are."""
    sequence = _sequence(text)
    if not sequence:
        return []
    *before, last = sequence
    terms = []
    for word in before:
        terms.append(_single(text, word))
    terms.append(Term(text, exact=(last,), begins=(last,)))
    return terms


def _word_terms(word: str) -> list[Term]:
    sequence = _sequence(word)
    if not sequence:
        return []
    if len(sequence) == 1:
        return [_one_word(word, sequence[0])]
    # `a-b`, `a.b` or 東京タワー: the parts next to each other, or the joined word.
    return [Term(word, exact=tuple(_joined(word)), phrases=(sequence,))]


def _one_word(written: str, folded: str) -> Term:
    if is_paired(folded):
        return _single(written, folded)
    first = next(tokens(written))
    inner = written[first.start : first.end]
    if fold_word(inner) != folded:
        return _loose(written, [folded])  # c++, don't
    return _loose(inner, spellings(inner))


def may_begin(word: str) -> bool:
    """Whether a word is long enough to be looked for as the beginning of others."""
    return len(word) >= SHORTEST_BEGINNING or is_hangul(word)


def _loose(written: str, forms: Sequence[str]) -> Term:
    """A word in all its forms."""
    return Term(written, exact=tuple(forms), begins=_beginnings(forms), ends=_ends(forms))


def _beginnings(forms: Sequence[str]) -> tuple[str, ...]:
    begins: list[str] = []
    for form in forms:
        if may_begin(form):
            begins += [form, stem(form)]
    return tuple(dict.fromkeys(begins))


def _ends(forms: Sequence[str]) -> tuple[str, ...]:
    ends = []
    for form in forms:
        if len(form) >= SHORTEST_INSIDE - 1:
            ends.append(form)
        if len(form) >= SHORTEST_INSIDE:
            ends.append(stem(form))
    return tuple(dict.fromkeys(ends))
