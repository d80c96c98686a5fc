"""Files as people really have them: a table for each kind, with what no format foresees."""

import io
import json
import zipfile
from typing import Any

import pytest

from importer.intake.files import FileProblem, FileRefused, read_file
from importer.intake.files.dates import when_in_words
from importer.intake.uploads import read_each_upload
from importer.parsing import ChannelAddress, PlaylistAddress, VideoAddress

A = "dQw4w9WgXcQ"
B = "jNQXAC9IVRw"
C = "9bZkp7q19f0"
U = "UCuAXFkgsw1L7xaCfnd5JJOw"
LIST = "PLFgquLnL59alCl_2TQvOiD5Vgm1hCaGSI"
YT = "https://youtu.be/"


def found(name: str, content: str | bytes) -> dict[str, list[str]]:
    """What comes out of a file: under "kind:name", the ids of its lines, "?" for one that is
    none.
    """
    given = content if isinstance(content, bytes) else content.encode()
    groups: dict[str, list[str]] = {}
    for group in read_file(name, io.BytesIO(given)).groups:
        ids = groups.setdefault(f"{group.heading.kind}:{group.heading.name}", [])
        ids.extend(id_of(piece.address) for line in group.lines for piece in line.parsed())
    return groups


def id_of(address: Any) -> str:
    match address:
        case VideoAddress():
            return address.youtube_id
        case PlaylistAddress():
            return address.playlist_id
        case ChannelAddress():
            return address.channel
    return "?"


def lines(name: str, content: str | bytes) -> list[dict[str, Any]]:
    given = content if isinstance(content, bytes) else content.encode()
    return [
        {"title": line.title, "note": line.note, "tags": line.tags, "added": line.added_at}
        for group in read_file(name, io.BytesIO(given)).groups
        for line in group.lines
    ]


