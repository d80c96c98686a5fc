"""Which videos have the words: one statement of the index for each tier, the newest first.

The tiers, best first: all words in title or channel; all said often; all there; all there in some
form or as a beginning; all there inside of other words. The next tier is asked only while there
are not enough. Of a question with many words the last two are asked as one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db import connection

from videos.lookups import rows_by_index
from videos.search.documents import OFTEN, REVERSED, TITLE, pairs
from videos.search.language import Question, Term, may_begin
from videos.search.library import Library, placeholders
from videos.search.tokenizer import is_paired

MANY_TERMS = 4  # from so many on, looking up all their beginnings twice takes too long
MOST_OF_PHRASE = 8  # words, and as many pairs, that are looked up of one phrase
Expression = str  # of the engine's own syntax; words in it are quoted


class Engine:
    """How the two databases write a boolean expression over words."""

    both = " AND "
    either = " OR "

    def word(self, word: str) -> Expression:
        return f'"{word}"'

    def beginning(self, word: str) -> Expression:
        return f'"{word}"*'

    def without(self, expression: Expression, unwanted: Expression) -> Expression:
        return f"({expression}) NOT ({unwanted})"


class PostgreSQL(Engine):
    both = " & "
    either = " | "

    def word(self, word: str) -> Expression:
        return f"'{word}'"

    def beginning(self, word: str) -> Expression:
        return f"'{word}':*"

    def without(self, expression: Expression, unwanted: Expression) -> Expression:
        return f"({expression}) & !({unwanted})"


def engine() -> Engine:
    return Engine() if connection.vendor == "sqlite" else PostgreSQL()


# The tiers ----------------------------------------------------------------------------------------

Ways = Callable[[Engine, Term], list[Expression]]  # any of which will do


def in_title(words: Engine, term: Term) -> list[Expression]:
    return as_written(words, term, mark=TITLE)


def said_often(words: Engine, term: Term) -> list[Expression]:
    return as_written(words, term, mark=OFTEN)


def as_written(words: Engine, term: Term, mark: str = "") -> list[Expression]:
    ways = _exact(words, term, mark)
    for phrase in term.phrases:
        ways.append(_phrase(words, phrase, mark))
    return ways


def _exact(words: Engine, term: Term, mark: str = "") -> list[Expression]:
    """The words that will do exactly; the beginnings of a term that has no such words."""
    ways = []
    for word in term.exact:
        ways.append(words.word(mark + word))
    if not term.exact:
        for word in term.begins:
            ways.append(words.beginning(mark + word))
    return ways


def beginning_so(words: Engine, term: Term) -> list[Expression]:
    begins = _shortest(term.begins)
    ways = []
    for word in term.exact:
        if not word.startswith(begins):
            ways.append(words.word(word))
    ways += map(words.beginning, begins)
    for phrase in term.phrases:
        ways.append(_phrase(words, phrase))
    return ways + _short_in_title(words, term)


def _short_in_title(words: Engine, term: Term) -> list[Expression]:
    """Words that are too short to be looked up as beginnings anywhere else."""
    ways = []
    for word in term.exact:
        if term.is_loose and not may_begin(word) and not is_paired(word):
            ways.append(words.beginning(TITLE + word))
    return ways


def inside_others(words: Engine, term: Term) -> list[Expression]:
    backwards = []
    for end in term.ends:
        backwards.append(REVERSED + end[::-1])
    ways = beginning_so(words, term)
    ways += map(words.beginning, _shortest(backwards))
    return ways


TIERS: tuple[Ways, ...] = (in_title, said_often, as_written, beginning_so, inside_others)
TIERS_OF_MANY: tuple[Ways, ...] = (in_title, said_often, as_written, inside_others)


def _shortest(beginnings: Iterable[str]) -> tuple[str, ...]:
    """The beginnings without those that begin with another one: the database would look up its
    words a second time.
    """
    kept: list[str] = []
    for beginning in sorted(beginnings):  # a shorter one comes before what begins with it
        if not kept or not beginning.startswith(kept[-1]):
            kept.append(beginning)
    return tuple(kept)


def _phrase(words: Engine, phrase: Sequence[str], mark: str = "") -> Expression:
    """All its words and, of short ones, the pairs: what is left is looked at in the texts.

    Of a long phrase the longest words: they alone leave few texts.
    """
    parts = []
    for word in sorted(dict.fromkeys(phrase), key=len, reverse=True)[:MOST_OF_PHRASE]:
        parts.append(words.word(mark + word))
    parts += map(words.word, sorted(pairs(phrase))[:MOST_OF_PHRASE])
    return f"({words.both.join(parts)})"


def expression(question: Question, tier: Ways) -> Expression:
    """All terms of the question in this tier's ways, without what is unwanted.

    An unwanted phrase is not in it: a document does not know the order of its words.
    """
    words = engine()
    terms = []
    for term in question.terms:
        terms.append(f"({words.either.join(tier(words, term))})")
    wanted = words.both.join(terms)
    unwanted: list[Expression] = []
    for term in question.without:
        unwanted += _exact(words, term)
    if not unwanted:
        return wanted
    return words.without(wanted, words.either.join(unwanted))


def tiers_of(question: Question) -> Iterator[Expression]:
    """The expressions of the tiers, each once."""
    before: set[Expression] = set()
    for tier in _tiers_for(len(question.terms)):
        one = expression(question, tier)
        if one not in before:
            before.add(one)
            yield one


def _tiers_for(terms: int) -> tuple[Ways, ...]:
    if terms >= MANY_TERMS:
        return TIERS_OF_MANY
    return TIERS


# Asking -------------------------------------------------------------------------------------------


# The documents that match, of which a condition on `d` says which belong to the library.
HITS_OF_SQLITE = (
    "FROM search_fts f JOIN videos_searchdocument d ON d.id = f.rowid WHERE search_fts MATCH %s AND"
)
# As a whole (MATERIALIZED): PostgreSQL would look into all documents beside the other conditions.
HITS_OF_POSTGRESQL = (
    "SELECT id, video_id FROM videos_searchdocument WHERE search_tokens(words) @@ %s::tsquery"
)


def ask(matching: Expression, library: Library, *, skip: Collection[int], limit: int) -> list[int]:
    """The newest videos of the library that match. One statement.

    Words are looked up in their index: a look at all documents seems cheap to PostgreSQL, since it
    does not know what unpacking one costs.
    """
    if library.few == []:
        return []
    belongs, belonging = library.belongs
    if skip:
        belongs += f" AND d.video_id NOT IN ({placeholders(skip)})"
    params = [matching, *belonging, *skip, limit]
    return [row[0] for row in rows_by_index(_newest(belongs), params)]


def _newest(belongs: str) -> str:
    """FTS5 answers by row, so the newest first costs nothing and it stops at the limit."""
    if connection.vendor == "sqlite":
        return f"SELECT d.video_id {HITS_OF_SQLITE} {belongs} ORDER BY f.rowid DESC LIMIT %s"
    # An expression that no index has: PostgreSQL would walk all documents backwards.
    hits = f"{HITS_OF_POSTGRESQL} ORDER BY (id + 0) DESC"
    return f"WITH d AS MATERIALIZED ({hits}) SELECT d.video_id FROM d WHERE {belongs} LIMIT %s"


def find_missing_terms(terms: Sequence[Term], library: Library) -> list[Term]:
    """The terms that none of these videos has, in any way. At most two statements.

    As they are written they are looked up first: that is many times as quick.
    """
    missing = list(terms)
    if library.few == []:
        return missing
    for tier in (as_written, inside_others):
        if missing:
            missing = _not_found(missing, tier, library)
    return missing


def _not_found(terms: Sequence[Term], tier: Ways, library: Library) -> list[Term]:
    """Those of the terms that no video has in this tier's ways. One statement."""
    matching = []
    for term in terms:
        matching.append(expression(Question((term,)), tier))
    missing = []
    for term, is_found in zip(terms, _match_any(matching, library), strict=True):
        if not is_found:
            missing.append(term)
    return missing


def _match_any(matching: Sequence[Expression], library: Library) -> Sequence[bool]:
    """Of each expression whether it matches any of the videos. One statement."""
    belongs, belonging = library.belongs
    sql = "SELECT " + ", ".join([f"EXISTS ({_hits(belongs)})"] * len(matching))
    params: list[Any] = []
    for one in matching:
        params += [one, *belonging]
    return rows_by_index(sql, params)[0]


def _hits(belongs: str) -> str:
    """A row for each document that matches."""
    if connection.vendor == "sqlite":
        return f"SELECT 1 {HITS_OF_SQLITE} {belongs}"
    return f"WITH d AS MATERIALIZED ({HITS_OF_POSTGRESQL}) SELECT 1 FROM d WHERE {belongs}"
