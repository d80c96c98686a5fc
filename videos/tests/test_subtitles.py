"""Subtitle files as people have them: a table for each format, and for each way in which they are
broken.
"""

import json
from contextlib import suppress

import pytest

from videos.cues import Cue, CuesError
from videos.subtitles import read_subtitles
from videos.transcripts import TranscriptRefused, read_transcript

Rows = list[tuple[float, float, str]]


def rows(content: str | bytes, language: str = "") -> Rows:
    given = content if isinstance(content, bytes) else content.encode()
    cues = read_transcript(given, language)
    return [(cue.start, cue.end, cue.text) for cue in cues]


AUTO = (
    "WEBVTT\nKind: captions\nLanguage: en\n\n"
    "00:00:00.160 --> 00:00:02.310 align:start position:0%\n"
    " \nhello<00:00:00.480><c> everyone</c>\n\n"
    "00:00:02.310 --> 00:00:02.320 align:start position:0%\nhello everyone\n \n\n"
    "00:00:02.320 --> 00:00:04.000 align:start position:0%\n"
    "hello everyone\nand<00:00:02.900><c> welcome</c>\n\n"
    "00:00:04.000 --> 00:00:04.010 align:start position:0%\nand welcome\n \n\n"
)
AFTER_A_PAUSE = (
    "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n \none<00:00:01.500><c> two</c>\n\n"
    "00:00:02.000 --> 00:00:02.010\none two\n \n\n"
    "00:00:09.000 --> 00:00:10.000\n \nthree<00:00:09.500><c> four</c>\n\n"
    "00:00:10.000 --> 00:00:10.010\nthree four\n \n"
)
ROLLING_SRT = (
    "1\n00:00:00,000 --> 00:00:02,000\nso today\n\n2\n00:00:02,000 --> 00:00:02,010\nso today\n\n"
    "3\n00:00:02,010 --> 00:00:05,000\nso today\nwe sing\n\n"
)
SONG = (
    "1\n00:00:01,000 --> 00:00:02,000\nNa na na\n\n2\n00:00:02,000 --> 00:00:03,000\nNa na na\n\n"
    "3\n00:00:03,000 --> 00:00:04,000\nNa na na\n"
)