def zipped(files: dict[str, Any]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


OLD = (
    f"Playlist Id,Channel Id,Time Created,Time Updated,Title,Description,Visibility\n"
    f"{LIST},{U},2020-01-01 10:00:00 UTC,2020-01-02 10:00:00 UTC,Old songs,,Private\n"
)
DATED = f"{A},2020-01-01 10:00:00 UTC\n{B},2020-01-01 10:00:00 UTC\n"
LONG_LABEL = "Marca de tiempo de la creación del elemento de vídeo de la lista de reproducción"

TABLES: dict[str, tuple[str, str, dict[str, list[str]]]] = {
    "old takeout": (
        "x.csv",
        f"{OLD}\nVideo Id,Time Added\n{DATED}",
        {"playlist:Old songs": [A, B]},
    ),
    "old takeout with a row of commas": (
        "x.csv",
        f"{OLD},,,,,,\nVideo Id,Time Added,,,,,\n{DATED}",
        {"playlist:Old songs": [A, B]},
    ),
    "old takeout without its second header": (
        "x.csv",
        f"{OLD}{DATED}",
        {"playlist:Old songs": [A, B]},
    ),
    "old takeout saved with semicolons": (
        "x.csv",
        f"{OLD}\nVideo Id,Time Added\n{DATED}".replace(",", ";"),
        {"playlist:Old songs": [A, B]},
    ),
    "a label longer than a line": (
        "Mi lista-vídeos.csv",
        f"ID de vídeo,{LONG_LABEL}\n{A},2023-05-06T17:00:00+00:00\n",
        {"playlist:Mi lista": [A]},
    ),
    "a spreadsheet added columns": (
        "Mix-videos.csv",
        f"Video ID,Playlist Video Creation Timestamp,,\n{A},2023-05-06T17:00:00+00:00,,\n",
        {"playlist:Mix": [A]},
    ),
    "sep=": ("x.csv", f"sep=;\nurl;title\n{YT}{A};One\n", {"lines:": [A]}),
    "sep= with a tab": ("x.csv", f"sep=\t\nurl\ttitle\n{YT}{A}\tOne\n", {"lines:": [A]}),
    "guarded cells": (
        "x.csv",
        f'id,title\n"=""{A}""",One\n\'-NQXAC9IVRw,Two\n',
        {"lines:": [A, "-NQXAC9IVRw"]},
    ),
    "rows of nothing": ("x.csv", f"url,title\n,,\n{YT}{A},One\n;;\n,\n", {"lines:": [A, "?"]}),
    "columns in another order in some rows": (
        "x.csv",
        f"url,title\n{YT}{A},One\nTwo,{YT}{B}\n{YT}{C},Three\n",
        {"lines:": [A, B, C]},
    ),
    "a list of lists": (
        "x.csv",
        f"playlist,video id,title\nMusic,{A},One\nTalks,{B},Two\nMusic,{C},Three\n",
        {"playlist:Music": [A, C], "playlist:Talks": [B]},
    ),
    "channels alone": (
        "x.csv",
        f"name,channel\nOne,https://www.youtube.com/channel/{U}\n",
        {"lines:": [U]},
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_are_told_by_all_their_rows(case):
    name, content, expected = TABLES[case]
    assert found(name, content) == expected


RAINDROP = "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n"
KNOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "Raindrop": (
        RAINDROP
        + f'1,One,n,,{YT}{A},Music,"rock, 80s",2023-01-02T03:04:05.000Z,https://i.x/y.png,,false\n',
        {"title": "One", "note": "n", "tags": ("rock", "80s")},
    ),
    "Pocket": (
        f"title,url,time_added,tags,status\nOne,{YT}{A},1700000000,rock|80s,unread\n",
        {"title": "One", "note": "", "tags": ("rock", "80s")},
    ),
    "Instapaper": (
        f"URL,Title,Selection,Folder,Timestamp\n{YT}{A},One,a quote,Unread,1700000000\n",
        {"title": "One", "note": "a quote", "tags": ()},
    ),
    "Instapaper with a folder and tags": (
        f'URL,Title,Selection,Folder,Timestamp,Tags\n{YT}{A},One,,Music,1700000000,"[""rock"",""80s""]"\n',
        {"title": "One", "note": "", "tags": ("rock", "80s")},
    ),
    "Readwise": (
        "Title,URL,ID,Document tags,Saved date,Reading progress,Location,Seen\n"
        f'One,{YT}{A},01h2k3,"rock, 80s",2023-01-02 03:04:05+00:00,0,later,True\n',
        {"title": "One", "note": "", "tags": ("rock", "80s")},
    ),
    "Notion": (
        f'Name,Tags,URL,Rating\nOne,"rock, 80s",{YT}{A},5\n',
        {"title": "One", "note": "", "tags": ("rock", "80s")},
    ),
    "a spreadsheet of one's own": (
        f"Nr,Titel,Link,Bemerkung\n1,One,{YT}{A},laut\n",
        {"title": "One", "note": "laut", "tags": ()},
    ),
}


@pytest.mark.parametrize("case", KNOWN)
def test_other_programs_tables_keep_what_they_know(case):
    content, expected = KNOWN[case]
    (line,) = lines("x.csv", content)
    assert {name: line[name] for name in expected} == expected


COMMENTS = (
    "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Post ID,Video ID,"
    "Comment Text,Top-Level Comment ID\n" + f"Ugx1,{U},2023-05-06T17:00:00+00:00,0,,,{B},hi,\n" * 5
)
CHATS = (
    "Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Video ID,Live Chat Text\n"
    + f"Ly1,{U},2023-05-06T17:00:00+00:00,0,{C},hi\n" * 5
)
TAKEOUT = "Takeout/YouTube/"


def test_comments_and_chats_of_a_takeout_are_left_alone():
    playlist = f"Video ID,Playlist Video Creation Timestamp\n{A},2023-05-06T17:00:00+00:00\n"
    archive = zipped(
        {
            f"{TAKEOUT}comments/comments.csv": COMMENTS,
            f"{TAKEOUT}live chats/live chats.csv": CHATS,
            f"{TAKEOUT}playlists/Mix-videos.csv": playlist,
        }
    )
    assert found("takeout.zip", archive) == {"playlist:Mix": [A]}
    with pytest.raises(FileRefused) as refused:
        found(
            "x.zip", zipped({"comments/comments.csv": COMMENTS, "live chats/live chats.csv": CHATS})
        )
    assert refused.value.problem == FileProblem.NOTHING_FOUND


OUTLINES = "".join(
    f'<outline text="Channel number {n}" title="Channel number {n}" type="rss"'
    f' xmlUrl="https://www.youtube.com/feeds/videos.xml?channel_id=UC{n:022}"/>'
    for n in range(1_500)
)
LONG_LINES = {
    "OPML": ("subscriptions.opml", f"<opml><body>{OUTLINES}</body></opml>"),
    "OPML without its name": (
        "subscription_manager",
        f'<?xml version="1.0"?><opml>{OUTLINES}</opml>',
    ),
    "text": (
        "x.txt",
        " ".join(f"https://www.youtube.com/channel/UC{n:022}" for n in range(1_500)) * 2,
    ),
    "commas": (
        "x.txt",
        ",".join(f"https://www.youtube.com/channel/UC{n:022}" for n in range(3_000)),
    ),
    "a row of a table": ("x.csv", "url,title\n" + ",".join(f"{YT}{n:011}" for n in range(8_000))),
    "JSON": ("x.json", json.dumps({"subscriptions": [{"id": f"UC{n:022}"} for n in range(3_000)]})),
    "a page": ("x.html", "<html>" + "".join(f'<a href="{YT}{n:011}">x</a>' for n in range(3_000))),
}
COUNTS = {"OPML": 1_500, "OPML without its name": 1_500, "a row of a table": 8_000}


@pytest.mark.slow
@pytest.mark.parametrize("case", LONG_LINES)
def test_a_file_of_one_long_line_is_read_whole(case):
    name, content = LONG_LINES[case]
    ids = [each for group in found(name, content).values() for each in group]
    assert "?" not in ids
    assert len(ids) == COUNTS.get(case, 3_000)


JSON: dict[str, tuple[Any, dict[str, list[str]]]] = {
    "FreeTube profile": (
        {"name": "All Channels", "subscriptions": [{"id": U, "name": "N"}], "_id": "allChannels"},
        {"lines:": [U]},
    ),
    "Takeout of 2020": (
        [{"snippet": {"resourceId": {"channelId": U}, "channelId": "UC" + "x" * 22, "title": "N"}}],
        {"lines:": [U]},
    ),
    "Firefox": (
        {
            "title": "",
            "children": [
                {
                    "title": "menu",
                    "children": [
                        {
                            "title": "One",
                            "uri": f"{YT}{A}",
                            "dateAdded": 1700000000000000,
                            "type": "text/x-moz-place",
                        }
                    ],
                }
            ],
        },
        {"lines:": [A]},
    ),
    "Chrome": (
        {
            "checksum": "x",
            "roots": {
                "bookmark_bar": {
                    "children": [{"name": "One", "type": "url", "url": f"{YT}{A}"}],
                    "name": "Bar",
                    "type": "folder",
                },
                "other": {"children": [], "name": "Other"},
            },
        },
        {"lines:": [A]},
    ),
    "videos.list": (
        {
            "items": [
                {"kind": "youtube#video", "id": A, "snippet": {"title": "One", "channelId": U}}
            ]
        },
        {"lines:": [A]},
    ),
    "search.list": (
        {"items": [{"id": {"kind": "youtube#video", "videoId": A}, "snippet": {"channelId": U}}]},
        {"lines:": [A]},
    ),
    "playlistItems.list": (
        {
            "items": [
                {
                    "id": "UExG",
                    "snippet": {"playlistId": LIST, "channelId": U, "resourceId": {"videoId": A}},
                    "contentDetails": {"videoId": A},
                }
            ]
        },
        {"lines:": [A]},
    ),
    "subscriptions.list": (
        {"items": [{"snippet": {"channelId": "UC" + "x" * 22, "resourceId": {"channelId": U}}}]},
        {"lines:": [U]},
    ),
    "yt-dlp -J": (
        {
            "_type": "playlist",
            "id": LIST,
            "title": "Mix",
            "webpage_url": f"https://www.youtube.com/playlist?list={LIST}",
            "channel_url": f"https://www.youtube.com/channel/{U}",
            "thumbnails": [{"url": f"https://i.ytimg.com/vi/{C}/x.jpg"}],
            "entries": [
                {"id": A, "url": f"https://www.youtube.com/watch?v={A}", "title": "One"},
                {"id": B, "url": f"https://www.youtube.com/watch?v={B}", "title": "Two"},
            ],
        },
        {"playlist:Mix": [A, B]},
    ),
    "yt-dlp --dump-json": (
        {
            "id": A,
            "title": "One",
            "webpage_url": f"https://www.youtube.com/watch?v={A}",
            "formats": [{"url": "https://rr1.googlevideo.com/x"}],
            "thumbnails": [{"url": f"https://i.ytimg.com/vi/{A}/x.jpg"}],
            "automatic_captions": {"en": [{"url": f"https://www.youtube.com/api/timedtext?v={A}"}]},
            "description": f"see {YT}{B}",
        },
        {"lines:": [A]},
    ),
    "NewPipe": (
        {
            "app_version": "1",
            "subscriptions": [
                {"service_id": 0, "url": f"https://www.youtube.com/channel/{U}", "name": "N"}
            ],
        },
        {"lines:": [U]},
    ),
    "Piped": (
        {
            "format": "Piped",
            "playlists": [
                {
                    "name": "Mix",
                    "type": "playlist",
                    "videos": [f"https://youtube.com/watch?v={A}", f"/watch?v={B}"],
                }
            ],
        },
        {"playlist:Mix": [A, B]},
    ),
    "LibreTube": (
        {
            "watchHistory": [{"videoId": C, "title": "Three"}],
            "subscriptions": [{"channelId": U}],
            "localPlaylists": [
                {"playlist": {"id": 1, "name": "Mix"}, "videos": [{"videoId": A, "title": "One"}]}
            ],
        },
        {"history:": [C], "subscriptions:x": [U], "playlist:Mix": [A]},
    ),
    "Invidious": (
        {
            "subscriptions": [U],
            "watch_history": [C],
            "playlists": [{"title": "Mix", "videos": [A, B]}],
        },
        {"subscriptions:x": [U], "history:": [C], "playlist:Mix": [A, B]},
    ),
    "Telegram": (
        {
            "name": "Chat",
            "messages": [
                {
                    "id": 1,
                    "date": "2024-01-02T03:04:05",
                    "text": ["see ", {"type": "link", "text": f"{YT}{A}"}],
                },
                {"id": 2, "date": "2024-01-02T03:04:05", "text": f"and {YT}{B} too"},
                {"id": 3, "text": "nothing"},
            ],
        },
        {"playlist:Chat": [A, B]},
    ),
    "Grayjay": ([f"Mix:::1\n{YT}{A}\n{YT}{B}"], {"playlist:Mix": [A, B]}),
    "Grayjay's history": ([f"{YT}{A}|||1700000000|||0|||One"], {"history:": [A]}),
    "kept by their ids": (
        {"videos": {A: {"title": "One"}, B: {"title": "Two"}}},
        {"lines:": [A, B]},
    ),
    "nobody's format": (
        {"a": {"b": [{"c": {"d": f"{YT}{A}"}}, {"c": f"x {YT}{B} y"}]}},
        {"lines:": [A, B]},
    ),
}


@pytest.mark.parametrize("case", JSON)
def test_json_is_walked_for_whatever_is_an_address(case):
    document, expected = JSON[case]
    assert found("x.json", json.dumps(document)) == expected


def test_pinboard_keeps_title_note_and_tags():
    document = [
        {
            "href": f"{YT}{A}",
            "description": "One",
            "extended": "note",
            "tags": "music 80s",
            "time": "2024-01-02T03:04:05Z",
        }
    ]
    (line,) = lines("x.json", json.dumps(document))
    assert (line["title"], line["note"], line["tags"]) == ("One", "note", ("music", "80s"))


WATCHED = {
    "Has visto Uno": "Uno",
    "Watched Uno": "Uno",
    "Uno angesehen": "Uno",
    "Uno を視聴しました": "Uno",
    "Vous avez regardé Uno": "Uno",
    "Вы посмотрели Uno": "Uno",
}


@pytest.mark.parametrize("title", WATCHED)
def test_a_watch_history_loses_its_verb(title):
    document = [
        {
            "title": title,
            "titleUrl": f"https://www.youtube.com/watch?v={A}",
            "time": "2024-01-02T03:04:05Z",
        }
    ]
    (line,) = lines("watch-history.json", json.dumps(document))
    assert line["title"] == WATCHED[title]


CELL = (
    '<div class="outer-cell mdl-cell"><div class="content-cell mdl-cell">Watched\xa0<a href="https://www.youtube.com/watch?v={id}">{title}</a><br>'
    f'<a href="https://www.youtube.com/channel/{U}">Someone</a><br>{{date}}</div></div>'
)


def test_a_watch_history_as_a_page_is_a_history_with_dates():
    page = "<html><body>" + CELL.format(id=A, title="One", date="Jan 2, 2024, 3:04:05\u202fPM CET")
    page += CELL.format(
        id=B, title=f"https://www.youtube.com/watch?v={B}", date="02.01.2024, 15:04:05 MEZ"
    )
    assert found("watch-history.html", page) == {"history:watch-history": [A, B]}
    one, two = lines("watch-history.html", page)
    assert (one["title"], two["title"]) == ("One", "")
    assert one["added"] == two["added"]
    assert one["added"].isoformat() == "2024-01-02T14:04:05+00:00"


DATES = {
    "Jan 2, 2024, 3:04:05 PM UTC": "2024-01-02T15:04:05+00:00",
    "2 janv. 2024, 15:04:05 CET": "2024-01-02T14:04:05+00:00",
    "2 ene 2024, 15:04:05 CET": "2024-01-02T14:04:05+00:00",
    "2 de fev. de 2024 15:04:05 BRT": "2024-02-02T18:04:05+00:00",
    "2 Jan 2024, 15:04:05 GMT-03:30": "2024-01-02T18:34:05+00:00",
    "2 Jan 2024, 15:04:05 GMT+05:30": "2024-01-02T09:34:05+00:00",
    "2024/01/02 15:04:05 JST": "2024-01-02T06:04:05+00:00",
    "2024年1月2日 15:04:05 JST": "2024-01-02T06:04:05+00:00",
    "2 мая 2024 г., 15:04:05 MSK": "2024-05-02T12:04:05+00:00",
    "2 sty 2024, 15:04:05 CET": "2024-01-02T14:04:05+00:00",
}


@pytest.mark.parametrize("text", DATES)
def test_dates_in_words_are_understood(text):
    moment = when_in_words(text)
    assert moment is not None
    assert moment.isoformat() == DATES[text]


def test_dates_that_are_none_are_none():
    for text in ("", "Watched", "99.99.2024", "12:00", "Feb 30, 2024"):
        assert when_in_words(text) is None


PAGES = {
    "Pocket": (
        "<!DOCTYPE html><html><head><title>Pocket Export</title></head><body><h1>Unread</h1>"
        f'<ul><li><a href="{YT}{A}" time_added="1698568488" tags="a,b">One</a></li></ul>'
    ),
    "a player": f'<html><body><iframe src="https://www.youtube.com/embed/{A}?rel=0"></iframe></body></html>',
    "a light player": f'<html><body><lite-youtube videoid="{A}"></lite-youtube></body></html>',
    "an address as text": f"<html><body><p>see {YT}{A}</p></body></html>",
    "a feed": (
        f'<?xml version="1.0"?><feed><link href="https://www.youtube.com/channel/{U}"/>'
        f'<entry><link href="https://www.youtube.com/watch?v={A}"/></entry></feed>'
    ),
    "a playlist of a player": (
        "<?xml version='1.0'?><playlist><trackList><track>"
        f"<location>{YT}{A}</location></track></trackList></playlist>"
    ),
}


@pytest.mark.parametrize("case", PAGES)
def test_pages_and_xml_give_their_videos(case):
    assert found("x.html", PAGES[case]) == {"lines:": [A]}


def test_pocket_keeps_date_and_tags():
    (line,) = lines("x.html", PAGES["Pocket"])
    assert line["tags"] == ("a", "b")
    assert line["added"].isoformat() == "2023-10-29T08:34:48+00:00"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("takeout.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", FileProblem.OTHER_ARCHIVE),
        ("takeout.rar", b"Rar!\x1a\x07\x01\x00", FileProblem.OTHER_ARCHIVE),
        ("takeout.tar.xz", b"\xfd7zXZ\x00\x00", FileProblem.OTHER_ARCHIVE),
        ("takeout.zip.001", b"PK\x03\x04", FileProblem.PART_OF_ARCHIVE),
        ("takeout.z01", b"PK\x07\x08PK\x03\x04", FileProblem.PART_OF_ARCHIVE),
        ("takeout.tgz", b"\x1f\x8b\x08\x00" + bytes(100), FileProblem.DAMAGED),
    ],
)
def test_an_archive_that_cannot_be_read_says_why(name, content, problem):
    with pytest.raises(FileRefused) as refused:
        found(name, content)
    assert refused.value.problem == problem


