"""Chapters from YouTube and from descriptions."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.sources.chapters import chapter_line, chapters_of, description_chapters


@pytest.mark.parametrize(
    ("line", "chapter"),
    [
        ("0:00 Intro", (0, "Intro")),
        ("00:00:00 - Intro", (0, "Intro")),
        ("  [01:30] Über Uhren", (90, "Über Uhren")),
        ("(1:02:03) Das Ende", (3723, "Das Ende")),
        ("• 4:05 – Zahnräder | Teil 2", (245, "Zahnräder | Teil 2")),
        ("* 4:05: Zahnräder", (245, "Zahnräder")),
        ("► 75:30 Lang ohne Stunden", (4530, "Lang ohne Stunden")),
        ("2. 4:05 Nummeriert", (245, "Nummeriert")),
        ("0:00 - 1:30 Bereich", (0, "Bereich")),
        ("0:00–1:30: Bereich", (0, "Bereich")),
        ("Zum Schluss 12:30", (750, "Zum Schluss")),
        ("Zum Schluss (12:30)", (750, "Zum Schluss")),
        ("Zum Schluss — 12:30", (750, "Zum Schluss")),
        ("0:00 Learn C#", (0, "Learn C#")),
        ("1:00 .NET basics", (60, ".NET basics")),
        ("2:00 Surface (feat. Nicole)", (120, "Surface (feat. Nicole)")),
        (
            "3:00 (Nightcore) Cartoon - On (feat. D)",
            (180, "(Nightcore) Cartoon - On (feat. D)"),
        ),
        ("4:00 [Live] #1", (240, "[Live] #1")),
        ("5:00) Klammer", (300, "Klammer")),
        ("6:00. Punkt", (360, "Punkt")),
        ("Was bleibt? (7:00)", (420, "Was bleibt?")),
        ("00:01:00.000 Mid", (60, "Mid")),
        ("00:01:00,500 - Mid", (60, "Mid")),
        ("0:00 ~ 1:20 Intro", (0, "Intro")),
        ("0:00 → 1:20 Intro", (0, "Intro")),
        ("[0:00] - [1:30] Intro", (0, "Intro")),
        ("(0:00) – (1:30): Intro", (0, "Intro")),
        ("<b>0:00</b> fett", None),
        ("1:02:03:04 zu viel", None),
        ("1:75 keine Zeit", None),
        ("1:90:00 keine Zeit", None),
        ("0:00", None),
        ("um 12:30 Uhr gibt es Essen", None),
        ("Verhältnis 16:9", None),
        ("Nichts", None),
        ("", None),
    ],
)
def test_a_line_is_a_chapter_or_it_is_not(line, chapter):
    assert chapter_line(line) == chapter


def starts(description, duration=600):
    return [start for start, _ in description_chapters(description, duration)]


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Hallo\n\n0:00 a\n1:00 b\n2:00 c\n\nMusik: Uhrwerk", [0, 60, 120]),
        ("0:00 a\r\n1:00 b\r\n2:00 c", [0, 60, 120]),
        ("0:00 a\nmehr dazu\n1:00 b\n2:00 c", [0, 60, 120]),
        ("0:00 a\n0:10 b\n9:50 c", [0, 10, 590]),
        ("0:00 a\n1:00 b", []),
        ("0:05 a\n1:00 b\n2:00 c", []),
        ("0:00 a\n2:00 b\n1:00 c\n3:00 d", []),
        ("0:00 a\n0:09 b\n1:00 c", []),
        ("0:00 a\n1:00 b\n9:55 c", []),
        ("0:00 a\n1:00 b\n20:00 c", []),
        ("12:30 the good part", []),
        ("0:00 eins\n1:00 zwei\n2:00 drei\n\n0:00 one\n1:00 two\n2:00 three", [0, 60, 120]),
        ("", []),
    ],
)
def test_a_description_counts_only_by_youtubes_rule(description, expected):
    assert starts(description) == expected


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (("1. a", "2. b", "3. c"), ["a", "b", "c"]),
        (("0) a", "1) b", "2) c"), ["a", "b", "c"]),
        (("1. a", "2. b", "c"), ["1. a", "2. b", "c"]),
        (("3. a", "2. b", "1. c"), ["3. a", "2. b", "1. c"]),
        (("2001: a", "b", "c"), ["2001: a", "b", "c"]),
    ],
)
def test_numbers_before_all_titles_are_left_out(titles, expected):
    lines = "\n".join(f"{n}:00 {title}" for n, title in enumerate(titles))
    assert [title for _, title in description_chapters(lines, 600)] == expected


def test_ends_come_from_the_next_start_and_the_duration():
    chapters = chapters_of([(0.0, "a"), (60.0, "b")], "0:00 x\n1:00 y\n2:00 z", 90)
    assert [(chapter.start, chapter.end, chapter.title) for chapter in chapters] == [
        (0, 60, "a"),
        (60, 90, "b"),
    ]
    chapters = chapters_of([], "0:00 x\n1:00 y\n2:00 z", None)
    assert [(chapter.start, chapter.end) for chapter in chapters] == [
        (0, 60),
        (60, 120),
        (120, 120),
    ]


def test_youtubes_own_chapters_may_lie_and_stay_in_the_video():
    chapters = chapters_of([(900.0, "after the end"), (30.0, "b"), (-5.0, "a\x00" * 400)], "", 100)
    assert [(chapter.start, chapter.end) for chapter in chapters] == [(0, 30), (30, 100)]
    assert chapters[0].title == "a" * 300
    assert chapters_of([], "", 100) == ()


@given(st.text(), st.none() | st.integers(0, 10_000))
def test_no_description_makes_chapters_that_do_not_fit(description, duration):
    chapters = chapters_of([], f"0:00 a\n{description}\n1:00 b\n2:00 c", duration)
    assert all(
        chapter.end >= chapter.start >= 0 and 0 < len(chapter.title) <= 300 for chapter in chapters
    )
    assert len(chapters) != 1


def test_a_long_description_is_read_in_no_time():
    begun = time.process_time()
    description_chapters(
        "0:00 " + "(" * 200_000 + "\n" + "1:11:" * 50_000 + "\n" + "- " * 100_000, 600
    )
    description_chapters("\n".join(["[" * 900] * 500), 600)
    assert time.process_time() - begun < 1
