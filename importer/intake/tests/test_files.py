"""Every file of tests/corpus comes out as expected.json says, line by line; hostile files end in a
refusal, soon and small.
"""

import io
import json
import random
import string
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.intake.files import (
    DEFAULT_LIMITS,
    FileProblem,
    FileRefused,
    Kind,
    Limits,
    ReadResult,
    read_file,
)
from importer.intake.files.fields import tags, when
from importer.intake.files.reading import FileLine
from importer.parsing import (
    ChannelAddress,
    ParsedLine,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
)
from tests.tiers import some_first

CORPUS = Path(__file__).resolve().parents[3] / "tests" / "corpus"
EXPECTED: dict[str, Any] = json.loads((CORPUS / "expected.json").read_text())
ID = "dQw4w9WgXcQ"
OTHER_ID = "jNQXAC9IVRw"


def outcome(piece: ParsedLine) -> str:
    match piece.address:
        case VideoAddress(youtube_id=found):
            return f"video {found}"
        case PlaylistAddress(playlist_id=found):
            return f"playlist {found}"
        case ChannelAddress(channel=found):
            return f"channel {found}"
        case Unusable(reason=reason):
            return reason.value


def described(line: FileLine) -> Iterator[dict[str, Any]]:
    known = {
        "title": line.title,
        "note": line.note,
        "tags": list(line.tags),
        "added": line.added_at.isoformat() if line.added_at else "",
    }
    for piece in line.parsed():
        yield {
            "line": piece.number,
            "is": outcome(piece),
            **{name: value for name, value in known.items() if value},
        }


def groups_of(result: ReadResult) -> dict[str, list[dict[str, Any]]]:
    return {
        f"{group.heading.kind}:{group.heading.name}": [
            part for line in group.lines for part in described(line)
        ]
        for group in result.groups
    }


def read(name: str, content: bytes, limits: Limits = DEFAULT_LIMITS) -> ReadResult:
    return read_file(name, io.BytesIO(content), limits)


CHANNEL = "https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw"
XML = {
    "an entry": (f'<outline xmlUrl="{CHANNEL}"/><p>https://youtu.be/{ID}</p>', ["channel"]),
    "a video": (f"<p>{CHANNEL}</p><p>https://youtu.be/{ID}</p>", ["video"]),
    "a channel": (f"<p>{CHANNEL}</p>", ["channel"]),
}


@pytest.mark.parametrize("what", XML)
def test_xml_means_its_entries_then_its_videos(what: str) -> None:
    given, kinds = XML[what]
    result = read("x.xml", f'<?xml version="1.0"?><opml>{given}</opml>'.encode())
    (parts,) = groups_of(result).values()
    assert [part["is"].split()[0] for part in parts] == kinds


def refusal(name: str, content: bytes, limits: Limits = DEFAULT_LIMITS) -> FileProblem:
    with pytest.raises(FileRefused) as refused:
        read(name, content, limits)
    return refused.value.problem


def archive(files: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return packed.getvalue()


def random_id(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits + "-_", k=11))


def test_every_file_of_the_corpus_has_an_expectation() -> None:
    assert {path.name for path in CORPUS.iterdir()} - {"expected.json"} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_it_reads_the_corpus_as_expected(name: str) -> None:
    expected = EXPECTED[name]
    content = (CORPUS / name).read_bytes()
    if "refused" in expected:
        assert refusal(name, content) == expected["refused"]
        return
    result = read(name, content)
    assert result.format == expected["format"]
    texts = {
        piece.number: piece.text
        for group in result.groups
        for line in group.lines
        for piece in line.parsed()
    }
    for lines in expected["groups"].values():
        for line in lines:
            if "text" in line:
                assert texts[line["line"]] == line.pop("text")
    assert groups_of(result) == expected["groups"]


TAKEOUT = "Takeout/YouTube und YouTube Music/"