def test_an_unreadable_file_hides_no_other():
    files = [
        ("a.pdf", b"%PDF-1.4"),
        ("b.txt", f"{YT}{A}".encode()),
        ("c.7z", b"7z\xbc\xaf\x27\x1c"),
    ]
    uploads, refused = read_each_upload((name, io.BytesIO(content)) for name, content in files)
    assert [upload.name for upload in uploads] == ["b.txt"]
    assert [each.name for each in refused] == ["a.pdf", "c.7z"]


def test_a_damaged_file_in_an_archive_costs_the_others_nothing():
    playlist = f"Video ID,Playlist Video Creation Timestamp\n{A},2023-05-06T17:00:00+00:00\n"
    archive = zipped(
        {f"{TAKEOUT}history/x.json": '{"a": [', f"{TAKEOUT}playlists/Mix-videos.csv": playlist}
    )
    assert found("takeout.zip", archive) == {"playlist:Mix": [A]}


def test_a_first_row_shorter_than_the_others_is_no_error():
    assert found("x.csv", f"[\n[,\n,,{YT}{A}\n,,{YT}{B}\n") == {"lines:": ["?", "?", A, B]}


BROKEN_JSON = {
    "cut off": (f'[{{"url": "{YT}{A}"}}, {{"url": "{YT}{B}"}}, {{"url": "{YT}', [A, B]),
    "a comma too many": (f'[{{"videoId": "{A}"}},, {{"url": "{YT}{B}"}}]', [A, B]),
    "a line each": (f'[\n{{"videoId": "{A}"}},\n{{"videoId": "{B}"}},\n', [A, B]),
    "one quote forgotten": (f'{{"a": {{"url": "{YT}{A}"}}, b: "{YT}{B}"}}', [A, B]),
    "comments": (f'// mine\n{{"a": ["{YT}{A}", // one\n "{YT}{B}"]}}', [A, B]),
}


