"""The library: videos once for the whole installation, and each user's lists of them."""

from videos.models.changes import Change, ChangedEntry
from videos.models.lists import (
    ListCount,
    ListEntry,
    ListShare,
    Tag,
    VideoList,
    VideoListQuerySet,
    new_share_token,
)
from videos.models.people import ApiToken, OpenIdIdentity, Preferences, Viewing
from videos.models.video import (
    YOUTUBE_ID_LENGTH,
    Chapter,
    Transcript,
    Video,
    VideoQuerySet,
)

# Django looks for tables in this module.
from videos.search.models import SavedSearch, SearchDocument, SearchState

__all__ = [
    "YOUTUBE_ID_LENGTH",
    "ApiToken",
    "Change",
    "ChangedEntry",
    "Chapter",
    "ListCount",
    "ListEntry",
    "ListShare",
    "OpenIdIdentity",
    "Preferences",
    "SavedSearch",
    "SearchDocument",
    "SearchState",
    "Tag",
    "Transcript",
    "Video",
    "VideoList",
    "VideoListQuerySet",
    "VideoQuerySet",
    "Viewing",
    "new_share_token",
]
