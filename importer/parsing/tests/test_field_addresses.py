"""Addresses as people really have them: a table for each kind, most of them with what no standard
foresees.
"""

import time

import pytest

from importer.parsing import (
    Address,
    ChannelAddress,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
    parse_address,
    parse_lines,
)

A = "dQw4w9WgXcQ"
B = "jNQXAC9IVRw"
SHORT = "https://youtu.be/"
U = "UCuAXFkgsw1L7xaCfnd5JJOw"
LIST = "PLFgquLnL59alCl_2TQvOiD5Vgm1hCaGSI"

CHANNELS = {
    "https://www.youtube.com/@อนุรักน์โชคชัย": "@อนุรักน์โชคชัย",
    "https://www.youtube.com/@%E0%B9%84%E0%B8%97%E0%B8%A2%E0%B8%9E%E0%B8%B5%E0%B8%9A%E0%B8%B5"
    "%E0%B9%80%E0%B8%AD%E0%B8%AA": "@ไทยพีบีเอส",
    "@ไทยพีบีเอส": "@ไทยพีบีเอส",
    "@हिन्दी-समाचार": "@हिन्दी-समाचार",
    "https://youtube.com/@தமிழ்": "@தமிழ்",
    "https://youtube.com/@العَرَبِيَّة/videos": "@العَرَبِيَّة",
    "https://m.youtube.com/@বাংলা/shorts": "@বাংলা/shorts",
    "https://www.youtube.com/c/ไทยพีบีเอส": "c/ไทยพีบีเอส",
    "https://www.youtube.com/NASAgovVideo/videos": "c/NASAgovVideo",
    "https://youtube.com/DIMENSI0N": "c/DIMENSI0N",
    "https://www.youtube.com/TheYoungTurks/live": "c/TheYoungTurks/live",
    "youtube.com/news": "c/news",
    "https://www.youtube.com/PewDiePie/": "c/PewDiePie",
    "https://www.youtube.com/watchismo?feature=x": "c/watchismo",
    f"https://www.youtube.com/channel/{U}です": U,
    f"https://www.youtube.com/feeds/videos.xml?channel_id={U}": U,
    "https://www.youtube.com/feeds/videos.xml?user=SomeName": "user/SomeName",
    "https://gdata.youtube.com/feeds/api/users/SomeName/uploads?alt=rss": "user/SomeName",
    "https://www.youtube.com/profile?user=SomeName": "user/SomeName",
    "https://www.youtube.com/embed?listType=user_uploads&list=SomeName": "user/SomeName",
    f"https://www.youtube.com/embed/live_stream?channel={U}": U,
}


@pytest.mark.parametrize("given", CHANNELS)
def test_channels_of_every_script_and_age_are_found(given):
    assert parse_address(given) == ChannelAddress(CHANNELS[given])


VIDEOS = (
    # In a text without blanks.
    f"動画はhttps://youtu.be/{A}です",
    f"动画youtu.be/{A}很好",
    f"https://www.youtube.com/watch?v={A}很好",
    f"https://youtu.be/{A}👍",
    f"https://youtu.be/{A})hello",
    f"https://youtu.be/{A}。次は",
    f"https://www.youtube.com/shorts/{A}입니다",
    f"https://youtu.be/{A}.",
    f"https://youtu.be/{A}…weiter",
    f"(https://www.youtube.com/watch?v={A}).",
    # Behind the #.
    f"http://www.youtube.com/user/name#p/u/1/{A}",
    f"http://www.youtube.com/user/name#p/a/u/0/{A}",
    f"http://www.youtube.com/user/name#p/u/1/{A}?rel=0",
    f"http://www.youtube.com/name#p/c/A1B2C3/0/{A}",
    f"http://www.youtube.com/#p/u/11/{A}",
    f"https://www.youtube.com/watch#!v={A}",
    f"https://www.youtube.com/channel/{U}?v={A}",
    # Encoded once more than they should be.
    f"https://www.youtube.com/watch%3Fv%3D{A}",
    f"https://www.youtube.com/watch?v%3D{A}",
    f"https://www.youtube.com/watch%253Fv%253D{A}",
    f"https%253A%252F%252Fwww.youtube.com%252Fwatch%253Fv%253D{A}",
    f"https%3A%2F%2Fyoutu.be%2F{A}",
    f"https://www.youtube.com/watch%3Ffeature%3Dshare%26v%3D{A}",
    # As apps say it to each other.
    f"vnd.youtube:{A}",
    f"vnd.youtube://{A}",
    f"vnd.youtube:{A}?vndapp=youtube_mobile",
    f"vnd.youtube://www.youtube.com/watch?v={A}",
    f"youtube://watch?v={A}",
    f"youtube://{A}",
    f"intent://www.youtube.com/watch?v={A}#Intent;scheme=https;end",
    f"android-app://com.google.android.youtube/http/www.youtube.com/watch?v={A}",
    # Of before.
    f"https://www.youtube.com/watch?vi={A}",
    f"https://m.youtube.com/details?v={A}",
    f"http://www.youtube.com/ytscreeningroom?v={A}",
    f"https://www.youtube.com/all_comments?v={A}",
    f"https://www.youtube.com/get_video_info?video_id={A}",
    f"https://gdata.youtube.com/feeds/api/videos/{A}",
    f"https://www.youtube.com/user/name/u/1/{A}",
    # Written out.
    rf"https://www.youtube.com/watch?v\u003d{A}",
    rf"https:\x2F\x2Fyoutu.be\x2F{A}",
)


