"""Archives of every kind: what is in them, and that none costs more than it may."""

import contextlib
import gzip
import io
import json
import plistlib
import sqlite3
import tarfile
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.intake.files import FileProblem, FileRefused, Limits, read_file
from importer.intake.tests.test_field_files import (
    CHATS,
    COMMENTS,
    LIST,
    TAKEOUT,
    YT,
    A,
    B,
    C,
    U,
    found,
    zipped,
)

PLAYLIST = f"Video ID,Playlist Video Creation Timestamp\n{A},2023-05-06T17:00:00+00:00\n"
NAMES = f"Playlist ID,Title\n{LIST},AC/DC: live\n"
SUBSCRIPTIONS = f"Channel Id,Channel Url,Channel Title\n{U},http://www.youtube.com/channel/{U},N\n"
CHANNEL = f"https://www.youtube.com/channel/{U}"
WATCHED = json.dumps([{"title": "Watched One", "titleUrl": f"https://www.youtube.com/watch?v={C}"}])
FILES = {
    f"{TAKEOUT}playlists/playlists.csv": NAMES,
    f"{TAKEOUT}playlists/AC_DC_ live-videos.csv": PLAYLIST,
    f"{TAKEOUT}subscriptions/subscriptions.csv": SUBSCRIPTIONS,
    f"{TAKEOUT}history/watch-history.json": WATCHED,
    f"{TAKEOUT}comments/comments.csv": COMMENTS,
    f"{TAKEOUT}live chats/live chats.csv": CHATS,
}
IN_A_TAKEOUT = {
    "playlist:AC/DC: live": [A],
    "subscriptions:subscriptions": [U],
    "history:watch-history": [C],
}


def tarred(files: dict[str, Any], mode: str = "w:gz", style: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode, format=style) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def problem_of(name: str, content: bytes, limits: Limits | None = None) -> FileProblem:
    with pytest.raises(FileRefused) as refused:
        read_file(name, io.BytesIO(content), limits or Limits())
    return refused.value.problem


