"""What the embedded default keeps in DATA_DIR: the socket of its Redis and its secret key."""

import contextlib
import hashlib
import secrets
import tempfile
from pathlib import Path

LONGEST_SOCKET = 100  # bytes: about what a unix socket's path may have


def redis_socket(data_dir: Path) -> Path:
    """Return where the embedded Redis listens; a deep DATA_DIR gets a short stand-in."""
    path = data_dir / "redis.sock"
    if len(str(path)) <= LONGEST_SOCKET:
        return path
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"sammelwerk-{digest}" / "redis.sock"


def kept_secret_key(data_dir: Path) -> str:
    """Return the secret key that is made once and kept."""
    kept = data_dir / "secret_key"
    if not kept.exists():
        make_secret_key(kept)
    return kept.read_text()


def make_secret_key(kept: Path) -> None:
    fresh = kept.with_name(f"secret_key.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(50))
    # Another process of the first start may be faster: then its key counts.
    with contextlib.suppress(FileExistsError):
        kept.hardlink_to(fresh)
    fresh.unlink()
