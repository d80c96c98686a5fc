"""Text from outside, made safe to store: what every database and every page takes."""

import re

# Null bytes and lone surrogates are refused by PostgreSQL; the other control characters and the embedding, override and isolate marks of
# bidirectional text would leak into whatever is shown around the text. Plain direction marks (U+200E, U+200F) are kept: they belong to it.
UNSTORABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")


def storable(text: str, limit: int | None = None) -> str:
    """`text` without what cannot be stored or shown, line ends as `\\n`, trimmed, cut to `limit` characters (None: not cut)."""
    kept = UNSTORABLE.sub("", LINE_ENDS.sub("\n", text)).strip()
    return kept if limit is None else kept[:limit].rstrip()


def one_line(text: str, limit: int) -> str:
    """`text` as a single line of at most `limit` characters, for titles and names."""
    return " ".join(storable(text[: limit * 8]).split())[:limit].rstrip()