def takeout() -> dict[str, str | bytes]:
    videos = "Video-ID,Zeitstempel\n"
    return {
        "Takeout/archive_browser.html": "<html><body><a href='https://support.google.com/'>Hilfe</a></body></html>",
        f"{TAKEOUT}Playlists/AC_DC _ live-Videos.csv": f"{videos}{ID},2023-05-06T17:00:00+00:00\n",
        f"{TAKEOUT}Playlists/Später ansehen-Videos.csv": (
            f"{videos}{OTHER_ID},2023-05-07T17:00:00+00:00\n"
        ),
        f"{TAKEOUT}Playlists/Leer-Videos.csv": videos,
        f"{TAKEOUT}Playlists/Playlists.csv": "Playlist-ID,Neue oben,Titel,Sichtbarkeit\n"
        "PLFgquLnL59alCl_2TQvOiD5Vgm1hCaGSI,False,AC/DC & live,Privat\n",
        f"{TAKEOUT}Abos/Abos.csv": "Kanal-ID,Kanal-URL,Kanaltitel\n"
        "UCuAXFkgsw1L7xaCfnd5JJOw,http://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw,Kanal\n",
        f"{TAKEOUT}Kommentare/Kommentare.csv": (
            f"Kommentar-ID,Kanal-ID,Zeit,Video-ID,Text\nUgx,UCx,2020-01-01T00:00:00Z,{ID},hm\n"
        ),
        f"{TAKEOUT}Verlauf/Wiedergabeverlauf.json": json.dumps(
            [
                {
                    "title": "Eins angesehen",
                    "titleUrl": f"https://www.youtube.com/watch?v={ID}",
                    "time": "2024-01-02T03:04:05Z",
                }
            ]
        ),
        f"{TAKEOUT}Verlauf/Suchverlauf.json": json.dumps(
            [
                {
                    "title": "Nach x gesucht",
                    "titleUrl": "https://www.youtube.com/results?search_query=x",
                    "time": "2024-01-02T03:04:05Z",
                }
            ]
        ),
        f"{TAKEOUT}Videos/mein Film.mp4": b"\x00" * 2_000_000,
    }


def test_a_takeout_is_told_by_its_shape_whatever_its_language() -> None:
    result = read("takeout-20240102T030405Z-001.zip", archive(takeout()))
    assert result.format == "takeout"
    assert groups_of(result) == {
        "playlist:AC/DC & live": [
            {"line": 2, "is": f"video {ID}", "added": "2023-05-06T17:00:00+00:00"}
        ],
        "playlist:Später ansehen": [
            {"line": 2, "is": f"video {OTHER_ID}", "added": "2023-05-07T17:00:00+00:00"}
        ],
        "subscriptions:Abos": [
            {"line": 2, "is": "channel UCuAXFkgsw1L7xaCfnd5JJOw", "title": "Kanal"}
        ],
        "history:Wiedergabeverlauf": [
            {"line": 1, "is": f"video {ID}", "title": "Eins", "added": "2024-01-02T03:04:05+00:00"}
        ],
    }


def test_names_in_an_archive_are_never_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = f"Video ID,Time\n{ID},2023-05-06T17:00:00+00:00\n"
    result = read(
        "x.zip", archive({"../../../evil-videos.csv": rows, "/etc/other\u200b\n-videos.csv": rows})
    )
    assert [group.heading.name for group in result.groups] == ["evil", "other"]
    assert not list(tmp_path.rglob("*"))


@pytest.mark.slow
def test_a_large_takeout_is_read_in_little_memory() -> None:
    rng = random.Random(1)
    rows = [f"{random_id(rng)},2023-05-06T17:00:00+00:00\n" for _ in range(500)]
    files: dict[str, str | bytes] = {
        f"Takeout/YouTube/playlists/List {n}-videos.csv": "Video ID,Time\n" + "".join(rows)
        for n in range(20)
    }
    content = archive(files)
    tracemalloc.start()
    result = read("takeout.zip", content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(group.lines) for group in result.groups] == [500] * 20
    assert all(
        line.added_at == datetime(2023, 5, 6, 17, tzinfo=UTC)
        for group in result.groups
        for line in group.lines
    )
    assert peak < 30_000_000


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    bomb = archive({"Takeout/a-videos.csv": b"0" * 50_000_000})
    assert len(bomb) < 100_000
    tracemalloc.start()
    assert refusal("bomb.zip", bomb) == FileProblem.UNPACKS_TOO_LARGE
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.slow
def test_many_files_that_are_harmless_alone_do_not_add_up() -> None:
    rows = "Video ID,Time\n" + f"{ID},2023-05-06T17:00:00+00:00\n" * 1_000
    files: dict[str, str | bytes] = {f"{n}-videos.csv": rows for n in range(10)}
    assert len(read("x.zip", archive(files)).groups) == 10
    assert (
        refusal("x.zip", archive(files), Limits(unpacked_size=200_000))
        == FileProblem.UNPACKS_TOO_LARGE
    )


@pytest.mark.slow
def test_an_archive_with_too_many_files_is_refused() -> None:
    files: dict[str, str | bytes] = {f"{n}": "" for n in range(3_000)}
    assert refusal("x.zip", archive(files), Limits(entries=2_999)) == FileProblem.TOO_MANY_ENTRIES
    assert refusal("x.zip", archive(files), Limits(entries=10)) == FileProblem.TOO_MANY_ENTRIES


