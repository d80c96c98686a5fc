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
# Stand for characters beyond Latin-1 in a text that is folded the quick way: control characters
# that are no blanks. A text with more such characters is folded the other way.
CONTROLS = tuple(map(chr, range(0x86, 0x9A)))
BEGINNING = 300  # characters that tell the script of a text
CHANGED_BY_MARKS = "æøÆØ"  # letters that fold otherwise with a mark behind them
VARIATIONS = "\ufe0e\ufe0f"  # whether an emoji is drawn as text or in color


def fold(text: str) -> str:
    """A text without what makes no difference to the search: case, accents, width."""
    if text.isascii():
        return text.lower()
    return _fold_characters(text, characters_beyond_ascii(text))


def fold_between_signs(text: str) -> str:
    """Fold a text to look for words in it. Signs are blanks: some would fold to letters (™)."""
    folded, _moved = folded_with_moved(text)
    return folded


# Characters that moved what follows them, with the number of characters they folded to: None where
# that depends on what stands beside them. Each other character folded to one.
Moved = dict[str, int | None]


def folded_with_moved(text: str) -> tuple[str, Moved]:
    """Fold a text to look for words in it, and tell what moved the places of its characters."""
    if text.isascii():
        return text.lower(), {}
    marks_change = is_changed_by_marks(text)
    if begins_in_latin(text):
        quick = _fold_latin(text, marks_change)
        if quick is not None:
            return quick
    letters: set[str] = set()
    moved: Moved = {}
    for character in characters_beyond_ascii(text):
        folded = folded_anywhere(character)
        if folded == " ":
            text = text.replace(character, " ")
            continue
        letters.add(character)
        if folded is None or (marks_change and not folded):
            moved[character] = None
        elif len(folded) != 1:
            moved[character] = len(folded)
    return _fold_characters(text, letters), moved


def _fold_latin(text: str, marks_change: bool) -> tuple[str, Moved] | None:
    """The same for a text of Latin letters, as bytes: ten times as quick. None for other texts.

    A few other letters are put in afterwards, in place of control characters.
    """
    moved: Moved = {}
    for character, letters in not_one_to_one().items():
        if character in text:
            text = text.replace(character, letters)
            moved[character] = len(letters)
    put_in: dict[str, str] = {}
    for control in CONTROLS:
        character = first_beyond_latin(text)
        if not character:
            quick = text.encode("latin-1").translate(latin_table()).decode("latin-1")
            return _put_in(quick, put_in), moved
        folded = folded_anywhere(character)
        if folded is None or control in text or (marks_change and not folded):
            return None
        if len(folded) != 1:
            moved[character] = len(folded)
        text = text.replace(character, _stand_in(folded, control, put_in))
    return None


def _stand_in(letters: str, control: str, put_in: dict[str, str]) -> str:
    """The letters themselves, or the control character for which they are put in afterwards."""
    if is_latin(letters):
        return letters
    put_in[control] = letters
    return control


def _put_in(text: str, put_in: dict[str, str]) -> str:
    for control, letters in put_in.items():
        text = text.replace(control, letters)
    return text


def begins_in_latin(text: str) -> bool:
    """Whether at least half of the first characters are Latin."""
    beginning = text[:BEGINNING]
    return 2 * len(beginning.encode("latin-1", "ignore")) >= len(beginning)


def is_changed_by_marks(text: str) -> bool:
    """Whether the text has a letter that folds otherwise when a mark follows."""
    for letter in CHANGED_BY_MARKS:
        if letter in text:
            return True
    return False


def is_latin(text: str) -> bool:
    """Whether the text has characters of Latin-1 alone."""
    return not first_beyond_latin(text)


def first_beyond_latin(text: str) -> str:
    """The first character of a text that Latin-1 does not have, or ""."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError as error:
        return text[error.start]
    return ""


@cache
def latin_table() -> bytes:
    """What each character of Latin-1 folds to, where that is one of them; signs are blanks."""
    table = bytearray(bytes(range(256)).lower())
    for code in range(0x80, 0x100):
        folded = folded_anywhere(chr(code))
        if folded is not None and len(folded) == 1 and is_latin(folded):
            table[code] = ord(folded)
    return bytes(table)


@cache
def not_one_to_one() -> dict[str, str]:
    """The characters of Latin-1 that do not fold to one of them, with what they fold to."""
    others: dict[str, str] = {}
    for code in range(0x80, 0x100):
        folded = folded_anywhere(chr(code))
        if folded is not None and (len(folded) != 1 or not is_latin(folded)):
            others[chr(code)] = folded
    return others


@lru_cache(maxsize=REMEMBERED)
def folded_anywhere(character: str) -> str | None:
    """What a character folds to, whatever stands beside it; a blank for a sign. None when that
    depends on what stands beside it.
    """
    if unicodedata.category(character)[0] in "PS":
        return " "
    folded = folded_character(character)
    if folds_alone(character) or folded == "" or character in VARIATIONS:
        return folded
    return None


def _fold_characters(text: str, others: set[str]) -> str:
    """Fold a text. `others`: those of its characters that are not ASCII."""
    together: set[str] = set()
    changed: dict[str, str] = {}
    for character in others:
        if not folds_alone(character):
            together.add(character)
        elif folded_character(character) != character:
            changed[character] = folded_character(character)
    if len(together) > MOST_TOGETHER:
        return fold_together(text)
    changed = dict(sorted(changed.items()))  # what one folds to (æ of ǽ) is not folded once more
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
def folds_alone(character: str) -> bool:
    """Whether a character folds to the same whatever stands beside it, but for marks: a letter of
    Latin, Greek or Cyrillic script, of Chinese or Japanese, or a sign.
    """
    for first, last in FOLDED_ALONE:
        if first <= character <= last:
            return True
    return unicodedata.category(character)[0] in "PS"


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
