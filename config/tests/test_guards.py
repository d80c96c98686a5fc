"""What must be true before anything is started."""

import os
from pathlib import Path

import pytest

from config.supervisor.guards import StartError, make_private


def test_a_folder_of_a_socket_becomes_private(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    make_private(folder)
    folder.chmod(0o755)
    make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    """Another user of the machine may have put it there; its target must not be changed."""
    target = tmp_path / "somebodys"
    target.mkdir()
    target.chmod(0o755)
    link = tmp_path / "folder"
    link.symlink_to(target)
    with pytest.raises(StartError):
        make_private(link)
    assert target.stat().st_mode & 0o777 == 0o755


def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    """Whoever owns it can put a socket of their own there."""
    folder = Path("/")
    if os.geteuid() == 0:
        folder = tmp_path / "somebodys"
        folder.mkdir()
        os.chown(folder, 65534, 65534)
    before = folder.stat().st_mode
    with pytest.raises(StartError):
        make_private(folder)
    assert folder.stat().st_mode == before