@pytest.mark.parametrize("case", BROKEN_JSON)
def test_broken_json_keeps_what_can_be_had(case):
    content, expected = BROKEN_JSON[case]
    ids = [each for group in found("x.json", content).values() for each in group]
    assert [each for each in ids if each != "?"] == expected


TEXTS_OF_OTHERS = {
    "a comment": {"channelId": U, "text": f"see {YT}{A}"},
    "a comment with its author": {"author": {"id": U, "name": "N"}, "text": f"see {YT}{A}"},
    "a post with a picture": {"text": f"{YT}{A}", "thumbnail": f"https://i.ytimg.com/vi/{A}/x.jpg"},
    "a message": {"user": {"channelUrl": f"https://www.youtube.com/channel/{U}"}, "m": f"{YT}{A}"},
}


@pytest.mark.parametrize("case", TEXTS_OF_OTHERS)
def test_a_video_in_a_text_counts_not_who_wrote_it(case):
    assert found("x.json", json.dumps([TEXTS_OF_OTHERS[case]])) == {"lines:": [A]}


def test_a_player_between_links_stays_in_its_place():
    page = f'<html><a href="{YT}{A}">x</a><iframe src="https://www.youtube.com/embed/{B}"></iframe>'
    assert found("x.html", f'{page}<a href="{YT}{C}">x</a>') == {"lines:": [A, B, C]}


