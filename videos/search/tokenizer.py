"""Words of a text as the search compares them, with their places in the text.

The same function cuts what is indexed and what is asked, so both databases find the same. A word is
folded: no case, no accents, ß as ss, full-width as narrow. No language is guessed and nothing is
stemmed: inflection is the query's work (`videos.search.forms`).

Scripts without blanks between words (Chinese, Japanese, Thai, …) are cut into pairs of characters
and the last character, so that any part of a text is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, chain

from videos.search.folding import INVISIBLE, fold

VERSION = 1  # of what `tokens` answers; raise it, and the beat makes every document anew
LONGEST_WORD = 60  # characters
SHORT_BEFORE_APOSTROPHE = 2  # letters: l'heure is two words, don't is one

HYPHEN = re.compile("[-‐‑]")
APOSTROPHES = "'’ʼ`´＇"
FIRST_WITHOUT_BLANKS = "\u0e00"
# Signs around a word; a point before it may belong to it (.net).
BEFORE_WORDS = "\"'([{«„“‚…-–—¿¡"
AFTER_WORDS = ".,;:!?\"')]}»“”’…-–—"
WITHOUT_BLANKS = (
    "\u0e00-\u0e7f"  # Thai
    "\u0e80-\u0eff"  # Lao
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\U00020000-\U0003134f"
)
BEGINS_PAIRED = re.compile(f"[{WITHOUT_BLANKS}]")
PAIRED = re.compile(f"[{WITHOUT_BLANKS}]+|[^{WITHOUT_BLANKS}]+")
# A cue that ends with such a character goes on in one that begins with one, without a blank.
# The look behind follows the line's end: one before it takes ten times as long.
GOES_ON = re.compile(f"\n(?<=[{WITHOUT_BLANKS}]\n)(?=[{WITHOUT_BLANKS}])")
SPELLED_OUT = {
    "c++": "cplusplus",
    "c#": "csharp",
    "f#": "fsharp",
    ".net": "dotnet",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word at its place. `start` and `end` are characters of the original text; `position` counts
    words. A hyphenated word is there in its parts and once more joined, at the first one's
    position.
    """

    word: str
    position: int
    start: int
    end: int


@cache
def runs() -> re.Pattern[str]:
    """What belongs together: letters, digits and marks, with apostrophes and hyphens inside."""
    mark = _class_of_marks()
    # Letters, then marks with letters behind them: five times as quick as one choice a character.
    plain = f"[^\\W_]+(?:[{mark}{INVISIBLE}]+[^\\W_]*)*"
    between = f"[{re.escape(APOSTROPHES)}\\-‐‑]"
    special = r"(?<![^\W_])(?:[cC]\+\+|[cCfF]\#(?![^\W_])|\.(?i:net)(?![^\W_]))"
    return re.compile(f"{special}|{plain}(?:{between}{plain})*")


@cache
def no_letters() -> re.Pattern[str]:
    """What is neither letter, digit nor mark."""
    return re.compile(f"(?:_|[^\\w{_class_of_marks()}])+")


def _class_of_marks() -> str:
    """The combining marks as ranges of a character class: Python's `\\w` has none of them."""
    ranges = []
    for first, last in _ranges_of_marks():
        ranges.append(f"{chr(first)}-{chr(last)}")
    return "".join(ranges)


def _ranges_of_marks() -> list[list[int]]:
    """The first and last character of each range of marks.

    Only the planes that have marks are looked at, since the first search of a process waits for it.
    """
    ranges: list[list[int]] = []
    for code in chain(range(0x300, 0x20000), range(0xE0100, 0xE01F0)):
        if unicodedata.category(chr(code)) not in ("Mn", "Mc"):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def tokens(text: str) -> Iterator[Token]:
    """Cut a text into its words, in order. About 2 ms for half an hour of speech."""
    position = 0
    for run in runs().finditer(text):
        start = run.start()
        width = 1
        for word, offset, first, last in cut(run.group()):
            yield Token(word, position + offset, start + first, start + last)
            width = max(width, offset + 1)
        position += width


@lru_cache(maxsize=50_000)
def tokens_of_chunk(chunk: str) -> tuple[Token, ...]:
    """The words between two blanks. Cached, since most of a text are the same few words."""
    inner = chunk.lstrip(BEFORE_WORDS).rstrip(AFTER_WORDS)
    word = plain_word(inner)
    if word:
        start = len(chunk) - len(chunk.lstrip(BEFORE_WORDS))
        return (Token(word, 0, start, start + len(inner)),)
    return tuple(tokens(chunk))


def plain_word(text: str) -> str:
    """The word that a text is as a whole, folded; "" when it needs a closer look.

    True of nearly all words of scripts with blanks, and ten times as quick.
    """
    if len(text) > LONGEST_WORD:
        return ""
    if text.isascii():
        if text.isalnum():
            return text.lower()
        return ""
    if text.isalpha() and max(text) < FIRST_WITHOUT_BLANKS:
        return fold_word(text)[:LONGEST_WORD]
    return ""


def words(text: str) -> list[str]:
    """The words of a text, in order, with the joined forms of hyphenated ones among them."""
    found: list[str] = []
    for run in runs().findall(text):
        found += [word for word, _, _, _ in cut(run)]
    return found


def sequence(text: str) -> list[str]:
    """The words of a text, in order, each as it follows the other: without joined forms."""
    return sequence_and_joined(text)[0]