def test_a_table_of_contents_larger_than_the_limit_is_never_read() -> None:
    contents = 40_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, contents, 0, 0)
    tracemalloc.start()
    assert (
        refusal("x.zip", b"PK\x03\x04".ljust(contents, b"\x00") + end)
        == FileProblem.TOO_MANY_ENTRIES
    )
    assert (
        tracemalloc.get_traced_memory()[1] < contents * 2.5
    )  # the content itself, and its copy for the stream
    tracemalloc.stop()


def test_an_encrypted_archive_says_so() -> None:
    content = bytearray(
        archive({"a-videos.csv": f"Video ID,Time\n{ID},2023-05-06T17:00:00+00:00\n"})
    )
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    assert refusal("x.zip", bytes(content)) == FileProblem.ENCRYPTED


def test_an_archive_packed_in_an_unusual_way_is_refused() -> None:
    assert refusal("x.zip", archive(takeout(), zipfile.ZIP_LZMA)) == FileProblem.DAMAGED


def test_an_archive_inside_an_archive_stays_closed() -> None:
    assert refusal("x.zip", archive({"inner.zip": archive(takeout())})) == FileProblem.NOTHING_FOUND


@given(st.data())
def test_no_damage_to_an_archive_ends_in_anything_but_a_refusal(data: st.DataObject) -> None:
    content = bytearray(
        archive({f"{TAKEOUT}a-videos.csv": f"Video ID,Time\n{ID},2023-05-06T17:00:00+00:00\n"})
    )
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(FileRefused):
        read("x.zip", bytes(content[: data.draw(st.integers(4, len(content)))]))


@given(
    st.sampled_from(
        (
            "x.txt",
            "x.csv",
            "x.tsv",
            "x.html",
            "x.json",
            "x.url",
            "x.webloc",
            "x.zip",
            "x",
            "../x.csv",
        )
    ),
    st.sampled_from(
        (
            b"",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\xfe\xff",
            b"bplist00",
            b"<html>",
            b"[",
            b'{"videos":',
            b"[InternetShortcut]\n",
            b"<plist",
        )
    ),
    st.one_of(
        st.binary(), st.text('<a href="x">,;\n\t\'\\[]{}:/\x00é1', max_size=200).map(str.encode)
    ),
)
def test_no_content_ends_in_anything_but_lines_or_a_refusal(
    name: str, start: bytes, content: bytes
) -> None:
    try:
        result = read(name, start + content)
    except FileRefused:
        return
    for group in result.groups:
        assert "\x00" not in group.heading.name
        for line in group.lines:
            assert list(line.parsed())
            assert "\x00" not in line.title + line.note + "".join(line.tags)


def test_more_lines_than_allowed_are_refused() -> None:
    content = "".join(f"https://youtu.be/vid{n:08d}\n" for n in range(1_001)).encode()
    assert refusal("x.txt", content, Limits(lines=1_000)) == FileProblem.TOO_MANY_LINES
    assert len(read("x.txt", content, Limits(lines=1_001)).groups[0].lines) == 1_001


def test_a_file_larger_than_allowed_is_refused_also_from_a_pipe() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    content = b"https://youtu.be/" + ID.encode()
    assert refusal("x.txt", content, Limits(size=20)) == FileProblem.TOO_LARGE
    with pytest.raises(FileRefused):
        read_file("-", Pipe(content), Limits(size=20))
    assert groups_of(read_file("-", Pipe(content))) == {
        "lines:": [{"line": 1, "is": f"video {ID}"}]
    }
    assert groups_of(read_file("-", Pipe(archive(takeout())))).keys() >= {"playlist:AC/DC & live"}


@pytest.mark.parametrize("name", ["x.txt", "x.csv"])
def test_a_line_that_is_too_long_is_one_bad_line(name: str) -> None:
    content = f"https://youtu.be/{ID}\n{'x' * 2_000_000}\nhttps://youtu.be/{OTHER_ID}\n".encode()
    lines = [
        piece
        for group in read(name, content).groups
        for line in group.lines
        for piece in line.parsed()
    ]
    assert [(piece.number, outcome(piece), len(piece.text) <= 2_000) for piece in lines] == [
        (1, f"video {ID}", True),
        (2, Reason.TOO_LONG.value, True),
        (3, f"video {OTHER_ID}", True),
    ]


