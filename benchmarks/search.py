"""Searching in 1,000 hours of speech: how long an answer takes, what the index takes on the disk,
and what writing it costs. On the database of DATABASE_URL, SQLite without.

`SEARCH_HOURS=10000 make bench ARGS=search` measures ten times as much, and takes some minutes to
fill; then each text is there several times, under other videos.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from benchmarks.intake import scratch_database

Row = tuple[str, str, str]

VIDEOS_AN_HOUR = 2
MOST_TEXTS = 4_000  # different ones
SMALL = 50  # videos of the user with few
AT_ONCE = 50  # videos in one transaction while filling
WRITES = 100
QUERIES = 40  # of each class
HOSTILE = "hostile input"
ASKED_AGAIN = 5  # times, each of the hostile ones: none of them may take long
LIMIT = 50.0  # ms
LIMIT_OF_TWO_COMMON = 100.0


@dataclass(frozen=True)
class Library:
    """The videos with the texts they were made of, and a user with all and one with few."""

    videos: list[int]
    large: Any
    small: Any


def rows() -> Iterator[Row]:
    """Answer each figure as soon as it is there."""
    from config.server import collect_rarely

    hours = int(os.environ.get("SEARCH_HOURS", "1000"))
    with scratch_database():
        library, speaker = fill(hours * VIDEOS_AN_HOUR)
        yield size(hours)
        yield writing(library, speaker)
        tidy_all()
        queries = classes(speaker, len(library.videos))
        collect_rarely()  # as the web server does
        for name, user in (("all videos", library.large), (f"{SMALL} videos", library.small)):
            for kind, typed in queries.items():
                times = ASKED_AGAIN if kind == HOSTILE else 1
                yield answers(f"{name}, {kind}", user, typed, limit_of(kind), times)
        yield rebuilding()


# Filling ------------------------------------------------------------------------------------------


def fill(count: int) -> tuple[Library, Any]:
    """Make so many videos with transcripts and documents, and two users. In between the index is
    tidied, as the beat does it every few seconds.
    """
    from django.contrib.auth import get_user_model

    from benchmarks.spoken_texts import Speaker
    from videos.models import ListEntry, VideoList
    from videos.search.building import tidy

    speaker = Speaker()
    different = min(count, MOST_TEXTS)
    videos: list[int] = []
    for begin in range(0, different, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, different))
        made = [make(speaker, number) for number in numbers]
        for again in range(number_of_copies(count, different)):
            with transaction.atomic():
                videos += [save(one, again) for one in made if len(videos) < count]
            tidy()
    user_model = get_user_model()
    large = user_model.objects.create_user("large")
    small = user_model.objects.create_user("small")
    step = max(len(videos) // SMALL, 1)
    for user, ids in ((large, videos), (small, videos[::step][:SMALL])):
        video_list = VideoList.objects.create(owner=user, name="all")
        ListEntry.objects.bulk_create(
            [
                ListEntry(video_list=video_list, video_id=pk, position=place)
                for place, pk in enumerate(ids, start=1)
            ],
            batch_size=500,
        )
    finish_index()
    analyze()
    return Library(videos, large, small), speaker


def number_of_copies(count: int, different: int) -> int:
    return -(-count // different)


@dataclass(frozen=True)
class Made:
    number: int
    title: str
    cues: Any
    words: str


def make(speaker: Any, number: int) -> Made:
    from videos.search.documents import Texts, words_of

    title = speaker.title(number)
    cues = speaker.cues(number)
    words = words_of(Texts(title=title, spoken=[cue[2] for cue in cues]))
    return Made(number, title, cues, words)


def save(made: Made, again: int) -> int:
    from videos.models import Transcript, Video
    from videos.search import documents
    from videos.stages import CaptionsSource, Stage

    video = Video.objects.create(
        youtube_id=f"{made.number:06}{again:05}",
        title=made.title,
        channel=f"Channel {made.number % 100}",
        duration=int(made.cues[-1][1]),
        import_stage=Stage.COMPLETE,
        import_progress=100,
        captions_source=CaptionsSource.AUTO,
        finished_at=timezone.now(),
    )
    Transcript.objects.create(
        video=video, source=CaptionsSource.AUTO, language="de", cues=made.cues
    )
    documents.write(video.pk, made.words, version=video.version)
    return video.pk


def finish_index() -> None:
    """The beat has looked at every video: no page counts any more how far the index is."""
    from videos.search.building import mend
    from videos.search.documents import is_complete

    while not is_complete():
        mend(seconds=60)


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def tidy_all() -> None:
    """Merge what was written, as the beat does over the hours."""
    from videos.search.building import tidy

    for _ in range(200):
        tidy()


# Size and writing ---------------------------------------------------------------------------------


def size(hours: int) -> Row:
    """MB of the index and of the documents beside it, after merging."""
    tidy_all()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO search_fts (search_fts) VALUES ('optimize')")
            cursor.execute("SELECT sum(length(block)) FROM search_fts_data")
            index = cursor.fetchone()[0]
            cursor.execute("SELECT 100 * count(*) FROM videos_searchdocument")  # bytes, about
            documents = cursor.fetchone()[0]
            most = 20
        else:
            cursor.execute("VACUUM videos_searchdocument")
            cursor.execute("SELECT pg_relation_size('search_words')")
            index = cursor.fetchone()[0]
            cursor.execute("SELECT pg_total_relation_size('videos_searchdocument')")
            documents = cursor.fetchone()[0] - index
            most = 40
    share = 1000 / hours / 1e6
    return (
        f"search: index of 1,000 h ({connection.vendor})",
        f"{(index + documents) * share:.1f} MB",
        f"at most {most} MB; index {index * share:.1f}, documents {documents * share:.1f}",
    )


def writing(library: Library, speaker: Any) -> Row:
    """Documents written one by one, each in a transaction of its own, beside a plain row."""
    from videos.models import Preferences, Video
    from videos.search import documents
    from videos.search.building import tidy

    contents = [make(speaker, MOST_TEXTS + number).words for number in range(WRITES)]
    took: list[float] = []
    plain: list[float] = []
    for number, content in enumerate(contents):
        video = Video.objects.create(youtube_id=f"write{number:06}", finished_at=timezone.now())
        plain.append(milliseconds(touch, library.small, Preferences))
        took.append(milliseconds(write, documents, video, content))
        if number % 10 == 9:
            tidy()
    Video.objects.filter(youtube_id__startswith="write").delete()
    return (
        "search: writing the index of a video, median",
        f"{statistics.median(took):.1f} ms",
        f"under 10 ms; p95 {p95(took):.1f}, under 50; "
        f"a plain row {statistics.median(plain):.1f} ms",
    )


def write(documents: Any, video: Any, content: str) -> None:
    with transaction.atomic():
        documents.write(video.pk, content, version=0)


def touch(user: Any, model: Any) -> None:
    with transaction.atomic():
        model.objects.update_or_create(user=user)


def rebuilding() -> Row:
    from itertools import islice

    from videos.search.building import rebuild

    began = time.perf_counter()
    steps = list(islice(rebuild(), 10))
    took = time.perf_counter() - began
    done = steps[-1].done
    return ("search: rebuild, videos a second", f"{done / took:.0f}", f"{done} of them")


# Asking -------------------------------------------------------------------------------------------


def classes(speaker: Any, count: int) -> dict[str, list[str]]:
    """What people type, by how often it is said."""
    chosen = random.Random("queries")
    english = speaker.languages["en"].words
    german = speaker.languages["de"].words
    common = [*english[:40], *german[:40]]
    middle = [*english[400:2_000], *german[400:2_000]]
    rare = [*english[20_000:], *german[20_000:]]

    def each(make_one: Callable[[], str]) -> list[str]:
        return [make_one() for _ in range(QUERIES)]

    different = min(count, MOST_TEXTS)

    def phrase(words: int) -> str:
        cues = speaker.cues(chosen.randrange(different))
        cue = chosen.choice(cues)[2].split()
        begin = chosen.randrange(max(len(cue) - words, 0) + 1)
        return f'"{" ".join(cue[begin : begin + words])}"'

    def beginning(letters: int) -> str:
        return str(chosen.choice(middle))[:letters]

    pair = english[:40]
    return {
        "the page without a search": [""] * QUERIES,
        "a rare word": each(lambda: chosen.choice(rare)),
        "a word of some": each(lambda: chosen.choice(middle)),
        "a common word": each(lambda: chosen.choice(common)),
        "two words": each(lambda: f"{chosen.choice(middle)} {chosen.choice(common)}"),
        "two common words": each(lambda: " ".join(chosen.sample(pair, 2))),
        "six words": each(lambda: " ".join(chosen.sample(middle, 6))),
        "a phrase of three": each(lambda: phrase(3)),
        "a common phrase": each(lambda: f'"{" ".join(chosen.sample(pair[:12], 2))}"'),
        "one letter": each(lambda: beginning(1)),
        "two letters": each(lambda: beginning(2)),
        "three letters": each(lambda: beginning(3)),
        "four letters": each(lambda: beginning(4)),
        "without": each(lambda: f"{chosen.choice(middle)} -{chosen.choice(common)}"),
        "nothing found": each(lambda: f"xq{chosen.randrange(10**6)}zz"),
        HOSTILE: hostile(english, german),
    }


def hostile(english: Sequence[str], german: Sequence[str]) -> list[str]:
    """What takes most, or could: of each kind one."""
    return [
        " ".join(english[:50]),
        " ".join([*english[400:425], *german[400:425]]),
        "the and of " * 910,
        "a" * 10_000,
        "the\0and\0\0",
        '"the" "and "" of "to" "',
        f'"{" ".join(english[:20])}',
        '"in the" "of the" "to be" "and the" "it is" "on the"',
        '"in der" "und die" "das ist" "ich bin" "mit dem" "auf der"',
        'the -"in the" -"of the" -"to be" -"and die" -"it is" -"on the"',
        "the AND (und OR NOT) NEAR/3 * ^ : & | ! <-> -- ; ' \\ % _ {}",
        "a* b* c* d* e* f* g* h* i* j* k* l*",
        "the* und* der* you* and* sch* ein* aus* ver* con* pro* ent*",
        "😀👩‍👩‍👧‍👦🏳️‍🌈 the 🙂",
        "-".join(english[:40]),
        "e\u0301\u0302\u0303" * 60,
        "のはをにがでともしたですますこれそれ" * 6,
        "\u202e the \u200f und שלום عليكم",
    ]


def limit_of(kind: str) -> float:
    if kind == "two common words":
        return LIMIT_OF_TWO_COMMON
    return LIMIT


def answers(name: str, user: Any, typed: Sequence[str], limit: float, times: int = 1) -> Row:
    """The page as the user gets it, the search alone, and the index alone."""
    from videos.search.finding import find
    from videos.search.language import parse

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    # One after the other: a search alone reads five times the texts of a page.
    page = [page_time(client, words, times) for words in typed]
    searched = [milliseconds(find, user, words) for words in typed]
    index = [milliseconds(ask_index, words) for words in typed if parse(words).terms]
    compared = (
        f"under {limit:.0f} ms; median {statistics.median(page):.1f}, most {max(page):.1f};"
        f" the search alone {statistics.median(searched):.1f} / {p95(searched):.1f},"
        f" one statement of the index {statistics.median(index or [0.0]):.1f}"
    )
    return (f"search: {name}, p95", f"{p95(page):.1f} ms", compared)


def page_time(client: Client, words: str, times: int) -> float:
    """The median, in milliseconds, of a page asked so often. It reads every text anew."""
    from videos.search.texts import remembered

    took = []
    for _ in range(times):
        remembered.clear()
        took.append(milliseconds(client.get, "/search/", {"q": words}))
    return statistics.median(took)


def ask_index(typed: str) -> None:
    """The bare statement for the words as they are written."""
    from videos.search.candidates import as_written, expression
    from videos.search.language import parse

    matching = expression(parse(typed), as_written)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT rowid FROM search_fts WHERE search_fts MATCH %s"
                " ORDER BY rowid DESC LIMIT 40",
                [matching],
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM videos_searchdocument"
                " WHERE search_tokens(words) @@ %s::tsquery",
                [matching],
            )
        cursor.fetchall()


def milliseconds(act: Callable[..., object], *given: Any) -> float:
    began = time.perf_counter()
    act(*given)
    return (time.perf_counter() - began) * 1000


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95) - 1]
