"""What follows hear of imports."""

from typing import Any

from django.dispatch import receiver

from importer.following.services import name_follow
from importer.imports.signals import playlist_named


@receiver(playlist_named)
def name_followed_playlist(video_list_id: int, source: str, title: str, **kwargs: Any) -> None:
    name_follow(video_list_id=video_list_id, source=source, title=title)