@pytest.mark.parametrize("given", VIDEOS)
def test_videos_are_found_however_they_are_written(given):
    (line,) = parse_lines(given)
    assert isinstance(line.address, VideoAddress)
    assert line.address.youtube_id == A
    assert line.address.playlist_id == ""


LISTS = {
    f"https://www.youtube.com/view_play_list?p={LIST}": LIST,
    "https://www.youtube.com/p/A1B2C3D4E5F60718?hl=de": "A1B2C3D4E5F60718",
    f"https://www.youtube.com/embed/?listType=playlist&list={LIST}": LIST,
    f"https://www.youtube.com/embed/videoseries?list={LIST}です": LIST,
    f"https://www.youtube.com/feed/trending?list={LIST}": LIST,
    f"https://www.youtube.com/feeds/videos.xml?playlist_id={LIST}": LIST,
}


@pytest.mark.parametrize("given", LISTS)
def test_lists_of_every_age_are_found(given):
    assert parse_address(given) == PlaylistAddress(LISTS[given])


def test_a_videos_own_id_is_not_its_playlist():
    for given in (f"//youtube.com/embed/{A}?loop=1&list={A}", f"https://youtu.be/{A}?list={B}"):
        assert parse_address(given) == VideoAddress(A)


SEVERAL = {
    rf"https://youtu.be/{A}\nhttps://youtu.be/{B}": [A, B],
    rf"See https://youtu.be/{A}\n\nand https://youtu.be/{B}\n": [A, B],
    rf"https:\/\/youtu.be\/{A}\r\nhttps:\/\/youtu.be\/{B}": [A, B],
    rf"https://youtu.be/{A}\\nhttps://youtu.be/{B}": [A, B],
    rf"https://youtu.be/{A}\t{B}": [A],
    f"見てhttps://youtu.be/{A}とhttps://youtu.be/{B}です": [A, B],
    f"vnd.youtube:{A} vnd.youtube:{B}": [A, B],
}


@pytest.mark.parametrize("given", SEVERAL)
def test_several_addresses_in_a_line_are_all_found(given):
    found = [line.address for line in parse_lines(given)]
    ids = [address.youtube_id for address in found if isinstance(address, VideoAddress)]
    assert ids == SEVERAL[given]


