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
    names: set[str] = set()
    for annotation in given.values():
        names.update(annotation.tags)
    tags = tags_of(video_list.owner_id, names)
    for ids in chunks(sorted(given)):
        entries = list(
            ListEntry.objects.filter(video_list=video_list, video__in=ids)
            .only("video_id", "note")
            .order_by("pk")
        )
        _fill_notes(entries, given)
        pairs: set[tuple[int, int]] = set()
        for entry in entries:
            for given_name in given[entry.video_id].tags:
                name = tag_name(given_name)
                if name:
                    pairs.add((entry.pk, tags[name]))
        insert_rows(
            ListEntry.tags.through, ("listentry_id", "tag_id"), sorted(pairs), ignore_conflicts=True
        )


def tags_of(owner_id: int, names: Iterable[str]) -> dict[str, int]:
    """The owner's tags of these names, made where they are missing, by name.

    In the names' order, so that two callers never deadlock.
    """
    wanted = sorted({name for name in map(tag_name, names) if name})
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
    empty = [entry for entry in entries if not entry.note and given[entry.video_id].note]
    for entry in empty:
        entry.note = given[entry.video_id].note
    ListEntry.objects.bulk_update(empty, ["note"], batch_size=400)
