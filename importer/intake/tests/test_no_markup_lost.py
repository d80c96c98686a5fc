"""Whatever is done to JSON, HTML or XML on its way here, each address in it is a row with a
verdict.
"""

import html
import io
import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from importer.intake.files import FileRefused, read_file
from importer.parsing import VideoAddress

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32")
WORDS = ("One", "zwei – drei", "été", "動画", "a & b < c", 'say "x"', "https://example.org/")
seeds = st.integers(0, 100_000)
counts = st.integers(1, 60)


def new_ids(rng: random.Random, count: int) -> list[str]:
    """Ids that no word looks like."""
    return [f"A{number:03}b{rng.randrange(10**6):06}" for number in range(count)]


def ids_in(name: str, content: bytes) -> list[str]:
    """The videos of a file, and "?" for each line that is none."""
    ids = []
    for group in read_file(name, io.BytesIO(content)).groups:
        for line in group.lines:
            for piece in line.parsed():
                is_video = isinstance(piece.address, VideoAddress)
                ids.append(piece.address.youtube_id if is_video else "?")  # type: ignore[union-attr]
    return ids


def video_object(rng: random.Random, youtube_id: str) -> dict[str, Any]:
    """An object that names a video one way or another, its keys in any order."""
    address: dict[str, Any] = rng.choice(
        [
            {"url": f"https://www.youtube.com/watch?v={youtube_id}"},
            {"link": f"https://youtu.be/{youtube_id}"},
            {"videoId": youtube_id},
            {"video_id": youtube_id},
            {"video": {"youtubeId": youtube_id}},
            {"id": {"kind": "youtube#video", "videoId": youtube_id}},
            {"snippet": {"resourceId": {"videoId": youtube_id}}},
            {"whatever": f"https://m.youtube.com/shorts/{youtube_id}"},
            {"text": f"look at https://youtu.be/{youtube_id} please"},
        ]
    )
    extra = {
        "title": rng.choice(WORDS),
        "duration": rng.randrange(9_999),
        "thumbnail": f"https://i.ytimg.com/vi/{youtube_id}/default.jpg",
        "author": {"name": rng.choice(WORDS), "id": "UCuAXFkgsw1L7xaCfnd5JJOw"},
        "tags": ["a", "b"],
        "seen": True,
        "nothing": None,
    }
    chosen = rng.sample(sorted(extra), rng.randrange(len(extra)))
    merged = address | {key: extra[key] for key in chosen}
    return {key: merged[key] for key in rng.sample(sorted(merged), len(merged))}


def nested(rng: random.Random, videos: list[Any]) -> Any:
    """The videos in their order, in lists and objects of any depth."""
    around: Any = videos
    for _ in range(rng.randrange(4)):
        name = rng.choice(["data", "items", "result", "playlists", "Música", "response"])
        around = rng.choice([{name: around}, [around], {"v": 2, name: around, "ok": "yes"}])
    if len(videos) > 1 and rng.random() < 0.3:
        middle = rng.randrange(1, len(videos))
        return {"first": nested(rng, videos[:middle]), "second": nested(rng, videos[middle:])}
    return around


@given(seeds, counts)
def test_no_json_loses_an_address(seed, count):
    rng = random.Random(seed)
    ids = new_ids(rng, count)
    document = nested(rng, [video_object(rng, each) for each in ids])
    text = json.dumps(document, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, 1, "\t"]))
    name = rng.choice(["x.json", "x.txt", "export"])
    assert ids_in(name, text.encode(rng.choice(ENCODINGS))) == ids


@given(seeds, counts)
def test_no_line_of_json_lines_is_lost(seed, count):
    rng = random.Random(seed)
    ids = new_ids(rng, count)
    ending = rng.choice(["\n", "\r\n", "\n\n"])
    text = ending.join(json.dumps(video_object(rng, each)) for each in ids)
    assert ids_in("x.jsonl", text.encode()) == ids