def test_two_stray_quotes_do_not_swallow_the_rows_between() -> None:
    notes = {2: '"open', 80: '"open again'}
    rows = [f"https://youtu.be/vid{n:08d},{notes.get(n, 'fine')}" for n in range(100)]
    (group,) = read("x.csv", "\n".join(rows).encode()).groups
    assert [next(line.parsed()).address for line in group.lines] == [
        VideoAddress(f"vid{n:08d}") for n in range(100)
    ]


@pytest.mark.slow
def test_half_an_emoji_costs_a_json_nothing() -> None:
    """Programs that cut titles leave it; ijson would give up the whole file."""
    for half in (r"\ud83d", r"\ude00", r"\\\ud83d", r"\ud83d\u00e4"):
        for size in range(1, 40):
            filling = "x" * (65_536 - size - 60)
            given = f'[{{"title": "{filling}"}}, {{"youtube_id": "{ID}", "title": "a{half}"}}]'
            assert groups_of(read("x.json", given.encode()))["lines:"][-1]["is"] == f"video {ID}"


@pytest.mark.slow
def test_json_of_any_depth_is_read_or_refused() -> None:
    content = json.dumps([{"youtube_id": ID}]).encode()
    assert groups_of(read("x.json", content)) == {"lines:": [{"line": 1, "is": f"video {ID}"}]}
    for depth in range(1, 1_100, 9):
        with suppress(FileRefused):
            read("x.json", b'{"content":' * depth + b'{"url": "x"}' + b"}" * depth)


ENOUGH = (
    100_000  # characters, with which a quadratic step would take minutes; none takes half a second
)
HOSTILE = (
    ("x.html", b"<html>", b"<a "),
    ("x.html", b"<html>", b"<a"),
    ("x.html", b"<html>", b"<"),
    ("x.html", b"<html>", b"<!--"),
    ("x.html", b"<html>", b"a="),
    ("x.html", b"<html><a ", b'a="'),
    ("x.html", b"<html><a ", b"a "),
    ("x.html", b"<html>", b"<a href=x>"),
    ("x.html", b"<html>", b"&"),
    ("x.csv", b"", b'"'),
    ("x.csv", b"", b'"\n'),
    ("x.csv", b"", b'"a\n'),
    ("x.csv", b"", b",\n"),
    ("x.csv", b"", b","),
    ("x.csv", b"", b'",'),
    ("x.csv", (b"x," * 50_000 + b"\n") * 40, b"x,"),
    ("x.csv", b"", b"https://youtu.be/," * 5_000 + b"\n"),
    ("x.json", b"", b"["),
    ("x.json", b"", b'{"videos":'),
    ("x.json", b"", b'{"videos":[\n'),
    ("x.json", b"", b'{"content":' * 900 + b"1" + b"}" * 900 + b"\n"),
    ("x.json", b"", b"1"),
    ("x.json", b"[", b"1"),
    ("x.json", b'["', b"\\ud800"),
    ("x.txt", b"", b"\xff\n"),
    ("x.txt", b"", b"\r"),
    ("x.txt", b"\xff\xfe", b"\x00\xd8"),
    ("x.url", b"[InternetShortcut]", b"\nURL"),
    ("x.webloc", b"<plist", b"<string>"),
    ("x.webloc", b"bplist00", b"http"),
)


@pytest.mark.parametrize(
    ("name", "start", "piece"), some_first(HOSTILE, 4), ids=range(len(HOSTILE))
)
def test_a_hostile_file_takes_linear_time(name: str, start: bytes, piece: bytes) -> None:
    content = start + piece * (ENOUGH // len(piece))
    started = time.process_time()
    with suppress(FileRefused):
        read(name, content)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("given_time", "moment"),
    [
        ("2023-05-06T17:00:00+02:00", datetime(2023, 5, 6, 15, tzinfo=UTC)),
        ("2021-03-04 05:06:07 UTC", datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2021-03-04", datetime(2021, 3, 4, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1_700_000_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("99999999999999999999", None),
        ("yesterday", None),
        (True, None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_a_time_is_understood_with_its_zone_or_not_at_all(
    given_time: object, moment: datetime | None
) -> None:
    assert when(given_time) == moment


def test_tags_come_once_each_from_whatever_holds_them() -> None:
    assert tags("a, b; a|c d") == ("a", "b", "c d")
    assert tags("#a #b") == ("a", "b")
    assert tags([{"name": "a"}, "b", 7, None, "b"]) == ("a", "b")
    assert tags({"a": 1}) == ()
    assert len(tags(",".join(map(str, range(100))))) == 20


def test_every_problem_and_kind_is_named_for_people() -> None:
    assert all(str(problem.label) for problem in FileProblem)
    assert {kind.value for kind in Kind} == {"lines", "playlist", "subscriptions", "history"}
