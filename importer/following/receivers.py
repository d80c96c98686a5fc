"""What follows hear of imports."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from importer.following.services import follow_lines, name_follow
from importer.imports.signals import follow_wanted, playlist_named
from importer.parsing import ParsedLine
from videos.models import VideoList


@receiver(playlist_named)
def name_followed_playlist(video_list_id: int, source: str, title: str, **kwargs: Any) -> None:
    name_follow(video_list_id=video_list_id, source=source, title=title)


@receiver(follow_wanted)
def follow_imported_playlists(
    video_list: VideoList, lines: Sequence[ParsedLine], **kwargs: Any
) -> int:
    return follow_lines(video_list=video_list, lines=lines)
