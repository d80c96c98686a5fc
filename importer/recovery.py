"""Playlists that dead workers were reading are free at once. One that was not dead after all has lost them: its writes no longer count."""

from importer import expansion, following


def forget_node(node: str) -> int:
    """A worker of this name starts anew: whatever its predecessor was reading is free. Answers how many."""
    return expansion.free(lease_node=node) + following.free(lease_node=node)


def forget_task(task_id: str) -> int:
    """The process that ran this task died, or was ended for taking too long. Answers how many it was reading."""
    return expansion.free(lease_task=task_id) + following.free(lease_task=task_id)
