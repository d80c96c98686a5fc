"""What enrichment tells the apps above it. A signal, since imports point the other way."""

from django.dispatch import Signal

# Sent after the commit that ended a video's import, whichever way. Arguments: video_id.
video_settled = Signal()
# Sent by `manage.py doctor`: whoever keeps counts checks and mends them. No arguments; answers a
# sentence about what was wrong, or "".
counts_checked = Signal()
