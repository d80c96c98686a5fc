"""Other forms of a word that is looked for: umlauts spelled out, endings taken off.

They belong to the query: the index holds words as they are said, and no language is guessed.
"""

from __future__ import annotations

import re
import unicodedata

from videos.search.tokenizer import fold_word

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# ae, oe, ue as an umlaut: not after a vowel or q, where they are two letters ("neue", "Quelle").
SPELLED_UMLAUT = re.compile(r"(?<![aeiouq])([aou])e")
# The longest comes first. German and English endings of nouns, verbs and adjectives.
ENDINGS = ("innen", "ies", "ing", "ern", "ed", "em", "en", "er", "es", "e", "n", "s", "y")
SHORTEST_STEM = 3  # letters
SHORTEST_WITH_ENDING = 4


def spellings(written: str) -> list[str]:
    """The word folded, and as it is spelled with or without umlauts. At most three, no doubles."""
    folded = fold_word(written)
    found = [folded]
    composed = unicodedata.normalize("NFC", written.casefold())
    spelled_out = composed.translate(UMLAUTS)
    if spelled_out != composed:
        found.append(fold_word(spelled_out))
    plain = SPELLED_UMLAUT.sub(r"\1", folded)
    if plain != folded:
        found.append(plain)
    return list(dict.fromkeys(found))


def stem(word: str) -> str:
    """The word without its ending, for looking up what begins so; the word itself when it is short.

    A doubled consonant before the ending goes too: "running" and "run".
    """
    if len(word) < SHORTEST_WITH_ENDING or not word.isalpha():
        return word
    for ending in ENDINGS:
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= SHORTEST_STEM:
            return _without_doubled(rest, ending)
    return word


def _without_doubled(rest: str, ending: str) -> str:
    is_doubled = len(rest) > SHORTEST_STEM and rest[-1] == rest[-2] and rest[-1] not in "aeiouls"
    if ending in ("ing", "ed") and is_doubled:
        return rest[:-1]
    return rest
