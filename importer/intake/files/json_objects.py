"""What an object or a list of JSON means: which video, list or channel it names, and what it says
about it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from importer.intake.files import fields
from importer.intake.files.json_addresses import address_of, has_address, with_host
from importer.intake.files.json_names import (
    ADDED,
    BOOKMARK_FOLDERS,
    CREATOR,
    DATED_BY_WATCHING,
    INSIDE,
    LIST_NAMES,
    LISTS_OF_TEXT,
    NO_ENTRIES,
    NOTES,
    SUBSCRIPTIONS,
    TAGS,
    TITLES,
    JsonObject,
    first_text,
    first_value,
    plain_name,
    with_inside,
    with_plain_names,
)
from importer.intake.files.reading import UNNAMED, FileLine, Heading, Kind
from importer.parsing import ChannelAddress, PlaylistAddress, VideoAddress, parse_address
from importer.parsing.ids import VIDEO_ID, bare_address, reads_like_text

_WATCHED = re.compile(
    r"\A(?:Watched|Has visto|Vous avez regardé|Hai guardato|Visto|Assistiu a|Du hast|Bekeken:?"
    r"|Obejrzano:?|Вы посмотрели(?: видео)?|İzlendi:?|Titta på|Har tittat på)\s+"
    r"|\s*(?:angesehen|を視聴しました|(?:을|를) 시청했습니다(?:\.)?"
    r"|adlı videoyu izlediniz|bekeken)\Z"
    r"|\A观看了\s*|\A已观看\s*|\A觀看了?\s*|\A看过\s*"
)  # what a watch history puts around its titles


@dataclass(frozen=True, slots=True)
class Draft:
    """A line before it has its number. `heading`: None while the list it stands in has no name."""

    heading: Heading | None
    line: FileLine


@dataclass
class ObjectLines:
    """What came out of an object in a list.

    `misfit`: its text, where it names nothing and may have been meant to.
    """

    drafts: list[Draft] = field(default_factory=list)
    has_address: bool = False
    misfit: str = ""


def lines_of_list(items: list[Any], name: str, *, is_alone: bool) -> list[Any]:
    """Return the lines of a list's items, under what its name says.

    Texts count where the list's name says that it holds addresses, or nothing is around it;
    elsewhere only those that are addresses. An object without an address counts where the others
    have one. Of a list of tags, return the tags.
    """
    key = plain_name(name)
    if key in TAGS:
        return _tags_of(items)
    if NO_ENTRIES.search(key):
        return []
    some_have = _has_any_address(items)
    all_texts = is_alone or _holds_addresses(key)
    drafts: list[Draft] = []
    for item in items:
        if isinstance(item, str):
            drafts.extend(_of_text(item, all_texts=all_texts, has_name=bool(name)))
        elif isinstance(item, ObjectLines):
            drafts.extend(item.drafts or _of_misfit(item, is_wanted=some_have))
        elif isinstance(item, list):
            drafts.extend(item)
    return [_under_name(draft, key) for draft in drafts]


def _draft(text: str) -> Draft:
    return Draft(None, FileLine(0, text))


def drafts_among(values: list[Any]) -> Iterator[Draft]:
    """Yield the lines among the values of a list, and no other value."""
    for value in values:
        if isinstance(value, Draft):
            yield value


def _holds_addresses(key: str) -> bool:
    return key in LISTS_OF_TEXT or "history" in key


def _tags_of(items: list[Any]) -> list[Any]:
    tags = []
    for item in items:
        if isinstance(item, ObjectLines):
            tags.append(item.misfit)
        else:
            tags.append(item)
    return tags


def _has_any_address(items: list[Any]) -> bool:
    for item in items:
        if isinstance(item, ObjectLines) and item.has_address:
            return True
    return False


def _of_misfit(item: ObjectLines, *, is_wanted: bool) -> list[Draft]:
    if not is_wanted or not item.misfit:
        return []
    return [_draft(item.misfit)]


def _under_name(draft: Draft, key: str) -> Draft:
    """Say what a list's own name says about its lines."""
    if draft.heading is not None:
        return draft
    if key in SUBSCRIPTIONS and isinstance(parse_address(draft.line.text), ChannelAddress):
        return Draft(Heading("", Kind.SUBSCRIPTIONS), draft.line)
    if "history" in key:
        return Draft(Heading("", Kind.HISTORY), draft.line)
    if key in BOOKMARK_FOLDERS:
        return Draft(UNNAMED, draft.line)
    return draft


def _of_text(text: str, *, all_texts: bool, has_name: bool) -> list[Draft]:
    """Return the lines of a text in a list; of several lines, the first may be the name of what
    follows.
    """
    several = _list_in_text(text) or _watched_in_text(text)
    if several:
        return several
    text = with_host(text)
    if all_texts and text.strip():
        return [_draft(text)]
    found = _addresses_in(text)
    if not found and _is_bare_address(text, has_name=has_name):
        return [_draft(text)]
    return found


def _list_in_text(text: str) -> list[Draft]:
    """Return the lines of a text whose first line is no address, and may be the others' name."""
    first, _, rest = text.partition("\n")
    if not rest or has_address(first):
        return []
    name = fields.title(first.partition(":::")[0])
    heading = Heading(name, Kind.PLAYLIST) if name else None
    return _with_heading(heading, _addresses_in(rest))


def _with_heading(heading: Heading | None, drafts: list[Draft]) -> list[Draft]:
    """Put those lines under a heading that have none."""
    return [Draft(draft.heading or heading, draft.line) for draft in drafts]


