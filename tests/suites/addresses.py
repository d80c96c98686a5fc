"""Suites of addresses: each address with the id that must come out of it, or with none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from importer.parsing import (
    Address,
    ChannelAddress,
    PlaylistAddress,
    Unusable,
    VideoAddress,
    parse_address,
)

Case = tuple[str, bool, str]
_JAVA = "extractor/src/test/java/org/schabi/newpipe/extractor/services/youtube"


def newpipe(checkout: Path) -> Iterator[Case]:
    """Its tests of addresses: what it takes for a video, a list or a channel, and what it does
    not.
    """
    for name, kind in (
        ("Stream", VideoAddress),
        ("Playlist", PlaylistAddress),
        ("Channel", ChannelAddress),
    ):
        source = (checkout / _JAVA / f"Youtube{name}LinkHandlerFactoryTest.java").read_text()
        for part in source.split("@Test\n")[1:] + source.split("@ParameterizedTest\n")[1:]:
            body = part.split("\n    }\n", 1)[0]
            yield from _newpipe_cases(name, kind, body)


def _newpipe_cases(name: str, kind: type[Address], body: str) -> Iterator[Case]:
    is_refusal = "assertThrows" in body
    for line in body.splitlines():
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
            url = re.sub(r"^[\w-]{11,},", "", text)
            if not re.search(r"[:.]", url) or " " in url or url.endswith(("=", "=RD")):
                continue  # an id, a message, or half of an address
            address = parse_address(url)
            is_wanted = not (is_refusal or "assertFalse" in line)
            yield f"newpipe/{name}/{url}", _is_kind(address, kind) == is_wanted, str(address)


def _is_kind(address: Address, kind: type[Address]) -> bool:
    if kind is PlaylistAddress and isinstance(address, VideoAddress) and address.playlist_id:
        return True
    return isinstance(address, kind)


def youtube_ie(checkout: Path) -> Iterator[Case]:
    for test in _tests(checkout, "_video.py", "YoutubeIE"):
        address = parse_address(test["url"])
        expected = test.get("info_dict", {}).get("id") or _id_in(test["url"])
        found = address.youtube_id if isinstance(address, VideoAddress) else ""
        yield (
            f"yt-dlp/{test['url']}",
            found == expected or _id_in(test["url"]) == found != "",
            str(address),
        )


def youtube_tab_ie(checkout: Path) -> Iterator[Case]:
    for test in _tests(checkout, "_tab.py", "YoutubeTabIE"):
        address = parse_address(test["url"])
        yield f"yt-dlp/{test['url']}", not isinstance(address, Unusable), str(address)


def _id_in(url: str) -> str:
    match = re.search(r"v=([\w-]{11})(?=$|[?&#])", url, re.ASCII) or re.search(
        r"(?:/|^)([\w-]{11})(?=$|[?&#])", url, re.ASCII
    )
    return match[1] if match else ""


def _tests(checkout: Path, file: str, name: str) -> Iterator[dict[str, Any]]:
    """The entries of a class's `_TESTS`, with what in them is a plain value."""
    tree = ast.parse((checkout / "yt_dlp" / "extractor" / "youtube" / file).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            for statement in node.body:
                is_tests = isinstance(statement, ast.Assign) and any(
                    isinstance(target, ast.Name) and target.id == "_TESTS"
                    for target in statement.targets
                )
                if (
                    is_tests
                    and isinstance(statement, ast.Assign)
                    and isinstance(statement.value, ast.List)
                ):
                    yield from map(_plain, statement.value.elts)


def _plain(node: ast.expr) -> Any:
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        return dict(zip(keys, map(_plain, node.values), strict=True))
    return node.value if isinstance(node, ast.Constant) else None


def get_video_id(checkout: Path) -> Iterator[Case]:
    """Its ids are of any length; here they are made eleven characters long."""
    source = (checkout / "__tests__" / "youtube.test.js").read_text()
    for match in re.finditer(r"fn\((?:'([^']*)'|\"([^\"]*)\"|`([^`]*)`)\)(.*)", source):
        url = next(group for group in match.groups()[:3] if group)
        expected = re.search(r"(?:toBe|toEqual|is)\(\s*'([^']*)'", match[4])
        given = expected[1] if expected else _word_in(url)
        if not given or given in ("youtube",):
            continue
        long = (given + "A1b2C3d4E5f")[:11]
        address = parse_address(url.replace(given, long))
        found = address.youtube_id if isinstance(address, VideoAddress) else ""
        yield f"get-video-id/{url}", found == long, str(address)


def _word_in(url: str) -> str:
    for word in ("1234", "ABC12302", "ABC1230", "ABC123", "ABC0", "12345"):
        if word in url:
            return word
    return ""


def js_video_url_parser(checkout: Path) -> Iterator[Case]:
    source = (checkout / "lib" / "provider" / "youtube.test.js").read_text()
    for part in source.split("testUrls(newParser(), {")[1:]:
        info, _, rest = part.partition("formats:")
        urls = rest.partition("urls: [")[2].partition("]")[0]
        is_video = re.search(r"mediaType'?: 'video'", info)
        video = re.search(r"\bid'?: '([^']*)'", info) if is_video else None
        playlist = re.search(r"\blist'?: '([^']*)'", info)
        for url in re.findall(r"'([^']*)'", urls):
            address = parse_address(url)
            yield f"jsVideoUrlParser/{url}", _names(address, video, playlist), str(address)


def _names(address: Address, video: re.Match[str] | None, playlist: re.Match[str] | None) -> bool:
    if isinstance(address, VideoAddress):
        same_list = playlist is None or address.playlist_id in ("", playlist[1])
        return video is not None and address.youtube_id == video[1] and same_list
    return video is None and isinstance(address, PlaylistAddress | ChannelAddress)


def tubearchivist(checkout: Path) -> Iterator[Case]:
    path = checkout / "backend" / "common" / "tests" / "test_src" / "test_urlparser.py"
    source = path.read_text()
    invalid = source.partition("INVALID_IDS_ERRORS = [")[2].partition("]")[0]
    table = source.partition("def test_passing_parse")[0]
    for text in re.findall(r'^\s*\(?"([^"\s]{11,}|WL|LL)",', table, re.MULTILINE):
        address = parse_address(text)
        if text not in invalid:
            yield f"tubearchivist/{text}", not isinstance(address, Unusable), str(address)
    for text in re.findall(r'"([^"\s]+)"', invalid):
        yield f"tubearchivist/{text}", isinstance(parse_address(text), Unusable), text
