"""What enrichment tells the apps above it. A signal, since imports point the other way."""

from django.dispatch import Signal

# Sent after the commit that ended a video's import, whichever way. Arguments: video_id.
video_settled = Signal()
