"""What the search does when something is deleted."""

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from videos.search.documents import SearchDocument, forget


@receiver(pre_delete, sender=SearchDocument)
def take_out_of_the_index(instance: SearchDocument, **kwargs: Any) -> None:
    """A video is deleted, and its document with it."""
    forget(instance)