@given(seeds, counts)
def test_json_that_was_cut_off_keeps_what_was_there(seed, count):
    """What is left of an object in the middle of which it ends may be read or not."""
    rng = random.Random(seed)
    ids = new_ids(rng, count)
    document = [{"url": f"https://youtu.be/{each}", "title": rng.choice(WORDS)} for each in ids]
    text = json.dumps(document, indent=rng.choice([None, 2]))
    cut = text[: rng.randrange(20, len(text))]
    whole = [each for each in ids if each in cut[: cut.rfind("}") + 1]]
    try:
        found = ids_in("x.json", cut.encode())
    except FileRefused:
        found = []
    assert [each for each in found if each in whole] == whole


def html_of(rng: random.Random, youtube_id: str) -> str:
    address = f"https://www.youtube.com/watch?v={youtube_id}&t=1"
    quote = rng.choice(['"', "'"])
    href = html.escape(address) if rng.random() < 0.7 else address
    title = html.escape(rng.choice(WORDS[:-1]))
    return rng.choice(
        [
            f"<a href={quote}{href}{quote}>{title}</a>",
            f"<A CLASS=x\n HREF={quote}{href}{quote} ADD_DATE=1700000000>{title}</A>",
            f"<DT><A HREF={quote}{href}{quote}>{title}",
            f"<li><p>{title} <a data-x=1 href={href}>{title}</a></p>",
            f'<iframe width=1 src="https://www.youtube.com/embed/{youtube_id}?rel=0"></iframe>',
            f'<lite-youtube videoid="{youtube_id}"></lite-youtube>',
        ]
    )


@given(seeds, counts)
def test_no_page_loses_an_address(seed, count):
    rng = random.Random(seed)
    ids = new_ids(rng, count)
    begin = rng.choice(
        [
            "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n",
            "<!doctype html><html><body><nav><a href=/home>Home</a></nav>",
            "<html><head><title>x</title></head>",
            "<ul>",
        ]
    )
    between = rng.choice(["", "\n", "</p>\n<p>", "<br>", "<!-- note -->\n"])
    pieces = [html_of(rng, each) for each in ids]
    if begin.startswith("<!DOCTYPE NETSCAPE"):
        pieces = [piece for piece in pieces if "href" in piece.lower()]
        ids = [each for each in ids if any(each in piece for piece in pieces)]
    if not ids:
        return
    text = begin + between.join(pieces)
    assert ids_in("x.html", text.encode(rng.choice(ENCODINGS))) == ids


def xml_of(rng: random.Random, youtube_id: str) -> str:
    address = html.escape(f"https://www.youtube.com/watch?v={youtube_id}&t=1")
    title = html.escape(rng.choice(WORDS[:-1]))
    return rng.choice(
        [
            f"<item><title>{title}</title><link>{address}</link></item>",
            f"<entry><title>{title}</title><link rel='alternate' href='{address}'/></entry>",
            f'<post href="{address}" description="{title}" tag="a b"/>',
            f"<track><location><![CDATA[https://youtu.be/{youtube_id}]]></location></track>",
            f"<bookmark href='{address}'><desc>{title}</desc></bookmark>",
        ]
    )


@given(seeds, counts)
def test_no_xml_loses_an_address(seed, count):
    rng = random.Random(seed)
    ids = new_ids(rng, count)
    pieces = [xml_of(rng, each) for each in ids]
    between = rng.choice(["", "\n", "\n  "])
    text = f"<?xml version='1.0'?><list>{between.join(pieces)}</list>"
    cut = len(text) if rng.random() < 0.7 else rng.randrange(40, len(text))
    whole = [each for each, piece in zip(ids, pieces, strict=True) if piece in text[:cut]]
    try:
        found = ids_in("x.xml", text[:cut].encode(rng.choice(ENCODINGS)))
    except FileRefused:
        found = []
    assert [each for each in found if each in whole] == whole
    if cut == len(text):
        assert found == ids