def _watched_in_text(text: str) -> list[Draft]:
    """Return the line of an address that was watched, with when and the title behind it."""
    parts = text.split("|||")
    if len(parts) < 4 or not has_address(parts[0]):
        return []
    line = FileLine(0, parts[0], title=fields.title(parts[3]), added_at=fields.when(parts[1]))
    return [Draft(Heading("", Kind.HISTORY), line)]


def _is_bare_address(text: str, *, has_name: bool) -> bool:
    bare = bare_address(text.strip())
    if isinstance(bare, VideoAddress):
        return not has_name  # else an id of anything
    return isinstance(bare, ChannelAddress | PlaylistAddress)


def address_in_text(text: str) -> list[Draft]:
    """Return the text as one line where an address is in it."""
    if has_address(text):
        return [_draft(text)]
    return []


def _addresses_in(text: str) -> list[Draft]:
    """Return the lines of a text that have an address."""
    found: list[Draft] = []
    for line in text.split("\n"):
        found.extend(address_in_text(line))
    return found


def lines_of_object(item: JsonObject, name: str) -> ObjectLines:
    """Return what an object names: a video, or the entries of its lists, or itself as a list or
    channel, or the addresses in its texts.
    """
    plain = with_plain_names(item)
    merged = with_inside(plain)
    address = address_of(plain, merged, name)
    target = parse_address(address) if address else None
    entries = list(_entries(item, has_address=bool(address)))
    if isinstance(target, ChannelAddress) and not entries:
        texts = _own_texts(item)
        if _names_a_video(texts):
            return ObjectLines(texts)
    if isinstance(target, VideoAddress) or (target and not entries):
        line = _line(address, plain, merged)
        return ObjectLines([Draft(_heading_of_video(plain), line)], has_address=True)
    if entries:
        heading = _heading_of_list(item, entries, plain, merged)
        return ObjectLines(_with_heading(heading, entries))
    return _lines_of_texts(item, plain)


def _lines_of_texts(item: JsonObject, plain: JsonObject) -> ObjectLines:
    """Return the addresses in an object's texts; where there are none, it may be a misfit."""
    texts = _own_texts(item) or _of_creators(item) or _texts_of_anything(item)
    if texts:
        return ObjectLines(texts)
    misfit = first_text(plain, TITLES) or json.dumps(item, default=str)[:200]
    return ObjectLines(misfit=misfit)


def _heading_of_video(plain: JsonObject) -> Heading | None:
    if plain.keys().isdisjoint(DATED_BY_WATCHING):
        return None
    return Heading("", Kind.HISTORY)


def _heading_of_list(
    item: JsonObject, entries: list[Draft], plain: JsonObject, merged: JsonObject
) -> Heading | None:
    if len(entries) == 1 and not _has_list(item):
        return None  # the one object in it has the name, not the list around it
    called = fields.title(first_text(plain, LIST_NAMES) or first_text(merged, LIST_NAMES))
    if called:
        return Heading(called, Kind.PLAYLIST)
    return None


def _has_list(item: JsonObject) -> bool:
    for value in item.values():
        if isinstance(value, list):
            return True
    return False


def _own_texts(item: JsonObject) -> list[Draft]:
    found: list[Draft] = []
    for key, value in item.items():
        if not NO_ENTRIES.search(plain_name(key)):
            found.extend(_in_value(value))
    return found


def _of_creators(item: JsonObject) -> list[Draft]:
    found: list[Draft] = []
    for key, value in item.items():
        if isinstance(value, dict) and CREATOR.fullmatch(plain_name(key)):
            found.extend(lines_of_object(value, key).drafts)
    return found


def _texts_of_anything(item: JsonObject) -> list[Draft]:
    found: list[Draft] = []
    for value in item.values():
        found.extend(_in_value(value))
    return found


def _names_a_video(drafts: list[Draft]) -> bool:
    for draft in drafts:
        for piece in draft.line.parsed():
            if isinstance(piece.address, VideoAddress):
                return True
    return False


def _entries(item: JsonObject, *, has_address: bool) -> Iterator[Draft]:
    """Yield the lines of an object's lists, of objects in it, and of those it keeps by their ids.

    Where it has an address, that may be the one of an object in it.
    """
    for key, value in item.items():
        if isinstance(value, list):
            yield from drafts_among(value)
        elif has_address and plain_name(key) in INSIDE:
            continue
        elif isinstance(value, dict) and not _is_no_entry(plain_name(key)):
            yield from _entries_under(key, value)


def _entries_under(key: str, value: JsonObject) -> Iterator[Draft]:
    if VIDEO_ID.fullmatch(key) and not reads_like_text(key):
        value = {"video_id": key} | value  # kept by the id of a video
    for draft in lines_of_object(value, key).drafts:
        yield _under_name(draft, plain_name(key))


def _is_no_entry(key: str) -> bool:
    return NO_ENTRIES.search(key) is not None or CREATOR.fullmatch(key) is not None


def _in_value(value: Any) -> list[Draft]:
    if isinstance(value, str):
        return _addresses_in(value)
    return []


def _line(address: str, plain: JsonObject, merged: JsonObject) -> FileLine:
    """Return the line of an address, with what its object says about it."""
    tags = first_value(plain, TAGS)
    title = first_text(plain, TITLES) or first_text(merged, TITLES)
    note = first_text(plain, NOTES)
    if "extended" in plain and "href" in plain:
        # Pinboard's: the description is the title, and blanks are between tags.
        title = first_text(plain, ("description",))
        note = first_text(plain, ("extended",))
        if isinstance(tags, str):
            tags = tags.split()
    return FileLine(
        0,
        address,
        title=fields.title(_WATCHED.sub("", title)),
        note=fields.note(note),
        tags=fields.tags(tags),
        added_at=fields.when(first_value(merged, ADDED)),
    )
