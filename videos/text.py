"""Text from outside, made safe to store: what every database and every page takes."""

import re
from collections.abc import Container, Iterable

# Null bytes and lone surrogates are refused by PostgreSQL; the other control characters and the
# embedding, override and isolate marks of
# bidirectional text would leak into whatever is shown around the text. Plain direction marks
# (U+200E, U+200F) are kept: they belong to it.
UNSTORABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
LONGEST_NUMBER = 18  # digits; columns hold numbers below 2**63
MOST_WORDS = 8  # each is another condition on every row of a list
LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")


def storable(text: str, limit: int | None = None) -> str:
    """`text` without what cannot be stored or shown, line ends as `\\n`, trimmed, cut to `limit`
    characters (None: not cut).
    """
    kept = UNSTORABLE.sub("", LINE_ENDS.sub("\n", text)).strip()
    return kept if limit is None else kept[:limit].rstrip()


def one_line(text: str, limit: int) -> str:
    """`text` as a single line of at most `limit` characters, for titles and names."""
    return " ".join(storable(text[: limit * 8]).split())[:limit].rstrip()


def has_unstorable(text: str) -> bool:
    """Whether a database would refuse this text as it is: then no row can match it."""
    return UNSTORABLE.search(text) is not None


def number_from(text: str) -> int | None:
    """Return the whole number that a request names; None for what no column can hold."""
    if len(text) > LONGEST_NUMBER or not text.isascii() or not text.isdecimal():
        return None
    return int(text)


def one_of(choices: Container[str], given: str, otherwise: str = "") -> str:
    """What was given if it is one of the choices, else `otherwise`: addresses are typed by hand."""
    if given in choices:
        return given
    return otherwise


def words_from(text: str, limit: int = 200) -> list[str]:
    """The words of a search as they can be asked of a database: at most eight, none twice."""
    return list(dict.fromkeys(one_line(text, limit).split()))[:MOST_WORDS]


def numbers_from(texts: Iterable[str]) -> list[int]:
    """The whole numbers among these; the others are left out."""
    numbers = []
    for text in texts:
        number = number_from(text)
        if number is not None:
            numbers.append(number)
    return numbers
