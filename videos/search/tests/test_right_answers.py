"""What is said, what is typed, and which videos that finds: the same on both databases."""

from typing import Any

import pytest

from videos.models import VideoList
from videos.search.finding import find
from videos.search.language import parse
from videos.search.moments import MOST_HITS
from videos.search.tests.spoken import add_chapter, found, say

pytestmark = pytest.mark.django_db

UMLAUTS = "Die Größe der Straße"
NFD_GA = "か\u3099"  # が in two characters
HALF_WIDTH_GA = "ｶﾞ"

# What is said, what is typed, whether it is found.
ANSWERS = [
    (UMLAUTS, "grosse strasse", True),
    (UMLAUTS, "GRÖSSE", True),
    (UMLAUTS, "Straße", True),
    (UMLAUTS, "strasse", True),
    (UMLAUTS, "groesse", True),
    ("Müller", "müller", True),
    ("Mueller", "müller", True),
    ("Muller", "müller", True),
    ("Müller", "mueller", True),
    ("Mueller", "mueller", True),
    ("eine neue Quelle", "nü", False),
    ("eine neue Quelle", "quelle", True),
    ("Das Uhrwerk tickt", "Uhr", True),
    ("Das Uhrwerk tickt", "werk", True),
    ("Das Uhrwerk tickt", '"werk"', False),
    ("Das Uhrwerk tickt", '"uhrwerk"', True),
    ("eine Armbanduhr", "uhr", True),
    ("das Uhrwerk der Häuser tickt nachts", "werk haus nacht ticken", True),
    ("das Uhrwerk der Häuser tickt nachts", "werk haus nacht schlag", False),
    ("die Armbanduhren", "uhren", True),
    ("drei Häuser", "Haus", True),
    ("die Uhren", "Uhr", True),
    ("drei Äpfel", "Apfel", True),
    ("ein Haus", "Häuser", True),
    ("eine Uhr", "Uhren", True),
    ("ein Apfel", "Äpfel", True),
    ("we are running", "run", True),
    ("two batteries", "battery", True),
    ("we run", "running", True),
    ("one battery", "batteries", True),
    ("東京タワーに行く", "東京", True),
    ("東京タワーに行く", "タワー", True),
    ("東京タワーに行く", "京", True),
    ("東京タワーに行く", '"東京タワー"', True),
    ("東京タワーに行く", "東京タワー", True),
    ("東京タワーに行く", "行く", True),
    ("東京タワーに行く", "く", True),
    ("東京タワーに行く", "京東", False),
    ("東京タワーに行く", "東タ", False),
    (HALF_WIDTH_GA, "ガ", True),
    (NFD_GA, "が", True),
    ("が", NFD_GA, True),
    ("が", "か", False),
    ("ภาษาไทยง่าย", "ไทย", True),
    ("서울에서", "서울", True),
    ("हिन्दी में", "हिन्दी", True),
    ("हिन्दी में", '"हिन"', False),
    ("don't", "don't", True),
    ("don't", "don’t", True),
    ("don't", "dont", True),
    ("don’t", "don't", True),
    ("don’t", "dont", True),
    ("dont", "don't", True),
    ("dont", "don’t", True),
    ("E-Mail", "e-mail", True),
    ("email", "e-mail", True),
    ("an e mail", "e-mail", True),
    ("E-Mail", "email", True),
    ("email", "email", True),
    ("an e mail", "email", False),
    ("à l'heure", "heure", True),
    ("à l’heure", "heure", True),
    ("we write C++", "c++", True),
    ("we write C#", "c++", False),
    ("we write C", "c++", False),
    ("we write C#", "c#", True),
    ("we write C", "c#", False),
    ("we write C++ code", '"write c++ code"', True),
    ("the E-Mail today", '"mail today"', True),
    ("the E-Mail today", '"the e-mail today"', True),
    ("Uhr und Werk", "uhr -werk", False),
    ("Uhr und Uhrwerk", "uhr -werk", True),
    ("the end in sight", '"in the end"', False),
    ("a bit of an OFFENES Wort", '"offenes wort', True),
    ("ein Wort, offenes", '"offenes wort', False),
    ("the end in sight", 'sight -"in the end"', True),
    ("in the end a sight", 'sight -"in the end"', False),
    ("Käse-Brot", "kasebrot", True),
    ("ﬁnal ＡＢＣ", "final abc", True),
    ("soft\u00adhyphen", "softhyphen", True),
    ("søster œuvre", "soster oeuvre", True),
    ("uhrwerke ticken", "uhrw*", True),
    ("armbanduhr", "uhr*", False),
]