def playlist_row(label: str = "Video ID,Playlist Video Creation Timestamp") -> str:
    return f"{label}\n{A},2023-05-06T17:00:00+00:00\n"


MIX = {f"{TAKEOUT}playlists/Mix-videos.csv": playlist_row()}
OF_NO_LIST = {
    "a single comment": {f"{TAKEOUT}c/comments.csv": "\n".join(COMMENTS.splitlines()[:2])},
    "one's own videos": {
        f"{TAKEOUT}video metadata/videos.csv": "Video ID,Approx Duration (ms),Video Category,"
        f"Video Title (Original),Channel ID,Video Privacy\n{B},1000,Music,One,{U},Public\n"
    },
    "one's own channel": {
        f"{TAKEOUT}channels/channel.csv": f"Channel ID,Channel Title (Original)\n{U},Me\n"
    },
    "searches": {
        f"{TAKEOUT}history/search-history.json": json.dumps(
            [{"title": "x", "titleUrl": "https://www.youtube.com/results?search_query=x"}]
        )
    },
    "an empty playlist": {f"{TAKEOUT}playlists/Empty-videos.csv": "Video ID,Time\n"},
    "the page of contents": {
        "Takeout/archive_browser.html": '<html><a href="https://www.youtube.com/">YouTube</a>'
    },
}


