"""Notes and tags of entries, many at once."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from videos.bulk import insert_rows
from videos.chunks import chunks
from videos.models import ListEntry, Tag, VideoList
from videos.text import one_line

LONGEST_TAG = 50  # characters, as the column holds


class Annotation(NamedTuple):
    note: str = ""
    tags: tuple[str, ...] = ()


def annotate(video_list: VideoList, given: Mapping[int, Annotation]) -> None:
    """Add these notes and tags, by video, to entries the list has.

    A note that is there stays, and so does every tag.

    Inside the caller's transaction. Four statements per 900 videos, whatever the number of tags.
    """
    if not given:
        return
    tags = tags_of(video_list.owner_id, _names_in(given.values()))
    for ids in chunks(sorted(given)):
        entries = list(
            ListEntry.objects.filter(video_list=video_list, video__in=ids)
            .only("video_id", "note")
            .order_by("pk")
        )
        _fill_notes(entries, given)
        _add_tags(entries, given, tags)


def _names_in(annotations: Iterable[Annotation]) -> set[str]:
    names: set[str] = set()
    for annotation in annotations:
        names.update(annotation.tags)
    return names


def tags_of(owner_id: int, names: Iterable[str]) -> dict[str, int]:
    """Return the ids of the owner's tags of these names, by name; missing ones are made."""
    # In the names' order, so that two callers never deadlock.
    wanted = sorted(set(map(tag_name, names)) - {""})
    Tag.objects.bulk_create(
        (Tag(owner_id=owner_id, name=name) for name in wanted), ignore_conflicts=True
    )
    found: dict[str, int] = {}
    for some in chunks(wanted):
        found |= dict(Tag.objects.filter(owner=owner_id, name__in=some).values_list("name", "pk"))
    return found


def tag_name(name: str) -> str:
    return one_line(name, LONGEST_TAG)


def _fill_notes(entries: Iterable[Any], given: Mapping[int, Annotation]) -> None:
    filled = []
    for entry in entries:
        note = given[entry.video_id].note
        if note and not entry.note:
            entry.note = note
            filled.append(entry)
    ListEntry.objects.bulk_update(filled, ["note"], batch_size=400)


def _add_tags(
    entries: Iterable[Any], given: Mapping[int, Annotation], tags: Mapping[str, int]
) -> None:
    pairs: set[tuple[int, int]] = set()
    for entry in entries:
        for given_name in given[entry.video_id].tags:
            name = tag_name(given_name)
            if name:
                pairs.add((entry.pk, tags[name]))
    columns = ("listentry_id", "tag_id")
    insert_rows(ListEntry.tags.through, columns, sorted(pairs), ignore_conflicts=True)
