"""Where a video's data comes from: one file, one class, one contract for each source.

`types` says what they answer.
"""

import os

# Else yt-dlp runs whatever lies in a plugin folder; it has no option for this. It stands here since
# it must be set before any module of this package loads yt-dlp.
os.environ.setdefault("YTDLP_NO_PLUGINS", "1")