ENDS: dict[str, tuple[str, Rows]] = {
    "automatic VTT of yt-dlp": (
        AUTO,
        [(0.16, 2.32, "hello everyone"), (2.32, 4.01, "and welcome")],
    ),
    "automatic VTT after a pause": (
        AFTER_A_PAUSE,
        [(1.0, 2.01, "one two"), (9.0, 10.01, "three four")],
    ),
    "automatic captions saved as SRT": (
        ROLLING_SRT,
        [(0.0, 2.01, "so today"), (2.01, 5.0, "we sing")],
    ),
    "a song repeats itself": (
        SONG,
        [(1.0, 2.0, "Na na na"), (2.0, 3.0, "Na na na"), (3.0, 4.0, "Na na na")],
    ),
    "two speakers overlap": (
        "1\n00:00:01,000 --> 00:00:05,000\n- Who?\n\n2\n00:00:02,000 --> 00:00:04,000\n- Me.\n",
        [(1.0, 5.0, "- Who?"), (2.0, 4.0, "- Me.")],
    ),
    "no empty lines": (
        "1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:03,000 --> 00:00:04,000\nTwo",
        [(1.0, 2.0, "One"), (3.0, 4.0, "Two")],
    ),
    "no empty lines in VTT": (
        "WEBVTT\n00:01.000 --> 00:02.000\nOne\n00:03.000 --> 00:04.000\nTwo",
        [(1.0, 2.0, "One"), (3.0, 4.0, "Two")],
    ),
    "an empty line within a cue": (
        "1\n00:00:01,000 --> 00:00:02,000\nOne\n\nand a half\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nTwo",
        [(1.0, 2.0, "One\nand a half"), (3.0, 4.0, "Two")],
    ),
    "every line twice as far apart": (
        "1\n\n00:00:01,000 --> 00:00:02,000\n\nOne\n\n\n\n"
        "2\n\n00:00:03,000 --> 00:00:04,000\n\nTwo\n\n",
        [(1.0, 2.0, "One"), (3.0, 4.0, "Two")],
    ),
    "line ends written twice": (
        "1\r\r\n00:00:01,000 --> 00:00:02,000\r\r\nOne\r\r\n\r\r\n"
        "2\r\r\n00:00:03,000 --> 00:00:04,000\r\r\nTwo",
        [(1.0, 2.0, "One"), (3.0, 4.0, "Two")],
    ),
    "a number is said": (
        "1\n00:00:01,000 --> 00:00:02,000\n10\n\n2\n00:00:03,000 --> 00:00:04,000\n9\n\n",
        [(1.0, 2.0, "10"), (3.0, 4.0, "9")],
    ),
    "numbers are said and none are written": (
        "00:00:01,000 --> 00:00:02,000\n3\n00:00:03,000 --> 00:00:04,000\nof 4\n",
        [(1.0, 2.0, "3"), (3.0, 4.0, "of 4")],
    ),
    "names of cues": (
        "WEBVTT\n\nintro - 1\n00:01.000 --> 00:02.000\nOne\n\n"
        "intro - 2\n00:03.000 --> 00:04.000\nTwo\n",
        [(1.0, 2.0, "One"), (3.0, 4.0, "Two")],
    ),
    "comments between": (
        "WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n\n"
        "NOTE not for you\nnor this\n\n00:03.000 --> 00:04.000\nTwo\n",
        [(1.0, 2.0, "One"), (3.0, 4.0, "Two")],
    ),
    "a time that is none": (
        "1\n00:00:01,000 --> 00:00:02,000\nOne\n\n2\n00:00:x3 --> 00:00:04,000\nLost\n\n"
        "3\n00:00:05,000 --> 00:00:06,000\nThree",
        [(1.0, 2.0, "One"), (5.0, 6.0, "Three")],
    ),
    "an arrow is said": (
        "1\n00:00:01,000 --> 00:00:02,000\nfrom A --> B\n",
        [(1.0, 2.0, "from A --> B")],
    ),
    "other arrows and blanks": (
        "1\n00:00:01.000 -> 00:00:02.000\nOne\n2\n 0:00:03,0 --> 0:00:04,0\n Two\n"
        "3\n00: 00: 05, 000 --> 00: 00: 06, 000\nThree",
        [(1.0, 2.0, "One"), (3.0, 4.0, "Two"), (5.0, 6.0, "Three")],
    ),
    "what Whisper prints": (
        "[00:00.000 --> 00:02.000]  One\n[00:02.000 --> 00:04.000]  Two\n",
        [(0.0, 2.0, "One"), (2.0, 4.0, "Two")],
    ),
    "places on the screen": (
        "1\n00:00:01,000 --> 00:00:02,000  X1:63 X2:223 Y1:43 Y2:58\nOne\n",
        [(1.0, 2.0, "One")],
    ),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_cue_ends_where_the_next_begins(case):
    content, expected = ENDS[case]
    assert rows(content) == expected


def vtt(text: str) -> str:
    return f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n"


def srt(text: str) -> str:
    return f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n"


MARKUP = {
    "less and greater": (srt("if a<b and c>d then"), "if a<b and c>d then"),
    "a type": (srt("a vector<int> and a List<String>"), "a vector<int> and a List<String>"),
    "a heart": (srt("I <3 you > all"), "I <3 you > all"),
    "tags": (srt('<i>One</i> <font color="red">two</font>'), "One two"),
    "loose tags": (srt("< u>One< /  u > two</xyz>"), "One two"),
    "a tag nobody knows, closed": (srt("<blink>One</blink> two"), "One two"),
    "overrides": (srt("{\\an8}{\\i1}One{\\i0} {two}"), "One {two}"),
    "braces": (srt("f(x) { return x }"), "f(x) { return x }"),
    "a speaker": (vtt("<v.loud Mary Ann>Hi</v> <c.yellow.bg_blue>there</c>"), "Hi there"),
    "an escaped tag": (vtt("write &lt;b&gt; for bold"), "write <b> for bold"),
    "an escaped entity": (vtt("write &amp;lt; for &lt;"), "write &lt; for <"),
    "signs": (vtt("Tom &amp; Jerry&nbsp;&#39;n&#x27; co"), "Tom & Jerry 'n' co"),
    "no entity": (vtt("AT&T and R&D; &copy=2"), "AT&T and R&D; &copy=2"),
    "karaoke": (vtt("one<00:00:01.500><c> two</c>"), "one two"),
    "ruby": (vtt("<ruby>漢<rt>かん</rt></ruby>"), "漢かん"),
}


@pytest.mark.parametrize("case", MARKUP)
def test_markup_is_only_what_is_markup(case):
    content, expected = MARKUP[case]
    assert rows(content) == [(1.0, 2.0, expected)]


ASS = """[Script Info]
Title: x
[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not said
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\an8}One,\\Ntwo\\hthree
Dialogue: 1,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\blur5}One,\\Ntwo\\hthree
Dialogue: 0,0:00:xx.00,0:00:02.50,Default,,0,0,0,,broken
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,Last
"""
TTML = (
    '<?xml version="1.0" encoding="utf-16"?><tt xmlns="http://www.w3.org/ns/ttml" '
    'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25" ttp:tickRate="1000">'
    "<head><metadata/></head>"
    "<body><div>{}</div></body></tt>"
)
FORMATS: dict[str, tuple[str, Rows]] = {
    "SBV": (
        "0:00:01.000,0:00:02.500\nOne\n2\n\n0:00:03.000,0:00:04.000\nThree[br]four\n",
        [(1.0, 2.5, "One\n2"), (3.0, 4.0, "Three\nfour")],
    ),
    "SBV without empty lines": (
        "\ufeff0:00:01.000,0:00:02.500\nOne\n0:00:03.000,0:00:04.000\nTwo",
        [(1.0, 2.5, "One"), (3.0, 4.0, "Two")],
    ),
    "ASS": (ASS, [(1.0, 2.5, "One,\ntwo three"), (5.0, 6.0, "Last")]),
    "ASS with other columns": (
        "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,One, two\n",
        [(1.0, 2.0, "One, two")],
    ),
    "SSA": (
        "[Script Info]\n[V4 Styles]\n[Events]\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,*Default,N,0,0,0,,One\n",
        [(1.0, 2.0, "One")],
    ),
    "LRC": (
        "[ar:Nobody]\n[length:00:20]\n[00:01.00]One\n[00:03.50][00:09.00]Again\n[00:05.00]\n"
        "[00:12.00]<00:12.10>Last <00:12.90>word\n",
        [
            (1.0, 3.5, "One"),
            (3.5, 5.0, "Again"),
            (9.0, 12.0, "Again"),
            (12.0, 20.0, "Last word"),
        ],
    ),
    "LRC with an offset": (
        "[offset:+500]\n[00:01]One\n[00:02:50]Two",
        [(0.5, 2.0, "One"), (2.0, 7.0, "Two")],
    ),
    "TTML": (
        TTML.format(
            '<p begin="00:00:01.000" end="00:00:02.500">One<br/>two &amp; <span>three</span></p>'
        ),
        [(1.0, 2.5, "One\ntwo & three")],
    ),
    "TTML in frames, ticks and durations": (
        TTML.format(
            '<p begin="00:00:01:05" end="00:00:02:00">One</p><p begin="3000t" dur="1s">Two</p>'
            '<p begin="5000ms" end="6s">Three</p>'
        ),
        [(1.2, 2.0, "One"), (3.0, 4.0, "Two"), (5.0, 6.0, "Three")],
    ),
    "TTML with times within times": (
        TTML.format('</div><div begin="10s"><p begin="1s" end="2s">One</p>'),
        [(11.0, 12.0, "One")],
    ),
    "TTML of Apple, with times of the whole": (
        TTML.format(
            '</div><div begin="10.0" end="14.0"><p begin="10.0" end="12.0">One</p>'
            '<p begin="12.5" end="14.0">Two</p>'
        ),
        [(10.0, 12.0, "One"), (12.5, 14.0, "Two")],
    ),
    "DFXP of before": (
        '<tt xmlns="http://www.w3.org/2006/10/ttaf1"><body><div>'
        '<p begin="0:00:01" end="0:00:02">One</p></div></body></tt>',
        [(1.0, 2.0, "One")],
    ),
    "srv1 of YouTube": (
        '<?xml version="1.0" encoding="utf-8" ?><transcript>'
        '<text start="1" dur="1.5">Tom &amp;amp; Jerry&amp;#39;s</text></transcript>',
        [(1.0, 2.5, "Tom & Jerry's")],
    ),
    "srv3 of YouTube": (
        '<timedtext format="3"><body><p t="1000" d="1500">'
        '<s>One</s><s t="300"> two</s></p></body></timedtext>',
        [(1.0, 2.5, "One two")],
    ),
    "SAMI": (
        "<SAMI><BODY><SYNC Start=1000><P Class=ENCC>One<br>two\n"
        "<SYNC Start=2000><P Class=ENCC>&nbsp;\n"
        "<SYNC Start=3000><P Class=ENCC>Three<P Class=FRCC>Trois</BODY></SAMI>",
        [(1.0, 2.0, "One\ntwo"), (3.0, 8.0, "Three")],
    ),
    "MicroDVD": ("{1}{1}25\n{25}{50}One|two\n", [(1.0, 2.0, "One\ntwo")]),
    "MicroDVD that does not say how fast": ("{25}{50}One\n", [(1.0, 2.0, "One")]),
    "MPL2": ("[10][20]One|two\n", [(1.0, 2.0, "One\ntwo")]),
    "json3": (
        json.dumps(
            {"events": [{"tStartMs": 1000, "dDurationMs": 1000, "segs": [{"utf8": "One"}]}]}
        ),
        [(1.0, 2.0, "One")],
    ),
    "our own": (
        json.dumps({"source": "manual", "cues": [{"start": 1, "end": 2.0, "text": "One"}]}),
        [(1.0, 2.0, "One")],
    ),
    "Whisper": (
        json.dumps(
            {"text": "x", "segments": [{"id": 0, "start": 1.0, "end": 2.0, "text": " One"}]}
        ),
        [(1.0, 2.0, "One")],
    ),
    "whisper.cpp": (
        json.dumps({"transcription": [{"offsets": {"from": 1000, "to": 2000}, "text": " One"}]}),
        [(1.0, 2.0, "One")],
    ),
    "a list of lines": (
        json.dumps([{"text": "One", "start": 1.0, "duration": 1.0}]),
        [(1.0, 2.0, "One")],
    ),
}


@pytest.mark.parametrize("case", FORMATS)
def test_every_format_of_the_field_is_read(case):
    content, expected = FORMATS[case]
    assert rows(content) == expected


ENCODINGS = {
    "Russian of Windows": ("Привет, как дела?", "cp1251"),
    "Russian of Unix": ("Привет, как дела?", "koi8-r"),
    "Chinese": ("大家好，今天我们来学习中文。", "gb18030"),
    "Chinese of Taiwan": ("大家好，今天我來學習中文。", "big5"),
    "Japanese": ("こんにちは、今日はいい天気ですね。", "cp932"),
    "Japanese of Unix": ("こんにちは、今日はいい天気ですね。", "euc_jp"),
    "Korean": ("안녕하세요, 오늘은 날씨가 좋습니다.", "cp949"),
    "Greek": ("Καλημέρα, τι κάνεις σήμερα;", "cp1253"),
    "Turkish": ("Günaydın, bugün nasılsın?", "cp1254"),
    "Polish": ("Cześć, jak się masz? Dziękuję.", "cp1250"),
    "Hebrew": ("שלום, מה שלומך היום?", "cp1255"),
    "Arabic": ("مرحبا، كيف حالك اليوم؟", "cp1256"),
    "Thai": ("สวัสดีครับ วันนี้อากาศดี", "cp874"),
    "German": ("Schöne Grüße aus München", "cp1252"),
    "German of a Mac": ("Schöne Grüße aus München", "mac_roman"),
    "quotes alone": ("“Well,” she said – it’s fine…", "cp1252"),
    "UTF-16 without a mark": ("Grüße", "utf-16-le"),
}
LANGUAGES = {"Russian": "ru", "Chinese": "zh", "Japanese": "ja", "Hebrew": "he", "Greek": "el"}


@pytest.mark.parametrize("case", ENCODINGS)
def test_no_other_letters_are_kept_than_written(case):
    text, encoding = ENCODINGS[case]
    content = srt(text).encode(encoding)
    with suppress(TranscriptRefused):
        assert rows(content) == [(1.0, 2.0, text)]


@pytest.mark.parametrize("case", [case for case in ENCODINGS if case.split()[0] in LANGUAGES])
def test_the_given_language_tells_an_encoding(case):
    text, encoding = ENCODINGS[case]
    assert rows(srt(text).encode(encoding), LANGUAGES[case.split()[0]]) == [(1.0, 2.0, text)]


def test_few_encodings_are_asked_for():
    def is_read(text: str, encoding: str) -> bool:
        try:
            return rows(srt(text).encode(encoding)) == [(1.0, 2.0, text)]
        except TranscriptRefused:
            return False

    unread = [case for case, given in ENCODINGS.items() if not is_read(*given)]
    assert len(unread) <= 2, unread


def test_one_word_in_a_known_language_is_read():
    assert rows(srt("Привет").encode("cp1251"), "ru") == [(1.0, 2.0, "Привет")]
    assert rows(srt("Привет").encode("cp1251"), "ru-RU") == [(1.0, 2.0, "Привет")]


def test_letters_of_several_languages_are_asked_for():
    """Two letters may be Russian or Greek; a language that fits neither decides nothing."""
    content = srt("Да").encode("cp1251")
    for language in ("", "de"):
        with pytest.raises(TranscriptRefused, match="Choose the language"):
            read_transcript(content, language)
    assert rows(content, "ru") == [(1.0, 2.0, "Да")]


NO_SUBTITLES = {
    "prose": "just a letter\n\nto a friend",
    "a page": "<!doctype html><html><body><p>One</p></body></html>",
    "other XML": "<opml><body><outline text='x'/></body></opml>",
    "entities that grow": (
        "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"
        "<tt><body><div><p begin='1s' end='2s'>&b;</p></div></body></tt>"
    ),
    "XML cut off": "<tt><body><div><p begin='1s'",
    "other JSON": '{"title": "One"}',
    "JSON cut off": '{"cues": [{"start": 1',
    "nested JSON": "[{" * 1 + '"a":' + "[" * 100_000,
}


@pytest.mark.parametrize("case", NO_SUBTITLES)
def test_what_is_no_subtitle_file_is_refused(case):
    with pytest.raises(CuesError):
        read_subtitles(NO_SUBTITLES[case])


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "[00:01.00]" * 200_000,
        "<SYNC Start=1>" * 100_000,
        "Dialogue: " + "{" * 1_000_000,
        "Dialogue: ,,,\n" * 100_000,
        "0:00:01.000,0:00:02.000\n" * 100_000,
        "00:00:01,000 --> 00:00:02,000\n" * 80_000,
        "1\n" * 1_000_000,
        "{1}{2}" * 300_000,
        "<tt>" + "<body>" * 100_000,
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.timeout(20)
def test_three_hostile_megabytes_take_a_moment(text):
    try:
        cues = read_subtitles(text[:3_000_000])
    except CuesError:
        return
    assert all(isinstance(cue, Cue) for cue in cues)
