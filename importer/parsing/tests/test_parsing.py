"""What counts as an address, what does not and why, and that no text whatsoever can upset the
parser.
"""

import string
import time
from itertools import chain, pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.parsing import (
    ChannelAddress,
    ParsedLine,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
    parse_address,
    parse_lines,
    parse_many,
)
from tests.tiers import some_first

ID = "dQw4w9WgXcQ"
OTHER_ID = "jNQXAC9IVRw"
LIST = "PLFgquLnL59alCl_2TQvOiD5Vgm1hCaGSI"
CHANNEL = "UCuAXFkgsw1L7xaCfnd5JJOw"

VIDEO_FORMS = (
    "https://www.youtube.com/watch?v={id}",
    "http://youtube.com/watch?v={id}",
    "//www.youtube.com/watch?v={id}",
    "www.youtube.com/watch?v={id}",
    "youtube.com/watch?v={id}",
    "m.youtube.com/watch?v={id}",
    "https://music.youtube.com/watch?v={id}&si=abc",
    "https://gaming.youtube.com/watch?v={id}",
    "https://www.youtube-nocookie.com/embed/{id}?rel=0",
    "https://www.youtubekids.com/watch?v={id}",
    "https://youtube.googleapis.com/v/{id}",
    "HTTPS://WWW.YOUTUBE.COM/watch?v={id}",
    "https://www.youtube.com/WATCH?v={id}",
    "https://www.youtube.com:443/watch?v={id}",
    "http://www.youtube.com:80/watch?v={id}",
    "https://www.youtube.com./watch?v={id}",
    "https://www.youtube.com//watch?v={id}",
    "https://www.youtube.com/watch/?v={id}",
    "https://www.youtube.com/?v={id}",
    "https://www.youtube.com/?feature=share&v={id}",
    "https://www.youtube.com/watch?feature=share&v={id}&pp=ygUEdGVzdA%3D%3D",
    "https://www.youtube.com/watch?app=desktop&v={id}#comments",
    "https://www.youtube.com/watch?v={id}&v=jNQXAC9IVRw",
    "https://www.youtube.com/watch?v=&v={id}",
    "https://www.youtube.com/watch?v={id}?feature=share",
    "https://www.youtube.com/watch?v={id}&amp;feature=share",
    "https://www.youtube.com/watch?a=b&amp;amp;v={id}",
    "https://www.youtube.com/watch_popup?v={id}",
    "https://www.youtube.com/watch_videos?video_ids={id}",
    "https://m.youtube.com/#/watch?v={id}",
    "https://www.youtube.com/#!/watch?v={id}",
    "https://www.youtube.com/tv#/watch?v={id}",
    "https://www.youtube.com/live_chat?is_popout=1&v={id}",
    "https://www.youtube.com/watch/{id}",
    "https://www.youtube.com/w/{id}?si=x",
    "https://www.youtube.com/v/{id}&hl=de_DE&fs=1",
    "https://www.youtube.com/embed/{id}",
    "https://www.youtube.com/e/{id}",
    "https://www.youtube.com/shorts/{id}?feature=share",
    "https://youtube.com/live/{id}?si=x",
    "https://studio.youtube.com/video/{id}/edit",
    "https://youtu.be/{id}",
    "youtu.be/{id}/",
    "https://YOUTU.BE/{id}?si=AbCdEf",
    "https://youtu.be/{id}&feature=youtu.be",
    "https://youtu.be/watch?v={id}",
    "https://img.youtube.com/vi/{id}/mqdefault.jpg",
    "https://i.ytimg.com/vi/{id}/hqdefault.jpg?sqp=abc",
    "https://i3.ytimg.com/vi_webp/{id}/sddefault.webp",
    "https://www.youtube.com/attribution_link?a=AbC&u=%2Fwatch%3Fv%3D{id}%26feature%3Dshare",
    "https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fyoutu.be%2F{id}",
    "https://www.youtube.com/oembed?url=https://www.youtube.com/watch?v={id}&format=json",
    "https://www.youtube.com/verify_age?next_url=/watch%3Fv%3D{id}",
    "https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{id}%26cbrd%3D1&gl=DE&m=0",
    "https://consent.youtube.com/ml?continue=https://www.youtube.com/shorts/{id}?cbrd=1&gl=DE",
    "https://www.google.com/url?sa=t&url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{id}&usg=x",
    "https://www.google.co.uk/url?q=https://youtu.be/{id}",
    "https://accounts.google.com/ServiceLogin?continue=https%3A%2F%2Fwww.youtube.com%2Fsignin%3Fnext%3D%252Fwatch%253Fv%253D{id}",
    "https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{id}",
    r"https:\/\/www.youtube.com\/watch?v={id}",
    r"https:\/\/www.youtube.com\/watch?a=b\u0026v\u003d{id}",
    r"https://www.youtube.com/watch\?v\={id}",
    "\ufeff\u200b https://youtu.be/{id}\u00a0",
    "<https://youtu.be/{id}>",
    "“https://youtu.be/{id}”.",
)

