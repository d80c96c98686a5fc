"""Texts as people speak them, for measuring the search.

Words come by their real frequencies, with a topic for each video, in German, English and Japanese.
The same number makes the same text.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from wordfreq import get_frequency_dict

Cues = list[list[float | str]]

LANGUAGES = {"de": 0.48, "en": 0.47, "ja": 0.05}  # shares of the videos
TOPICS = 200  # of each language
TOPIC_WORDS = 150
FROM_TOPIC = 0.15  # of the words of a video
MEAN_WORDS = 4_500  # half an hour of speech
SPREAD = 0.5  # of the logarithm of the length
WORDS_A_CUE = 8
WORDS_A_SECOND = 2.5


@dataclass(frozen=True)
class Language:
    """Words with their summed frequencies, most frequent first, and words of each topic."""

    words: Sequence[str]
    summed: Sequence[float]
    topics: Sequence[Sequence[str]]
    blank: str


def language_of(code: str) -> Language:
    frequencies = get_frequency_dict(code, "small")
    words = list(frequencies)
    chosen = random.Random(code)
    rare = words[500:]
    topics = [chosen.sample(rare, TOPIC_WORDS) for _ in range(TOPICS)]
    blank = " "
    if code == "ja":
        blank = ""
    return Language(words, list(accumulate(frequencies.values())), topics, blank)


class Speaker:
    """Makes the text of a video by its number."""

    def __init__(self) -> None:
        self.languages = {code: language_of(code) for code in LANGUAGES}

    def language(self, number: int) -> str:
        chosen = random.Random(f"language {number}")
        return chosen.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]

    def title(self, number: int) -> str:
        words = self._words(number, 6, f"title {number}")
        return self.languages[self.language(number)].blank.join(words).capitalize()

    def cues(self, number: int) -> Cues:
        """The cues of a transcript, as it is stored."""
        chosen = random.Random(f"length {number}")
        mean = MEAN_WORDS / 2.718281828 ** (SPREAD**2 / 2)
        length = int(mean * chosen.lognormvariate(0, SPREAD))
        words = self._words(number, min(max(length, 100), 40_000), f"text {number}")
        blank = self.languages[self.language(number)].blank
        seconds = WORDS_A_CUE / WORDS_A_SECOND
        cues: Cues = []
        for begin in range(0, len(words), WORDS_A_CUE):
            start = round(len(cues) * seconds, 3)
            text = blank.join(words[begin : begin + WORDS_A_CUE])
            cues.append([start, round(start + seconds, 3), text])
        return cues

    def _words(self, number: int, count: int, seed: str) -> list[str]:
        """Words of the language; now and then some of the topic, in bursts."""
        language = self.languages[self.language(number)]
        chosen = random.Random(seed)
        topic = language.topics[number % TOPICS]
        words = chosen.choices(language.words, cum_weights=language.summed, k=count)
        at = 0
        while at < count:
            burst = chosen.randint(1, 6)
            word = topic[min(int(chosen.expovariate(0.05)), TOPIC_WORDS - 1)]
            for place in range(at, min(at + burst, count)):
                words[place] = word
                word = topic[min(int(chosen.expovariate(0.05)), TOPIC_WORDS - 1)]
            at += burst + int(burst / FROM_TOPIC)
        return words