@pytest.mark.parametrize(("said", "typed", "is_found"), ANSWERS)
def test_words_find_what_is_said(
    alice: Any, video_list: VideoList, said: str, typed: str, is_found: bool
) -> None:
    video = say(video_list, 1, said)
    say(video_list, 2, "something else altogether")
    expected = []
    if is_found:
        expected.append(video.pk)
    assert found(alice, typed) == expected


# What is typed, and what is said in the videos, best first; the newest of all is the last one.
ORDERS = [
    ("uhr", ["eine Uhr", "ein Uhrwerk", "eine Armbanduhr"]),
    ("werk", ["ein Werk", "das Uhrwerk"]),
    ("haus", ["ein Haus", "viele Häuser"]),
    ("quelle", ["eine Quelle", "viele Quellen"]),
]


@pytest.mark.parametrize(("typed", "said"), ORDERS)
def test_order_puts_exact_words_first(
    alice: Any, video_list: VideoList, typed: str, said: list[str]
) -> None:
    ids = [say(video_list, number, text).pk for number, text in enumerate(said)]
    assert found(alice, typed) == ids


def test_title_comes_before_what_is_said(alice: Any, video_list: VideoList) -> None:
    titled = say(video_list, 1, "nothing", title="A clock")
    channel = say(video_list, 2, "nothing", channel="Clock Shop")
    said = say(video_list, 3, "a clock")
    ids = found(alice, "clock")
    assert set(ids) == {titled.pk, channel.pk, said.pk}
    assert ids[-1] == said.pk


def test_short_end_is_not_looked_for_inside(alice: Any, video_list: VideoList) -> None:
    """*her* stands in *Mutter* and *mother* nowhere near the first page."""
    say(video_list, 1, "mother and Mutter together")
    exact = say(video_list, 2, "with her")
    assert found(alice, "her")[0] == exact.pk


def test_words_are_found_in_every_text(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "spoken", title="titled", channel="channelled", note="noted")
    video.description = "described"
    video.save()
    add_chapter(video, "chaptered")
    for typed in ("spoken", "titled", "channelled", "described", "chaptered", "noted"):
        assert found(alice, typed) == [video.pk], typed


def test_places_are_named(alice: Any, video_list: VideoList) -> None:
    video = say(
        video_list, 1, "no", title="A clock", channel="Clocks", description="Clock", note="clock!"
    )
    add_chapter(video, "The clock", start=60.0)
    (result,) = find(alice, "clock").videos
    places = {place.kind: place for place in result.places}
    assert set(places) == {"title", "channel", "description", "chapter", "note"}
    assert places["chapter"].start == 60.0
    assert places["title"].marks == [[2, 7]]
    assert result.moments == []


def test_phrase_goes_over_a_cue_border(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "before", "and so in the", "end of the day")
    (result,) = find(alice, '"in the end"').videos
    assert result.hits == 1
    assert result.moments[0].start == 4.0


def test_phrase_goes_over_a_border_of_cjk(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "東京", "タワー")
    assert found(alice, '"東京タワー"') == [video.pk]


def test_phrase_is_found_over_a_long_pause(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "first words", *["♪"] * 100, "last words")
    (result,) = find(alice, '"first words last"').videos
    assert result.video_id == video.pk
    assert result.moments[0].start == 0.0


def test_phrase_never_goes_from_text_to_text(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "spoken", title="end", channel="spoken")
    assert found(alice, '"end spoken"') == []


def test_words_of_different_texts_are_found_together(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "a spring", title="Clock")
    assert found(alice, "spring clock") == [video.pk]