@pytest.mark.parametrize("case", OF_NO_LIST)
def test_other_files_of_a_takeout_are_left_alone(case):
    assert found("takeout.zip", zipped(OF_NO_LIST[case] | MIX)) == {"playlist:Mix": [A]}


LOCALES = {
    "再生リスト/後で見る-動画.csv": "動画 ID,再生リストの動画の作成タイムスタンプ",
    "플레이리스트/후-동영상.csv": "동영상 ID,재생목록 동영상 생성 타임스탬프",
    "oynatma listeleri/Sonra-videolar.csv": "Video Kimliği,Oynatma Listesi Videosu Zaman Damgası",
    "قوائم/لاحقًا-فيديوهات.csv": "معرّف الفيديو,الطابع الزمني لإنشاء فيديو",
    "Wiedergabelisten/Mix-Videos(2).csv": "Video-ID;Zeitstempel der Erstellung",
}


@pytest.mark.parametrize("name", LOCALES)
def test_playlists_are_told_in_every_language(name):
    table = playlist_row(LOCALES[name])
    if ";" in LOCALES[name]:
        table = "\ufeff" + table.replace(",", ";")
    (heading,) = found("t.zip", zipped({TAKEOUT + name: table}))
    assert heading == f"playlist:{name.split('/')[1].rpartition('-')[0]}"


