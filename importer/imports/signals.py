"""What an import tells the features that stand on it."""

from django.dispatch import Signal

# Sent once, with `batch`, inside the transaction that finished the import.
import_finished = Signal()

# Sent with `video_list` and `lines`, when a person wants what they import to be followed as well.
# Receivers answer how many of the lines are followed now.
follow_wanted = Signal()

# Sent with `video_list_id`, `source` (the playlist's id, or what follows youtube.com/ in a
# channel's address) and `title`, when an import learns how YouTube calls a playlist or channel.
playlist_named = Signal()
