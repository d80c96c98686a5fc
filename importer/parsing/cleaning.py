"""Undoing what copying and pasting does to an address: invisible characters, HTML, JSON, Markdown
and shell escapes.
"""

import html
import re

# Zero-width and direction marks, the soft hyphen, the BOM.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+"
)
_UNSTORABLE = re.compile(
    "[\x00\ud800-\udfff]"
)  # NUL and lone surrogates, which PostgreSQL or UTF-8 refuse
# With the semicolon only: "&times=1" or "&copy=2" are parameters, not signs.
_ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[a-zA-Z]{2,8});")
_JSON_ESCAPE = re.compile(r"\\(?:u00|x)(2[56f]|3[adf]|40)", re.IGNORECASE)
# A line's end written out, as in the text of a JSON file; before a word it might be part of a
# Windows path.
_WRITTEN_LINE_END = re.compile(
    r"\\{1,4}[nrt](?=\Z|[^\w]|https?:|www\.|m\.youtu|youtu|\w[^\s\\]{0,300}https?:)", re.IGNORECASE
)
_ESCAPED = re.compile(
    r"\\([/_&=?-])"
)  # "https:\/\/" of JSON, "a\_b" of Markdown, "watch\?v\=" of a shell


def clean(text: str) -> str:
    """The text as its author saw it, storable in a database.

    Cleaning twice changes nothing more that matters to an address.
    """
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    text = _UNSTORABLE.sub("\ufffd", text)
    if "&" in text and ";" in text:
        text = _unescape(
            _unescape(text)
        )  # twice: "&amp;amp;" is common where a page was escaped once too often
    if "\\" in text:
        text = _WRITTEN_LINE_END.sub(" ", text)
        text = _JSON_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
        text = _ESCAPED.sub(r"\1", text)
    return text


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)
