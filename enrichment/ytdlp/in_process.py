"""Which yt-dlp this process has loaded."""

_folder: str | None = None  # on this process's path, "" for none; None before one is loaded


def is_loaded() -> bool:
    return _folder is not None


def loaded_folder() -> str:
    """The folder of DATA_DIR that this process's yt-dlp comes from; "" for the one that Sammelwerk
    came with, and before one is loaded.
    """
    return _folder or ""


def note_loaded(folder: str) -> None:
    """One was loaded, from this folder of DATA_DIR, or with "" the one that Sammelwerk came
    with.
    """
    global _folder
    _folder = folder