REFUSED = (
    ("", Reason.NOT_AN_ADDRESS),
    ("   ", Reason.NOT_AN_ADDRESS),
    ("hello", Reason.NOT_AN_ADDRESS),
    ("https://", Reason.NOT_AN_ADDRESS),
    ("https:///watch?v=dQw4w9WgXcQ", Reason.NOT_AN_ADDRESS),
    ("file:///etc/passwd", Reason.NOT_AN_ADDRESS),
    ("file://youtube.com/watch?v=dQw4w9WgXcQ", Reason.NOT_AN_ADDRESS),
    ("ftp://youtube.com/watch?v=dQw4w9WgXcQ", Reason.NOT_AN_ADDRESS),
    ("javascript:alert('https://youtu.be/dQw4w9WgXcQ')", Reason.NOT_AN_ADDRESS),
    ("javascript://youtube.com/watch?v=dQw4w9WgXcQ", Reason.NOT_AN_ADDRESS),
    ("data:text/html,https://youtu.be/dQw4w9WgXcQ", Reason.NOT_AN_ADDRESS),
    ("--exec", Reason.NOT_AN_ADDRESS),
    ("--config-location=/tmp/x", Reason.NOT_AN_ADDRESS),
    ("ytsearch10:cats", Reason.NOT_AN_ADDRESS),
    ("v=dQw4w9WgXcQ", Reason.NOT_AN_ADDRESS),
    ("foo/dQw4w9WgXcQ", Reason.NOT_AN_ADDRESS),
    ("https://evil.example/watch?v=dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("evil.example/watch?v=dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("https://evil.example/https://youtu.be/dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("https://evil.example/?u=https://youtu.be/dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("https://evil.example#https://youtu.be/dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("http://127.0.0.1:8000/watch?v=dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("http://[::1]/watch?v=dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("http://localhost/watch?v=dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("http://169.254.169.254/latest/meta-data", Reason.OTHER_SITE),
    ("https://vimeo.com/12345678901", Reason.OTHER_SITE),
    ("https://www.google.com/search?q=https://youtu.be/dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("https://www.google.com/url?q=https://evil.example/watch?v=dQw4w9WgXcQ", Reason.OTHER_SITE),
    (
        "https://www.youtube.com/redirect?q=https%3A%2F%2Fevil.example%2Fwatch%3Fv%3DdQw4w9WgXcQ",
        Reason.OTHER_SITE,
    ),
    (
        "https://consent.youtube.com/m?continue=//evil.example/watch?v=dQw4w9WgXcQ",
        Reason.OTHER_SITE,
    ),
    ("https://youtube.com@evil.example/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://user:secret@www.youtube.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube.com:8443/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube.com:@evil.example/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube.com\\@evil.example/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube.com\\.evil.example/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://notyoutube.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube.co/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube.com../watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://www.evil.youtube.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube-nocookie.com.evil.example/embed/dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtu.be.evil.example/dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://xyoutu.be/dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://yuotube.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://y0utube.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://уоutube.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),  # Cyrillic у and о
    ("https://youtübe.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://xn--youtbe-6ya.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://ｙｏｕｔｕｂｅ.com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://youtube。com/watch?v=dQw4w9WgXcQ", Reason.LOOKALIKE_HOST),
    ("https://you%74ube.com/watch?v=dQw4w9WgXcQ", Reason.OTHER_SITE),
    ("https://www.youtube.com/", Reason.NO_VIDEO_ID),
    ("youtube.com", Reason.NO_VIDEO_ID),
    ("https://youtu.be/", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/watch", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/watch?v=", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/feed/subscriptions", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/results?search_query=dQw4w9WgXcQ", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/clip/UgkxAbCdEfGhIjKl", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/embed/videoseries", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/@Some.Channel/playlists", Reason.PAGE_OF_LISTS),
    ("https://www.youtube.com/@Some.Channel/podcasts", Reason.PAGE_OF_LISTS),
    ("https://www.youtube.com/c/SomeName/releases", Reason.PAGE_OF_LISTS),
    ("https://www.youtube.com/@Some.Channel/community", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/@Some.Channel/search?query=clocks", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/embed/live_stream", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/playlist", Reason.NO_VIDEO_ID),
    ("https://img.youtube.com/dQw4w9WgXcQ", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/attribution_link?a=x", Reason.NO_VIDEO_ID),
    ("https://www.youtube.com/watch?v=dQw4w9WgXcQextra", Reason.BAD_VIDEO_ID),
    ("https://www.youtube.com/watch?v=dQw4w9WgXc", Reason.BAD_VIDEO_ID),
    ("https://www.youtube.com/watch?v=dQw4w9WgXc%0A", Reason.BAD_VIDEO_ID),
    ("https://www.youtube.com/watch?v=dQw4w9WgXcö", Reason.BAD_VIDEO_ID),
    ("https://youtu.be/dQw4w9WgXcQQ", Reason.BAD_VIDEO_ID),
    ("https://www.youtube.com/shorts/dQw4", Reason.BAD_VIDEO_ID),
    ("https://www.youtube.com/playlist?list=PL", Reason.BAD_PLAYLIST_ID),
    ("https://www.youtube.com/playlist?list=../../x", Reason.BAD_PLAYLIST_ID),
    ("https://www.youtube.com/playlist?list=WL", Reason.PRIVATE_LIST),
    ("https://www.youtube.com/playlist?list=LL", Reason.PRIVATE_LIST),
    ("https://music.youtube.com/playlist?list=LM", Reason.PRIVATE_LIST),
    ("https://www.youtube.com/playlist?list=RDdQw4w9WgXcQ", Reason.ENDLESS_MIX),
    ("https://www.youtube.com/watch?list=RDMM", Reason.ENDLESS_MIX),
    ("https://youtu.be/" + "x" * 2_001, Reason.TOO_LONG),
)

WORDS_OF_ELEVEN = (
    "information",
    "Information",
    "INFORMATION",
    "Hello-World",
    "hello_world",
    "foo-bar-baz",
    "well-done--",
    "01234567890",
    "0123-456789",
    "0123_456789",
    "2024-01-15x",
    "2024_12_31Z",
    "report-2024",
    "Episode-100",
    "password123",
    "Windows2000",
)

OTHER_ADDRESSES = (
    (f"https://www.youtube.com/playlist?list={LIST}", PlaylistAddress(LIST)),
    (f"https://m.youtube.com/playlist?app=x&list={LIST}#x", PlaylistAddress(LIST)),
    (f"https://www.youtube.com/watch?list={LIST}", PlaylistAddress(LIST)),
    (f"https://www.youtube.com/embed/videoseries?list={LIST}", PlaylistAddress(LIST)),
    (f"https://music.youtube.com/browse/VL{LIST}", PlaylistAddress(LIST)),
    (
        "https://www.youtube.com/playlist?list=UUuAXFkgsw1L7xaCfnd5JJOw",
        PlaylistAddress("UUuAXFkgsw1L7xaCfnd5JJOw"),
    ),
    (
        "https://music.youtube.com/playlist?list=OLAK5uy_kfyhWmKYhbOdPLn7yBM",
        PlaylistAddress("OLAK5uy_kfyhWmKYhbOdPLn7yBM"),
    ),
    (
        "https://music.youtube.com/playlist?list=RDCLAK5uy_kmPRjHDECIcuVwnK",
        PlaylistAddress("RDCLAK5uy_kmPRjHDECIcuVwnK"),
    ),
    (LIST, PlaylistAddress(LIST)),
    ("FLuAXFkgsw1L7xaCfnd5JJOw", PlaylistAddress("FLuAXFkgsw1L7xaCfnd5JJOw")),
    (
        f"https://www.youtube.com/watch?v={ID}&list={LIST}&index=3&t=1h2m3s",
        VideoAddress(ID, LIST, 3723),
    ),
    (f"https://youtu.be/{ID}?list={LIST}&t=90", VideoAddress(ID, LIST, 90)),
    (f"https://www.youtube.com/watch?v={ID}&list=RD{ID}&start_radio=1", VideoAddress(ID)),
    (f"https://www.youtube.com/watch?v={ID}&list=WL", VideoAddress(ID)),
    (f"https://www.youtube.com/watch?v={ID}#t=1m30s", VideoAddress(ID, start=90)),
    (f"https://www.youtube.com/embed/{ID}?start=15", VideoAddress(ID, start=15)),
    (f"https://youtu.be/{ID}?t=0s", VideoAddress(ID, start=0)),
    (f"https://youtu.be/{ID}?t=soon", VideoAddress(ID)),
    (f"https://www.youtube.com/channel/{CHANNEL}", ChannelAddress(CHANNEL)),
    (f"https://www.youtube.com/channel/{CHANNEL}/videos?view=0", ChannelAddress(CHANNEL)),
    (f"https://www.youtube.com/embed/live_stream?channel={CHANNEL}", ChannelAddress(CHANNEL)),
    (f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}", ChannelAddress(CHANNEL)),
    (f"https://www.youtube.com/feeds/videos.xml?playlist_id={LIST}", PlaylistAddress(LIST)),
    (CHANNEL, ChannelAddress(CHANNEL)),
    ("https://www.youtube.com/@Some.Channel/videos", ChannelAddress("@Some.Channel")),
    ("https://www.youtube.com/@Some.Channel/featured", ChannelAddress("@Some.Channel")),
    ("https://www.youtube.com/@Some.Channel/shorts", ChannelAddress("@Some.Channel/shorts")),
    ("https://m.youtube.com/@Some.Channel/streams?x=1", ChannelAddress("@Some.Channel/streams")),
    ("https://www.youtube.com/c/SomeName/LIVE", ChannelAddress("c/SomeName/live")),
    ("youtube.com/user/SomeName/shorts/", ChannelAddress("user/SomeName/shorts")),
    (f"https://www.youtube.com/channel/{CHANNEL}/streams", ChannelAddress(f"{CHANNEL}/streams")),
    ("https://www.youtube.com/%40%C3%9Cber-Uns", ChannelAddress("@Über-Uns")),
    ("youtube.com/user/SomeName", ChannelAddress("user/SomeName")),
    ("https://www.youtube.com/c/SomeName/about", ChannelAddress("c/SomeName")),
    ("@SomeChannel", ChannelAddress("@SomeChannel")),
)

video_ids = st.text(string.ascii_letters + string.digits + "-_", min_size=11, max_size=11)
ids_in_paths = video_ids.filter(lambda given: given not in ("videoseries", "live_stream"))


def found(text: str) -> list[ParsedLine]:
    return list(parse_lines(text))


def ids(text: str) -> list[str]:
    return [
        piece.address.youtube_id
        for piece in parse_lines(text)
        if isinstance(piece.address, VideoAddress)
    ]


@pytest.mark.parametrize("form", VIDEO_FORMS)
def test_it_understands_every_form_of_a_videos_address(form: str) -> None:
    address = parse_address(form.format(id=ID))
    assert isinstance(address, VideoAddress)
    assert address.youtube_id == ID


@given(st.sampled_from(VIDEO_FORMS), ids_in_paths)
def test_it_gets_any_id_back_from_any_form_alone_and_on_a_line(form: str, youtube_id: str) -> None:
    text = form.format(id=youtube_id)
    assert parse_address(text) == VideoAddress(youtube_id)
    assert ids(text) == [youtube_id]


@given(st.sampled_from(VIDEO_FORMS), ids_in_paths)
def test_an_id_too_long_or_too_short_is_none(form: str, youtube_id: str) -> None:
    assert not isinstance(parse_address(form.format(id=youtube_id + "x")), VideoAddress)
    assert not isinstance(
        parse_address(form.replace(OTHER_ID, "").format(id=youtube_id[:-1])), VideoAddress
    )


@pytest.mark.parametrize(("text", "address"), OTHER_ADDRESSES)
def test_it_tells_playlists_channels_and_start_times_apart(text: str, address: object) -> None:
    assert parse_address(text) == address
    assert [piece.address for piece in parse_lines(text)] == [address]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_it_refuses_with_the_reason(text: str, reason: Reason) -> None:
    assert parse_address(text) == Unusable(reason)


@pytest.mark.parametrize(("text", "reason"), [case for case in REFUSED if case[0].strip()])
def test_a_refused_line_yields_no_video_either(text: str, reason: Reason) -> None:
    pieces = found(text)
    assert pieces
    assert all(isinstance(piece.address, Unusable) for piece in pieces)


@pytest.mark.parametrize("word", WORDS_OF_ELEVEN)
def test_a_word_of_eleven_characters_is_no_id(word: str) -> None:
    assert len(word) == 11
    assert parse_address(word) == Unusable(Reason.LOOKALIKE_ID)
    assert found(word) == [ParsedLine(1, word, Unusable(Reason.LOOKALIKE_ID))]
    assert parse_address(f"https://youtu.be/{word}") == VideoAddress(word)


@pytest.mark.parametrize(
    "bare",
    [
        ID,
        OTHER_ID,
        "9bZkp7q19f0",
        "-wtIMTCHWuI",
        "_OBlgSz8sSM",
        "kJQP7kiw5Fk",
        "vid00000001",
        "YQHsXMglC9A",
    ],
)
def test_a_bare_id_is_taken(bare: str) -> None:
    assert parse_address(bare) == VideoAddress(bare)
    assert ids(f"  {bare}\t") == [bare]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"https://youtu.be/{ID}, https://youtu.be/{OTHER_ID};youtu.be/{ID}", [ID, OTHER_ID, ID]),
        (f"https://youtu.be/{ID} https://youtu.be/{OTHER_ID}", [ID, OTHER_ID]),
        (f"https://youtu.be/{ID}https://youtu.be/{OTHER_ID}", [ID, OTHER_ID]),
        (f"Have a look (https://youtu.be/{ID}), it is great.", [ID]),
        (f"1. https://youtu.be/{ID}", [ID]),
        (f"1.https://youtu.be/{ID}", [ID]),
        (f"* [Some title](https://www.youtube.com/watch?v={ID})", [ID]),
        (f"[https://youtu.be/{ID}](https://youtu.be/{ID})", [ID]),
        (f'<a href="https://youtu.be/{ID}">https://youtu.be/{ID}</a>', [ID]),
        (f"&lt;a href=&quot;https://youtu.be/{ID}&quot;&gt;", [ID]),
        (f'{{"url": "https:\\/\\/youtu.be\\/{ID}", "n": 1}}', [ID]),
        (f"Title, with comma;https://youtu.be/{ID};2020-01-01", [ID]),
        (f"URL:https://youtu.be/{ID}", [ID]),
        (f"link=youtu.be/{ID}", [ID]),
        (f"**https://youtu.be/{ID}**", [ID]),
        (f"so good—https://youtu.be/{ID}—really…", [ID]),
        (f"見て：https://youtu.be/{ID}。", [ID]),
        (
            f"{ID}, {OTHER_ID};9bZkp7q19f0\tkJQP7kiw5Fk",
            [ID, OTHER_ID, "9bZkp7q19f0", "kJQP7kiw5Fk"],
        ),
        (f'"{ID}"', [ID]),
        (f"{ID}, https://youtu.be/{OTHER_ID}", [ID, OTHER_ID]),
        (f"youtube {ID}", [ID]),
        (f"{ID},2023-05-06T17:00:00+00:00", [ID]),
        (f"{ID},2021-03-04 05:06:07 UTC", [ID]),
        (f"https://www.youtube.com/watch_videos?video_ids={ID},{OTHER_ID}", [ID, OTHER_ID]),
        (f"The id is {ID}", []),
        (f"{ID} is the id", []),
    ],
)
def test_it_finds_the_addresses_among_whatever_surrounds_them(
    line: str, expected: list[str]
) -> None:
    assert ids(line) == expected
    assert ids(f"\ufeff\n\u00a0{line}\u200b\r\n") == expected


def test_prose_yields_just_its_addresses() -> None:
    assert found(f"see https://evil.example/x and youtu.be/{ID} or\nnothing here") == [
        ParsedLine(1, "https://evil.example/x", Unusable(Reason.OTHER_SITE)),
        ParsedLine(1, f"youtu.be/{ID}", VideoAddress(ID)),
        ParsedLine(2, "nothing here", Unusable(Reason.NOT_AN_ADDRESS)),
    ]


def test_a_list_of_ids_keeps_a_verdict_for_each_piece() -> None:
    assert [piece.address for piece in parse_lines(f"{ID} information evil.example/x WL")] == [
        Unusable(Reason.NOT_AN_ADDRESS)
    ]
    assert [piece.address for piece in parse_lines(f"{ID} information evil.example/x")] == [
        VideoAddress(ID),
        Unusable(Reason.LOOKALIKE_ID),
        Unusable(Reason.OTHER_SITE),
    ]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = f"\ufeff{ID}\r\n\r\n\u200b\n{OTHER_ID}\rword\x0b\u2028word\n"
    assert [piece.number for piece in parse_lines(text)] == [1, 4, 5]


def test_each_element_is_a_line_and_a_blank_one_was_still_given() -> None:
    assert list(parse_many([f"youtu.be/{ID}\nyoutu.be/{OTHER_ID}", " ", ID])) == [
        ParsedLine(1, f"youtu.be/{ID}", VideoAddress(ID)),
        ParsedLine(1, f"youtu.be/{OTHER_ID}", VideoAddress(OTHER_ID)),
        ParsedLine(2, "", Unusable(Reason.NOT_AN_ADDRESS)),
        ParsedLine(3, ID, VideoAddress(ID)),
    ]


def test_the_ledger_gets_what_a_database_can_hold() -> None:
    assert (
        found("a\x00b \ud800 c" + "d" * 3_000)[0].text
        == ("a\ufffdb \ufffd c" + "d" * 3_000)[:2_000]
    )


def test_wrappers_may_be_nested_but_not_without_end() -> None:
    address = f"https://youtu.be/{ID}"
    for _ in range(3):
        address = "https://www.google.com/url?q=" + quote(address, safe="")
    assert parse_address(address) == VideoAddress(ID)
    for _ in range(3):
        address = "https://www.google.com/url?q=" + quote(address, safe="")
    assert isinstance(parse_address(address), Unusable)


def test_every_reason_has_a_message_and_fits_its_column() -> None:
    assert all(str(reason.label) and len(reason.value) <= 30 for reason in Reason)


@given(st.text(), ids_in_paths, st.text())
def test_any_text_around_leaves_a_bracketed_address_alone(
    before: str, youtube_id: str, after: str
) -> None:
    before, after = (
        part.replace(":", "").replace("\n", " ").replace("\r", " ") for part in (before, after)
    )
    assert youtube_id in ids(f"{before} <https://youtu.be/{youtube_id}> {after}")


pasted = st.one_of(
    st.text(),
    st.text("htps:/.?=&#@%\\[]()<>,; \n\t-_youtbecmwav012AZ\u200b\ufeff\x00\ud800", max_size=200),
    st.lists(
        st.sampled_from(
            (*VIDEO_FORMS, *(text for text, _ in REFUSED), ID, "\n", " ", "](", "%", "&amp;")
        )
    ).map("".join),
)


@given(pasted)
def test_no_text_raises_and_every_line_has_its_verdict_in_order(text: str) -> None:
    parse_address(text)
    pieces = found(text)
    assert all(earlier.number <= later.number for earlier, later in pairwise(pieces))
    assert all(piece.text and len(piece.text) <= 2_000 for piece in pieces)
    assert all("\x00" not in piece.text and piece.text.encode() for piece in pieces)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    visible = {
        number for number, line in enumerate(lines, 1) if any(char.isalnum() for char in line)
    }
    assert visible <= {piece.number for piece in pieces}


ours = st.sampled_from(
    (
        "youtube.com",
        "www.youtube.com",
        "youtu.be",
        "youtube-nocookie.com",
        "i.ytimg.com",
        "www.google.com",
    )
)
foreign = st.one_of(
    st.builds("{}.{}".format, ours, st.sampled_from(("evil.example", "co", "de", "x"))),
    st.builds(
        "{}{}{}".format,
        ours,
        st.sampled_from(("@", ":@", "\\@", "%40", ":1@", ".@", "%2f.", "%00.", "\t.")),
        st.just("evil.example"),
    ),
    st.builds(
        "{}{}".format,
        st.sampled_from(("not", "x-", "1")),
        st.sampled_from(("youtube.com", "youtu.be", "youtubekids.com")),
    ),
    st.builds(
        "{}:{}".format, ours, st.integers(1, 70_000).filter(lambda port: port not in (80, 443))
    ),
    st.from_regex(r"[a-z0-9]{1,12}\.(example|test|invalid|local)", fullmatch=True),
    st.ip_addresses().map(str),
)
PATHS = (
    "/watch?v={id}",
    "/{id}",
    "/embed/{id}",
    "/vi/{id}/x.jpg",
    "/url?q=/watch?v={id}",
    "/#/watch?v={id}",
    "?v={id}",
    "/?list=PLx&v={id}",
)


@given(st.sampled_from(("https://", "http://", "//")), foreign, st.sampled_from(PATHS), video_ids)
def test_no_id_comes_from_a_host_that_is_not_youtubes(
    scheme: str, host: str, path: str, youtube_id: str
) -> None:
    address = scheme + host + path.format(id=youtube_id)
    assert isinstance(parse_address(address), Unusable)
    assert all(
        isinstance(piece.address, Unusable) for piece in parse_lines(address.replace("\t", ""))
    )


ENOUGH = 300_000  # characters, with which a quadratic step would take minutes
HOSTILE = (
    "a",
    "https://",
    "https://youtu.be/",
    "youtu",
    "youtu.be/",
    "a.aa",
    "[",
    "](",
    "&amp;",
    "&#",
    "\\",
    "\\u0026",
    "%2f",
    "v=",
    ":",
    "=",
    "-_",
    "a.",
    "@",
    "\u200b",
    "\ud800",
    "é ",
    "( ",
    ",",
    "'",
    f"{ID},",
    f"https://youtu.be/{ID} ",
    f"https://youtu.be/{ID}",
)


@pytest.mark.parametrize("piece", some_first(HOSTILE, 9))
def test_a_hostile_line_takes_linear_time(piece: str) -> None:
    line = piece * (ENOUGH // len(piece))
    started = time.process_time()
    for _ in chain(parse_lines(line), (parse_address(line),)):
        pass
    assert time.process_time() - started < 3
