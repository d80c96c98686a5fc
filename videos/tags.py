"""What a person does with a tag as a whole."""

from __future__ import annotations

from django.db import transaction

from videos.changes import give_tag
from videos.models import ListEntry, Tag, VideoList
from videos.selection import untag_entries

TAG_LENGTH = 50  # characters


class TagExists(Exception):
    """The person has another tag of this name: renaming would merge the two."""

    def __init__(self, tag: Tag) -> None:
        super().__init__(tag.name)
        self.tag = tag


@transaction.atomic
def rename_tag(*, tag: Tag, name: str, merge: bool = False) -> Tag:
    """Give the tag another name. Answers the tag that has the name now.

    Raises TagExists where another one has it, unless they may `merge`: then its entries get that
    one, and this one is deleted.
    """
    other = Tag.objects.filter(owner=tag.owner_id, name=name).exclude(pk=tag.pk).first()
    if other is None:
        tag.name = name
        tag.save(update_fields=["name"])
        return tag
    if not merge:
        raise TagExists(other)
    give_tag(ListEntry.objects.filter(tags=tag).only("pk"), other.pk)
    tag.delete()
    return other


@transaction.atomic
def delete_tag(*, tag: Tag) -> None:
    """Take the tag from all entries: a change in each list, which can be undone for a day."""
    name = tag.name
    for video_list in VideoList.objects.filter(entries__tags=tag).distinct():
        videos = video_list.entries.filter(tags=tag).values_list("video_id", flat=True)
        untag_entries(video_list=video_list, video_ids=list(videos), name=name)
    Tag.objects.filter(pk=tag.pk).delete()