ARCHIVES = {
    "zip": zipped(FILES),
    "tgz": tarred(FILES),
    "tar": tarred(FILES, "w:"),
    "old tar": tarred(FILES, "w:gz", tarfile.USTAR_FORMAT),
    "GNU's tar": tarred(FILES, "w:gz", tarfile.GNU_FORMAT),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_takeout_is_read_from_every_archive(kind):
    assert found("takeout-20240102T030405Z-001.bin", ARCHIVES[kind]) == IN_A_TAKEOUT


def test_a_long_name_in_a_tar_is_read_whole():
    name = f"{TAKEOUT}{'folder/' * 30}Mix-videos.csv"
    for style in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert found("x.tgz", tarred({name: PLAYLIST}, "w:gz", style)) == {"playlist:Mix": [A]}


def test_a_gzip_file_of_several_parts_is_read_whole():
    content = tarred(FILES, "w:")
    parts = gzip.compress(content[:3_000]) + gzip.compress(content[3_000:]) + bytes(512)
    assert found("x.tgz", parts) == IN_A_TAKEOUT


def test_a_single_file_in_gzip_is_read():
    assert found("watch-history.json.gz", gzip.compress(WATCHED.encode())) == {"history:": [C]}
    assert found("links.txt.gz", gzip.compress(f"{YT}{A}\n{YT}{B}".encode())) == {"lines:": [A, B]}


def test_gzip_in_gzip_is_refused():
    content = gzip.compress(gzip.compress(b"https://youtu.be/"))
    assert problem_of("x.gz", content) == FileProblem.UNKNOWN_FORMAT


def test_tar_reads_regular_files_alone():
    """Links, devices and sparse files are passed over, and what follows them is read."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
        for kind in kinds:
            info = tarfile.TarInfo("Takeout/a-videos.csv")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        sparse = tarfile.TarInfo("Takeout/b-videos.csv")
        sparse.size = len(PLAYLIST)
        sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "99999999999"}
        archive.addfile(sparse, io.BytesIO(PLAYLIST.encode()))
        last = tarfile.TarInfo("../../etc/Mix-videos.csv")
        last.size = len(PLAYLIST)
        archive.addfile(last, io.BytesIO(PLAYLIST.encode()))
    assert found("x.tgz", packed.getvalue()) == {"playlist:Mix": [A]}


def header(size: bytes, kind: bytes = b"0") -> bytes:
    """A header of a tar with a right checksum, whatever it says."""
    block = bytearray(b"x.csv".ljust(100, b"\0") + bytes(24) + size.ljust(12, b"\0"))
    block = block.ljust(148, b"\0") + b" " * 8 + kind
    block = block.ljust(512, b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


SENSELESS = {
    "larger than all": header(b"77777777777"),
    "no number": header(b"\xff" * 12),
    "a huge binary number": header(b"\x80" + b"\xff" * 11),
    "negative": header(b"-0000001000"),
    "endless attributes": header(b"77777777777", b"x"),
    "a long name": header(b"00000210000", b"L") + bytes(70_000),
    "bad attributes": header(b"00000000012", b"x") + b"999999 a=b".ljust(512, b"\0") + b"\1" * 512,
    "no header behind": header(b"00000000000") + b"no header".ljust(512, b"\x01"),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_a_tar_that_makes_no_sense_is_damaged(case):
    content = SENSELESS[case]
    assert problem_of("x.tar", content) == FileProblem.DAMAGED
    assert problem_of("x.tgz", gzip.compress(content)) == FileProblem.DAMAGED


@pytest.mark.slow
def test_a_tar_cannot_become_larger_than_allowed():
    zeros = tarred({"Takeout/a.csv": bytes(60_000_000)})
    assert problem_of("x.tgz", zeros) == FileProblem.UNPACKS_TOO_LARGE
    many = tarred({f"{number}.csv": b"" for number in range(300)})
    assert problem_of("x.tgz", many, Limits(entries=299)) == FileProblem.TOO_MANY_ENTRIES
    parts = gzip.compress(header(b"00000000000")) + gzip.compress(b"") * 20_000
    assert problem_of("x.tgz", parts, Limits(looks=10_000)) == FileProblem.TOO_MANY_LINES


@given(st.data())
def test_a_mangled_tar_never_breaks(data):
    content = bytearray(tarred(FILES, "w:"))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, 3_000))
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(1, len(content)))
    with contextlib.suppress(FileRefused):
        read_file("x.tar", io.BytesIO(bytes(content[:end])))


def newpipe() -> bytes:
    database = sqlite3.connect(":memory:")
    database.executescript(f"""
        CREATE TABLE streams (uid INTEGER PRIMARY KEY, service_id INT, url TEXT, title TEXT);
        CREATE TABLE playlists (uid INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE playlist_stream_join (playlist_id INT, stream_id INT, join_index INT);
        CREATE TABLE remote_playlists (uid INTEGER PRIMARY KEY, name TEXT, url TEXT);
        CREATE TABLE subscriptions (uid INTEGER PRIMARY KEY, service_id INT, url TEXT, name TEXT);
        CREATE TABLE stream_history (stream_id INT, access_date INT, repeat_count INT);
        INSERT INTO streams VALUES (1, 0, 'https://www.youtube.com/watch?v={A}', 'One'),
            (2, 0, 'https://www.youtube.com/watch?v={B}', 'Two'),
            (3, 0, 'https://www.youtube.com/watch?v={C}', 'Three');
        INSERT INTO playlists VALUES (1, 'Mix'), (2, 'Talks');
        INSERT INTO playlist_stream_join VALUES (1, 2, 1), (1, 1, 0), (2, 3, 0);
        INSERT INTO remote_playlists VALUES (1, 'P', 'https://www.youtube.com/playlist?list={LIST}');
        INSERT INTO subscriptions VALUES (1, 0, '{CHANNEL}', 'N');
        INSERT INTO stream_history VALUES (3, 1700000000000, 1);
    """)
    return database.serialize()


IN_NEWPIPE = {
    "playlist:Mix": [A, B],
    "playlist:Talks": [C],
    "lines:": [LIST],
    "subscriptions:newpipe": [U],
    "history:": [C],
}


def test_newpipes_export_is_read():
    content = newpipe()
    assert found("newpipe.db", content) == IN_NEWPIPE
    assert found("NewPipeData.zip", zipped({"newpipe.db": content})) == IN_NEWPIPE
    in_wal_mode = content[:18] + b"\x02\x02" + content[20:]
    assert found("newpipe.db", in_wal_mode) == IN_NEWPIPE


def test_any_database_gives_its_addresses():
    database = sqlite3.connect(":memory:")
    database.executescript(f"""
        CREATE TABLE "odd ""name" (url TEXT, title TEXT);
        INSERT INTO "odd ""name" VALUES ('{YT}{A}', 'One'), ('https://example.org/', 'x');
        CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT i AS url FROM n;
        CREATE TABLE empty (x);
    """)
    assert found("places.sqlite", database.serialize()) == {"lines:": [A]}


def test_a_hostile_database_is_refused():
    content = newpipe()
    assert problem_of("x.db", content[:2_000]) == FileProblem.DAMAGED
    assert problem_of("x.db", content[:100] + b"\xff" * 8_000) == FileProblem.DAMAGED
    slow = sqlite3.connect(":memory:")
    slow.executescript(
        newpipe_schema()
        + "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " INSERT INTO playlist_stream_join SELECT 1, 1, i FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " INSERT INTO streams SELECT 1, 0, 'x', 'y' FROM n;"
    )
    limits = Limits(looks=10_000)
    assert problem_of("x.db", slow.serialize(), limits) == FileProblem.TOO_MANY_LINES


def newpipe_schema() -> str:
    return (
        "CREATE TABLE streams (uid INT, service_id INT, url TEXT, title TEXT);"
        "CREATE TABLE playlists (uid INT, name TEXT);"
        "INSERT INTO playlists VALUES (1, 'Mix');"
        "CREATE TABLE playlist_stream_join (playlist_id INT, stream_id INT, join_index INT);"
    )


PACKED = {
    "Grayjay": (
        {
            "exportInfo": '{"version":"1"}',
            "stores/Playlists": json.dumps([f"Mix:::1\n{YT}{A}\n{YT}{B}"]),
            "stores/Subscriptions": json.dumps([CHANNEL]),
            "stores/history": json.dumps([f"{YT}{C}|||1700000000|||0|||Three"]),
            "cache_videos": json.dumps([{"url": f"{YT}{C}"}]),
        },
        {"playlist:Mix": [A, B], "subscriptions:Subscriptions": [U], "history:": [C]},
    ),
    "NewPipe's subscriptions": (
        {"subscriptions.json": json.dumps({"subscriptions": [{"url": CHANNEL, "name": "N"}]})},
        {"subscriptions:subscriptions": [U]},
    ),
    "a Takeout of 2020": (
        {
            f"{TAKEOUT}subscriptions/subscriptions.json": json.dumps(
                [{"snippet": {"resourceId": {"channelId": U}, "title": "N"}}]
            )
        },
        {"subscriptions:subscriptions": [U]},
    ),
    "FreeTube": (
        {
            "playlists.db": json.dumps(
                {"playlistName": "Mix", "videos": [{"videoId": A, "title": "One"}]}
            )
            + "\n",
            "history.db": json.dumps({"videoId": B, "title": "Two", "timeWatched": 1700000000000}),
        },
        {"playlist:Mix": [A], "history:": [B]},
    ),
    "LibreTube": (
        {"libretube-backup.json": json.dumps({"localPlaylists": [
            {"playlist": {"name": "Mix"}, "videos": [{"videoId": A}]}]})},
        {"playlist:Mix": [A]},
    ),
    "somebody's own files": (
        {
            "links.txt": f"read me\n{YT}{A}\n",
            "mine/table.csv": f"url,title\n{YT}{B},Two\n",
            "__MACOSX/mine/._table.csv": f"{YT}{C}",
            "feeds.opml": f'<opml><outline text="N" xmlUrl="{CHANNEL}"/></opml>',
            "inner.zip": "PK",
        },
        {"lines:": [A, B], "subscriptions:feeds": [U]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PACKED)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_what_apps_pack_is_read(case, pack):
    files, expected = PACKED[case]
    assert found("export.bin", pack(files)) == expected


SAFARI = {
    "WebBookmarkType": "WebBookmarkTypeList",
    "Children": [
        {"Title": "History", "WebBookmarkType": "WebBookmarkTypeProxy"},
        {
            "Title": "BookmarksBar",
            "WebBookmarkType": "WebBookmarkTypeList",
            "Children": [
                {
                    "URIDictionary": {"title": "One"},
                    "URLString": f"{YT}{A}",
                    "WebBookmarkType": "WebBookmarkTypeLeaf",
                },
                {"URIDictionary": {"title": "Two"}, "URLString": f"{YT}{B}"},
            ],
        },
    ],
}


@pytest.mark.parametrize("style", [plistlib.FMT_BINARY, plistlib.FMT_XML])
def test_safaris_bookmarks_are_read(style):
    content = plistlib.dumps(SAFARI, fmt=style)
    assert found("Bookmarks.plist", content) == {"lines:": [A, B]}
    (group,) = read_file("Bookmarks.plist", io.BytesIO(content)).groups
    assert [line.title for line in group.lines] == ["One", "Two"]


def test_a_damaged_property_list_gives_what_it_can():
    content = plistlib.dumps(SAFARI, fmt=plistlib.FMT_XML)
    assert found("x.plist", content[: content.index(b"Two")]) == {"lines:": [A]}


@pytest.mark.slow
def test_a_property_list_that_refers_to_itself_is_bounded():
    """A list of lists of itself would be walked for ever."""
    ten = [0xAA, *[0] * 10]
    offsets, objects = b"\x08", bytes(ten)
    trailer = bytes(6) + bytes([1, 1]) + (1).to_bytes(8) + bytes(8) + (8 + len(objects)).to_bytes(8)
    content = b"bplist00" + objects + offsets + trailer
    assert plistlib.loads(content)[0][0][0] is not None
    assert problem_of("x.plist", content) == FileProblem.TOO_MANY_LINES


def test_zip_links_are_passed_over():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("Takeout/a.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, WATCHED)
        archive.writestr("Takeout/b-videos.csv", PLAYLIST)
    assert found("x.zip", packed.getvalue()) == {"playlist:b": [A]}
