"""Pictures of videos that are kept here (KEEP_THUMBNAILS), so that no browser asks Google for them.

What lies in the folder is what is kept: no row says so, so nothing can disagree with it. An empty
file says that YouTube has no picture.
"""

import secrets
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from videos.chunks import chunks
from videos.models import ListEntry, Video
from videos.stages import Stage

MOST_BYTES = 200_000  # of a picture; YouTube's have about 15,000
NONE_COUNTS = 30 * 24 * 3600  # seconds until a picture that YouTube did not have is asked for again
HALF_WRITTEN = 3600  # seconds after which a file of another name is what a killed process left
MOST_FOUND = 5  # videos at once
SLICE = 1000  # videos of one query
SLICES = 4  # at once: an eighth of a second in a library whose pictures are all here


def root() -> Path:
    return Path(settings.DATA_DIR) / "thumbnails"


def path_of(youtube_id: str) -> Path:
    """Where a video's picture lies.

    The name is the id in hexadecimal: no id can lead elsewhere, and there are file systems that
    take `a` and `A` for the same letter. One folder for each first character.
    """
    name = youtube_id.encode().hex()
    return root() / name[:2] / name


def id_of(name: str) -> str | None:
    """The id of the video whose picture has this file name; None for any other file."""
    try:
        return bytes.fromhex(name).decode()
    except ValueError:
        return None


def type_of(content: bytes) -> str:
    """Return a content type, "" unless JPEG or WebP."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return ""


def is_kept(youtube_id: str) -> bool:
    try:
        return path_of(youtube_id).stat().st_size > 0
    except OSError:
        return False


def is_wanted(youtube_id: str) -> bool:
    """Whether YouTube should be asked for this picture."""
    try:
        there = path_of(youtube_id).stat()
    except OSError:
        return True
    return there.st_size == 0 and there.st_mtime < time.time() - NONE_COUNTS


def keep(youtube_id: str, content: bytes) -> None:
    """Keep a picture, or b"" for that there is none. The file is whole or not there.

    OSError when it cannot be written.
    """
    path = path_of(youtube_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read(youtube_id: str) -> bytes:
    """The picture; b"" when there is none."""
    try:
        return path_of(youtube_id).read_bytes()
    except OSError:
        return b""


def picture_of(video: Video) -> str:
    """The address of the video's picture for a page; "" while there is none to show."""
    if not settings.KEEP_THUMBNAILS:
        return video.thumbnail_url
    if not is_kept(video.youtube_id):
        return ""
    return reverse("video_thumbnail", args=[video.youtube_id])


def poster_of(video: Video) -> str:
    """Return the address of one as large as the player, which may not exist."""
    if not settings.KEEP_THUMBNAILS:
        return f"https://i.ytimg.com/vi/{video.youtube_id}/maxresdefault.jpg"
    return picture_of(video)


def next_without(last: int) -> tuple[list[str], int]:
    """A few complete videos of lists, after that id, whose pictures are wanted.

    Answers their YouTube ids and where to go on; 0 at the end. Looks at 4,000 videos at most.
    """
    found: list[str] = []
    for _ in range(SLICES):
        rows = list(_after(last))
        for video_id, youtube_id, stage, in_list in rows:
            last = video_id
            if stage == Stage.COMPLETE and in_list and is_wanted(youtube_id):
                found.append(youtube_id)
            if len(found) == MOST_FOUND:
                return found, last
        if len(rows) < SLICE:
            return found, 0
    return found, last


def _after(last: int) -> "QuerySet[Video, tuple[int, str, str, bool]]":
    """Every video of the slice, since a condition may have to look at all to find enough."""
    videos = Video.objects.filter(pk__gt=last).order_by("pk")
    rows = videos.annotate(in_list=_is_in_list())
    return rows.values_list("pk", "youtube_id", "import_stage", "in_list")[:SLICE]


def remove_after(last: str) -> str:
    """Remove, in the folder after that one, the pictures of videos in no list.

    A list that was deleted still counts for its day. Answers the folder's name; "" at the end.
    """
    folder = _folder_after(last)
    if folder is None:
        return ""
    for some in chunks(_ids_inside(folder)):
        for youtube_id in _in_no_list(some):
            path_of(youtube_id).unlink(missing_ok=True)
    return folder.name


def _ids_inside(folder: Path) -> list[str]:
    """The ids of the pictures in a folder, without what a killed process left there."""
    ids = []
    for path in _inside(folder):
        youtube_id = id_of(path.name)
        if youtube_id is None:
            _remove_half_written(path)
        else:
            ids.append(youtube_id)
    return ids


def _folder_after(last: str) -> Path | None:
    for folder in _inside(root()):
        if folder.name > last:
            return folder
    return None


def _inside(folder: Path) -> list[Path]:
    """What is in a folder, by name; nothing while it is not there."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _remove_half_written(path: Path) -> None:
    try:
        if path.stat().st_mtime < time.time() - HALF_WRITTEN:
            path.unlink()
    except OSError:  # it has its name by now
        return


def _in_no_list(youtube_ids: Iterable[str]) -> set[str]:
    ids = set(youtube_ids)
    found = Video.objects.filter(_is_in_list(), youtube_id__in=ids)
    return ids - set(found.values_list("youtube_id", flat=True))


def _is_in_list() -> Exists:
    return Exists(ListEntry.objects.filter(video=OuterRef("pk")))