# Deliberate: another reading would take what nobody meant.
REFUSED: dict[str, tuple[Address, str]] = {
    f"https://www.youtube.com/watch?v={A}x": (
        Unusable(Reason.BAD_VIDEO_ID),
        "one character too many is a mistake, not a reason to take another video",
    ),
    f"https://www.youtube.com/{A}": (
        Unusable(Reason.NO_VIDEO_ID),
        "eleven characters alone may be a name or an id",
    ),
    "https://www.youtube.com/premium": (Unusable(Reason.NO_VIDEO_ID), "a page of YouTube's own"),
    "https://www.youtube.com/feed/subscriptions": (
        Unusable(Reason.NO_VIDEO_ID),
        "differs for everyone",
    ),
    "https://www.youtube.com/hashtag/cats": (Unusable(Reason.NO_VIDEO_ID), "a search"),
    "https://www.youtube.com/howyoutubeworks/policies": (
        Unusable(Reason.NO_VIDEO_ID),
        "no tab of a channel",
    ),
    "https://music.youtube.com/browse/MPREb_gTAcphH99wE": (
        Unusable(Reason.NO_VIDEO_ID),
        "an album's page does not name its list",
    ),
    f"https://youtube.com.evil.example/watch?v={A}": (
        Unusable(Reason.LOOKALIKE_HOST),
        "resembles YouTube's and is not",
    ),
    f"vnd.youtube.evil:{A}": (Unusable(Reason.LOOKALIKE_HOST), "no scheme of YouTube's app"),
    f"動画はyoutube.com.evil.example/watch?v={A}": (
        Unusable(Reason.LOOKALIKE_HOST),
        "what stands before changes no host",
    ),
}


@pytest.mark.parametrize("given", REFUSED)
def test_what_might_be_something_else_is_refused(given):
    assert parse_address(given) == REFUSED[given][0]


def test_a_name_longer_than_hosts_can_be_is_none():
    assert parse_address(f"//{'yozzzzutbe.' * 30}x/") == Unusable(Reason.NOT_AN_ADDRESS)


@pytest.mark.slow
@pytest.mark.timeout(20)
def test_hostile_hosts_cost_next_to_nothing():
    """Each is another one, so that no memory of hosts helps."""
    begun = time.process_time()
    for number in range(2_000):
        parse_address(f"//{number:x}.{'yozzzzutbe.' * 170}x/")
        parse_address(f"//{number:x}.{'yozzzzutbe.' * 20}x/")
        parse_address(f"//{number:x}{chr(0x301) * 1_900}.x/")
        parse_address(f"https%25{'25' * 900}3a{number}")
    assert time.process_time() - begun < 4


HEBREW_HANDLE, DEVANAGARI_HANDLE = "@קול_ישראל", "@मेरा_चैनल"
FURTHER: dict[str, list[str]] = {
    f"動画は{SHORT}{A}です次は{SHORT}{B}です": [A, B],
    f"動画youtu.be/{A}と動画youtu.be/{B}。": [A, B],
    f"영상youtube.com/watch?v={A}를 보세요": [A],
    f"ดูที่youtu.be/{A}สนุกมาก": [A],
    f"{SHORT}{A}، {SHORT}{B}؛": [A, B],
    f"{SHORT}{A}।": [A],
    f"👉{SHORT}{A}👈": [A],
    f"リンク：{SHORT}{A}（公式）": [A],
    f"[url={SHORT}{A}]x[/url]": [A],
    f"[[{SHORT}{A}][x]]": [A],
    f"`x <{SHORT}{A}>`_": [A],
    f"https://www.youtube.com/watch%25253Fv%25253D{A}": [A],
    f"{SHORT}{A}\\r\\n{SHORT}{B}\\t": [A, B],
    f"https://www.youtube.com/#!/watch?v={A}": [A],
    f"android-app://com.google.android.youtube/http/www.youtube.com/watch?v={A}": [A],
    f"https://www.youtube.com/oembed?url=https%3A%2F%2Fyoutu.be%2F{A}&format=json": [A],
    f"https://www.youtube.com/user/abc#p/a/u/0/{A}": [A],
    f"https://www.youtube.com/{DEVANAGARI_HANDLE} https://m.youtube.com/{HEBREW_HANDLE}/videos": [
        DEVANAGARI_HANDLE,
        HEBREW_HANDLE,
    ],
    "https://www.youtube.com/@x/shorts https://www.youtube.com/@한": ["@x/shorts", "@한"],
    "https://www.youtube.com/%40%E0%B9%84%E0%B8%97%E0%B8%A2": ["@ไทย"],
    "https://www.youtube.com/feeds/videos.xml?user=abc": ["user/abc"],
}


@pytest.mark.parametrize("text", FURTHER)
def test_further_texts_give_their_addresses(text):
    found = [line.address for line in parse_lines(text)]
    ids = [
        address.youtube_id if isinstance(address, VideoAddress) else address.channel
        for address in found
    ]
    assert ids == FURTHER[text]
