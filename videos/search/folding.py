"""Folding: a text without what makes no difference to the search: case, accents, width."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

# Letters that Unicode does not take apart.
LETTERS = {
    "ø": "o",
    "đ": "d",
    "ł": "l",
    "ħ": "h",
    "ı": "i",
    "ð": "d",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
}
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
# Accents of Latin, Greek and Cyrillic, and the points of Hebrew and Arabic. The marks of other
# scripts are vowels and stay.
ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u064b-\u065f\u0670]+"
)
ASCII = frozenset(map(chr, range(128)))
FOLDED_ALONE = (
    ("\u0080", "\u02ff"),
    ("\u0370", "\u0482"),
    ("\u048a", "\u052f"),
    ("\u3005", "\u3007"),  # 々 and zero
    ("\u3041", "\u3096"),  # Hiragana
    ("\u30a1", "\u30fe"),  # Katakana
    ("\u4e00", "\u9fff"),  # Han
)
REMEMBERED = 20_000  # characters; texts in Japanese have some thousand
MOST_TOGETHER = 3  # different characters of a text that do not fold alone, to fold the rest alone
MOST_OTHERS = 20  # characters beyond Latin-1 in a text that is folded the quick way


def fold(text: str) -> str:
    """A text without what makes no difference to the search: case, accents, width."""
    if text.isascii():
        return text.lower()
    return _fold_characters(text, characters_beyond_ascii(text))


def fold_between_signs(text: str) -> str:
    """Fold a text to look for words in it. Signs are blanks: some would fold to letters (™)."""
    folded, _moved = folded_with_moved(text)
    return folded


def folded_with_moved(text: str) -> tuple[str, set[str]]:
    """Fold a text to look for words in it, and the characters that moved what follows them: each
    other character has its place in the folded line.
    """
    if text.isascii():
        return text.lower(), set()
    quick = _fold_latin(text)
    if quick is not None:
        return quick
    others = characters_beyond_ascii(text)
    signs = set(filter(is_sign, others))
    for character in signs:
        text = text.replace(character, " ")
    letters = others - signs
    moved = {character for character in letters if not folds_to_one(character)}
    return _fold_characters(text, letters), moved


def _fold_latin(text: str) -> tuple[str, set[str]] | None:
    """The same for a text of Latin letters, as bytes: ten times as quick. None for other texts."""
    moved: set[str] = set()
    for character, letters in not_one_to_one().items():
        if character in text:
            text = text.replace(character, letters)
            moved.add(character)
    for _ in range(MOST_OTHERS):
        try:
            encoded = text.encode("latin-1")
        except UnicodeEncodeError as error:
            character = text[error.start]
            stand_in = latin_stand_in(character)
            if stand_in is None:
                return None
            text = text.replace(character, stand_in)
        else:
            return encoded.translate(latin_table()).decode("latin-1"), moved
    return None


def is_latin(text: str) -> bool:
    """Whether the text has characters of Latin-1 alone."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


@cache
def latin_table() -> bytes:
    """What each character of Latin-1 folds to, where that is one of them; signs are blanks."""
    table = bytearray(range(256))
    for code in range(256):
        stand_in = latin_stand_in(chr(code))
        if code < 0x80:
            stand_in = chr(code).lower()
        if stand_in is not None:
            table[code] = ord(stand_in)
    return bytes(table)


@cache
def not_one_to_one() -> dict[str, str]:
    """The characters of Latin-1 that do not fold to one of them, with what they fold to."""
    characters = map(chr, range(0x80, 0x100))
    return {
        character: folded_character(character)
        for character in characters
        if latin_stand_in(character) is None
    }


@lru_cache(maxsize=REMEMBERED)
def latin_stand_in(character: str) -> str | None:
    """The one character of Latin-1 that stands for this one in a folded text; a blank for a sign.
    None when there is none.
    """
    if unicodedata.category(character)[0] in "PS":
        return " "
    if not folds_to_one(character):
        return None
    folded = folded_character(character)
    if ord(folded) > 0xFF:
        return None
    return folded


def _fold_characters(text: str, others: set[str]) -> str:
    """Fold a text. `others`: those of its characters that are not ASCII."""
    together = {character for character in others if not folds_alone(character)}
    if len(together) > MOST_TOGETHER:
        return fold_together(text)
    folded = {character: folded_character(character) for character in others - together}
    changed = {old: new for old, new in folded.items() if new != old}
    if not together:
        return _fold_alone(text, changed)
    return _fold_around(text, together, changed)


def _fold_alone(text: str, changed: dict[str, str]) -> str:
    for character, folded in changed.items():  # quicker than `translate` where few are different
        text = text.replace(character, folded)
    return text.lower()


def _fold_around(text: str, together: set[str], changed: dict[str, str]) -> str:
    """The same for a text with a few marks, which belong to the character before them: that and the
    marks are folded together. Normalizing all of a long text takes ten times as long.
    """
    marks = re.compile(f"[{re.escape(''.join(together))}]+")
    parts: list[str] = []
    place = 0
    for match in marks.finditer(text):
        begin = max(match.start() - 1, place)
        marked = text[begin : match.end()]
        parts += (_fold_alone(text[place:begin], changed), fold_together(marked))
        place = match.end()
    return "".join([*parts, _fold_alone(text[place:], changed)])


def characters_beyond_ascii(text: str) -> set[str]:
    """The different characters of a text without those of ASCII."""
    return set(text) - ASCII


@lru_cache(maxsize=REMEMBERED)
def is_sign(character: str) -> bool:
    """Whether it is a symbol, such as ™ or +; no punctuation."""
    return unicodedata.category(character)[0] == "S"


@lru_cache(maxsize=REMEMBERED)
def folds_alone(character: str) -> bool:
    """Whether a character folds to the same whatever stands beside it, but for marks: a letter of
    Latin, Greek or Cyrillic script, of Chinese or Japanese, or a sign.
    """
    is_letter = any(first <= character <= last for first, last in FOLDED_ALONE)
    return is_letter or unicodedata.category(character)[0] in "PS"


@lru_cache(maxsize=REMEMBERED)
def folds_to_one(character: str) -> bool:
    """Whether a character folds to one other, whatever stands beside it."""
    return folds_alone(character) and len(folded_character(character)) == 1


@lru_cache(maxsize=REMEMBERED)
def folded_character(character: str) -> str:
    return fold_together(character)


def fold_together(text: str) -> str:
    """Fold any text; its characters may be composed and taken apart."""
    for character in INVISIBLE:  # much quicker than `translate`
        text = text.replace(character, "")
    plain = unicodedata.normalize("NFKC", text).casefold()
    for letter, letters in LETTERS.items():
        plain = plain.replace(letter, letters)
    parted = unicodedata.normalize("NFD", plain)
    return unicodedata.normalize("NFC", ACCENTS.sub("", parted))