def test_moments_are_the_closest_words(alice: Any, video_list: VideoList) -> None:
    gap = ["pause"] * 60
    say(video_list, 1, "clock", *gap, "spring", *gap, "the clock has a spring", *gap, "clock")
    (result,) = find(alice, "clock spring").videos
    assert result.hits == 5
    closest = [moment for moment in result.moments if "the clock has a spring" in moment.text]
    assert [moment.start for moment in closest] == [122 * 4.0]
    marked = [closest[0].text[start:end] for start, end in closest[0].marks]
    assert marked == ["clock", "spring"]


@pytest.mark.parametrize("said", ["the escapement", "the ĲＥscapement"], ids=["plain", "folded"])
@pytest.mark.parametrize("rest", ["pause", "pause " * 15], ids=["close", "far apart"])
def test_a_rare_word_is_found_behind_very_many(
    alice: Any, video_list: VideoList, said: str, rest: str
) -> None:
    """Also where folding moves the characters of a line, and where cues are long."""
    many = [f"the {rest}"] * 1_100
    say(video_list, 1, *many, said, *many)
    (result,) = find(alice, f"the {said.split()[1]}").videos
    assert result.hits == MOST_HITS
    (moment,) = [moment for moment in result.moments if said in moment.text]
    assert 1_092 * 4.0 <= moment.start <= 1_100 * 4.0
    marked = [moment.text[start:end] for start, end in moment.marks]
    assert said.split()[1] in marked
    assert marked.count("the") > 1


def test_moments_are_three_at_most(alice: Any, video_list: VideoList) -> None:
    cues = ["clock", *["pause"] * 20] * 5
    say(video_list, 1, *cues)
    (result,) = find(alice, "clock").videos
    assert len(result.moments) == 3
    assert result.hits == 5
    assert result.seconds == [number * 21 * 4.0 for number in range(5)]


@pytest.mark.parametrize("typed", ["", " ", '""', '"', "*", "🎵", "-", '-""', "---", "\0", "'"])
def test_nothing_asked_finds_nothing(alice: Any, video_list: VideoList, typed: str) -> None:
    say(video_list, 1, "words")
    answer = find(alice, typed)
    assert answer.is_empty_query
    assert answer.videos == []
    assert answer.is_exact


@pytest.mark.parametrize("typed", ["-uhr", '-"eine uhr"', "-uhr -werk"])
def test_exclusions_alone_find_nothing(alice: Any, video_list: VideoList, typed: str) -> None:
    say(video_list, 1, "words")
    answer = find(alice, typed)
    assert answer.only_exclusions
    assert answer.videos == []


def test_missing_word_is_named(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "a clock")
    answer = find(alice, "clock grasshopper")
    assert answer.videos == []
    assert answer.missing == ["grasshopper"]


def test_limits_are_said(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "a clock")
    assert "too_long" in find(alice, "clock " * 100).notices
    many = " ".join(f"w{number}" for number in range(20))
    assert "too_many_words" in find(alice, many).notices


@pytest.mark.parametrize(
    ("typed", "is_cut"),
    [
        ("a b c d e f g h i j k l", False),
        ('"in the" "of the" "to be" "and the"', False),
        ('"in the" "of the" "to be" "and the" "it is"', True),
        ('clock -"in the" -"of the" -"to be" -"and the"', True),
        ("clo* whe* gea*", False),
        ("clo* whe* gea* spr*", True),
        ("c*", False),
        ("c* w", True),
        ("시계 바퀴 시간", False),
    ],
)
def test_work_beyond_the_allowance_is_said(typed: str, is_cut: bool) -> None:
    assert ("too_many_words" in parse(typed).notices) is is_cut


def test_pages_show_each_video_once(alice: Any, video_list: VideoList) -> None:
    ids = {say(video_list, number, "a clock").pk for number in range(25)}
    shown: list[int] = []
    offset: int | None = 0
    while offset is not None:
        answer = find(alice, "clock", offset=offset, limit=10)
        shown += [result.video_id for result in answer.videos]
        offset = answer.next_offset
    assert len(shown) == len(ids)
    assert set(shown) == ids