FURTHER_LONG_LINES = {
    "XML with its addresses as texts": (
        "x.xml",
        "<r>" + "".join(f"<v>{YT}{n:011}</v>" for n in range(5_000)) + "</r>",
    ),
    "bookmarks": (
        "b.html",
        "<!DOCTYPE NETSCAPE-Bookmark-file-1><DL>"
        + "".join(f'<DT><A HREF="{YT}{n:011}">x</A>' for n in range(5_000)),
    ),
    "JSON Lines of an old Mac": (
        "x.jsonl",
        "\r".join(json.dumps({"url": f"{YT}{n:011}"}) for n in range(5_000)),
    ),
    "tabs": ("x.txt", "\t".join(f"{YT}{n:011}" for n in range(5_000))),
    "ids alone": ("x.txt", ",".join(f"A{n:05}b-_cd" for n in range(5_000))),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", FURTHER_LONG_LINES)
def test_further_long_lines_are_read_whole(case):
    groups = found(*FURTHER_LONG_LINES[case])
    ids = groups["lines:"]
    assert (len(ids), len(set(ids)), "?" in ids) == (5_000, 5_000, False)


FURTHER_JSON: dict[str, tuple[Any, dict[str, list[str]]]] = {
    "kept by numbers": (
        {"0": {"video": {"id": A, "title": "x", "duration": 3}}, "1": {"videoId": B}},
        {"lines:": [A, B]},
    ),
    "one object with a named video in it": (
        {"result": {"video": {"id": A, "title": "x", "duration": 3}}},
        {"lines:": [A]},
    ),
    "Pocket": (
        {"list": {"229": {"item_id": "229", "given_url": f"{YT}{A}", "resolved_title": "One"}}},
        {"lines:": [A]},
    ),
    "Readwise": (
        {"results": [{"source_url": f"{YT}{A}", "url": "https://read.readwise.io/x"}]},
        {"lines:": [A]},
    ),
    "Discord": (
        {
            "channel": {"id": "1", "name": "music"},
            "messages": [{"content": f"hi {YT}{A}", "author": {"name": "n"}, "embeds": []}],
        },
        {"playlist:music": [A]},
    ),
    "YouTube Music": (
        {
            "id": LIST,
            "title": "Mix",
            "tracks": [{"videoId": A, "title": "One", "artists": [{"name": "n", "id": U}]}],
        },
        {"playlist:Mix": [A]},
    ),
    "rows": ([[A, "One"], [B, "Two"]], {"lines:": [A, B]}),
}


@pytest.mark.parametrize("case", FURTHER_JSON)
def test_further_json_is_walked(case):
    document, expected = FURTHER_JSON[case]
    assert found("x.json", json.dumps(document)) == expected


FURTHER_TABLES = {
    "wallabag": f"id,Title,URL,Content,Tags,MIME Type,Language\n1,One,{YT}{A},,a,text/html,en\n",
    "Airtable": f"Name,Link,Status,Attachments,Created\nOne,{YT}{A},Todo,,2024-01-02\n",
    "Trello": "Card ID,Card Name,Card URL,Card Description,Labels\n"
    f"65a0f1c2d3e4f5a6b7c8d9e0,One,https://trello.com/c/x,{YT}{A},music\n",
    "a database": f'"id";"link";"titel"\n"1";"{YT}{A}";"One; two"\n',
    "a formula": f'title,url\nOne,"=HYPERLINK(""{YT}{A}"",""One"")"\n',
    "a spreadsheet in UTF-16": f"sep=\t\r\nurl\ttitle\r\n{YT}{A}\tOne\r\n".encode("utf-16"),
}


@pytest.mark.parametrize("case", FURTHER_TABLES)
def test_further_tables_give_their_videos(case):
    assert found("x.csv", FURTHER_TABLES[case]) == {"lines:": [A]}
    assert lines("x.csv", FURTHER_TABLES[case])[0]["note"] in ("", "Todo")
