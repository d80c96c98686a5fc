"""What dead workers were reading, and their places at YouTube, are free at once. One that was not dead after all has lost its playlists:
its writes no longer count."""

from enrichment import limits
from importer.following import services as following
from importer.following.models import Follow
from importer.imports import expansion
from importer.imports.models import Expansion


def forget_node(node: str) -> int:
    """A worker of this name starts anew: whatever its predecessor was reading is free. Answers how many."""
    return _forget(lease_node=node)


def forget_task(task_id: str) -> int:
    """The process that ran this task died, or was ended for taking too long. Answers how many it was reading."""
    return _forget(lease_task=task_id)


def _forget(**held: str) -> int:
    for model in (Expansion, Follow):
        for task in model.objects.filter(lease_until__isnull=False, **held).values_list(
            "lease_task", flat=True
        ):
            limits.abandon_youtube(task)
    return expansion.free(**held) + following.free(**held)