def sequence_and_joined(text: str) -> tuple[list[str], set[str]]:
    """The words of a text in order, and besides them its hyphenated words without hyphens."""
    chunks = text.split()
    parts = {}
    for chunk in set(chunks):  # most of a text are the same few words
        # A chunk of a script without blanks can be a whole text.
        parted = parted_short_chunk if len(chunk) <= LONGEST_WORD else parted_chunk
        parts[chunk] = parted(chunk)
    found = list(chain.from_iterable([parts[chunk][0] for chunk in chunks]))
    joined = set(chain.from_iterable([without_hyphens for _, without_hyphens in parts.values()]))
    return found, joined


def parted_chunk(chunk: str) -> tuple[Sequence[str], Sequence[str]]:
    """What stands between two blanks: its words in order, and those that a hyphen parts, joined."""
    found: list[str] = []
    joined: list[str] = []
    for run in runs().findall(chunk):
        last = -1
        for word, position, _, _ in cut(run):
            if position > last:
                found.append(word)
                last = position
            else:
                joined.append(word)
    return tuple(found), tuple(joined)


@lru_cache(maxsize=50_000)
def parted_short_chunk(chunk: str) -> tuple[Sequence[str], Sequence[str]]:
    """The same, remembered: many texts have it."""
    word = plain_word(chunk.lstrip(BEFORE_WORDS).rstrip(AFTER_WORDS))
    if word:
        return (word,), ()
    return parted_chunk(chunk)


def join_cues(texts: Sequence[str]) -> str:
    """All cues as one text: a line each, but for scripts without blanks, where a word may go on in
    the next cue.
    """
    lines = "\n".join(texts)
    if lines.count("\n") == len(texts) - 1:  # no cue has a line break of its own
        return GOES_ON.sub("", lines)
    return joined_with_starts(texts)[0]


def joined_with_starts(texts: Sequence[str]) -> tuple[str, list[int]]:
    """The text of `join_cues`, and the character at which each cue begins in it."""
    lines = "\n".join(texts)
    lengths = [len(text) + 1 for text in texts]
    going_on = {match.start() for match in GOES_ON.finditer(lines)}
    if going_on:
        # A cue ends where its line does, which is what tells it from a line break inside of a cue.
        ends = [end - 1 for end in accumulate(lengths)]
        going_on.intersection_update(ends)
        lengths = [length - (end in going_on) for length, end in zip(lengths, ends, strict=True)]
        lines = _without(lines, going_on)
    return lines, [0, *accumulate(lengths)][: len(texts)]


def _without(text: str, places: Collection[int]) -> str:
    parts = []
    begin = 0
    for place in sorted(places):
        parts.append(text[begin:place])
        begin = place + 1
    return "".join([*parts, text[begin:]])


Piece = tuple[str, int, int, int]  # word, position and range within the run


@lru_cache(maxsize=50_000)
def cut(run: str) -> tuple[Piece, ...]:
    """The words of one run of letters. Cached, since most of a text are the same few words."""
    spelled = SPELLED_OUT.get(run.lower())
    if spelled is not None:
        return ((spelled, 0, 0, len(run)),)
    plain = plain_word(run)
    if plain:
        return ((plain, 0, 0, len(run)),)
    pieces: list[Piece] = []
    parts = HYPHEN.split(run)
    start = 0
    for part in parts:
        for word, first, last in _without_apostrophes(part, start):
            pieces += _folded(word, first, last, position=len(pieces) and pieces[-1][1] + 1)
        start += len(part) + 1
    if len(parts) > 1:
        joined = fold_word("".join(parts))[:LONGEST_WORD]
        if joined and not is_paired(joined):
            pieces.append((joined, 0, 0, len(run)))
    return tuple(pieces)


def _without_apostrophes(part: str, start: int) -> Iterator[tuple[str, int, int]]:
    """A part of a run with its place: one word, or two where the first is an elided article."""
    halves = re.split(f"[{re.escape(APOSTROPHES)}]", part)
    first = halves[0]
    if len(halves) > 1 and len(first) <= SHORT_BEFORE_APOSTROPHE:
        yield first, start, start + len(first)
        yield "".join(halves[1:]), start + len(first) + 1, start + len(part)
    else:
        yield "".join(halves), start, start + len(part)


def _folded(word: str, start: int, end: int, *, position: int) -> Iterator[Piece]:
    """The word folded, in pairs of characters where its script has no blanks."""
    folded = fold_word(word)
    exact = len(folded) == end - start  # then each character has its own place
    at = 0
    for piece in PAIRED.findall(folded):
        place = (start + at, start + at + len(piece)) if exact else (start, end)
        at += len(piece)
        if not is_paired(piece):
            yield piece[:LONGEST_WORD], position, *place
            position += 1
            continue
        for number in range(len(piece)):
            pair = piece[number : number + 2]
            if exact:
                first = place[0] + number
                yield pair, position, first, first + len(pair)
            else:
                yield pair, position, start, end
            position += 1


def fold_word(word: str) -> str:
    """A word as it is compared: folded, and nothing but letters, digits and marks.

    Folding takes some letters apart into several words ("ﷺ") or signs ("½").
    """
    folded = fold(word)
    if folded.isascii() and folded.isalnum():
        return folded
    return no_letters().sub("", folded)


def is_paired(word: str) -> bool:
    """Whether the word is of a script that is cut into pairs."""
    return BEGINS_PAIRED.match(word) is not None


def is_hangul(word: str) -> bool:
    """Whether the word begins in Korean, where a syllable is a character."""
    return "\uac00" <= word[:1] <= "\ud7a3"
