"""The check that keeps an old yt-dlp out."""

import os
import subprocess
import sys
from importlib import metadata

import pytest
from django.conf import settings

from enrichment.checks import as_numbers, check_certificates, check_yt_dlp, pinned_version


@pytest.fixture
def requirements(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    return tmp_path / "requirements.txt"


def test_the_project_pins_what_is_installed(settings):
    assert pinned_version(settings.BASE_DIR / "requirements.txt", "yt-dlp") == metadata.version(
        "yt-dlp"
    )
    assert check_yt_dlp() == []


def test_a_newer_one_is_welcome(requirements):
    requirements.write_text("yt-dlp==2026.1.2\n")
    assert check_yt_dlp() == []


@pytest.mark.parametrize("pin", ["yt-dlp==2999.1.1", "YT-DLP == 2999.1.1  # nightly"])
def test_an_older_one_is_an_error_that_says_what_helps(requirements, pin):
    requirements.write_text(f"Django==5.2\nyt-dlp-ejs==0.8.0\n{pin}\n")
    [error] = check_yt_dlp()
    assert error.id == "enrichment.E001"
    assert "is older than 2999.1.1" in error.msg
    assert "pip install" in error.hint


def test_without_a_pin_there_is_nothing_to_compare(requirements):
    assert check_yt_dlp() == []
    requirements.write_text("yt-dlp-ejs==9.9.9\n")
    assert check_yt_dlp() == []


def test_versions_are_compared_by_their_numbers():
    assert as_numbers("2026.10.26") > as_numbers("2026.8.19")
    assert as_numbers("2026.10.26.232900.dev0") > as_numbers("2026.10.26")


@pytest.mark.slow
def test_the_start_says_what_is_wrong_before_anything_runs(tmp_path):
    (wrong := tmp_path / "ca.pem").write_text("no certificate")
    environ = {
        **os.environ,
        "YOUTUBE_CA_FILE": str(wrong),
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    command = [sys.executable, "manage.py", "quickstart"]
    done = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "YOUTUBE_CA_FILE cannot be read as certificates." in done.stderr
    assert not (tmp_path / "data" / "logs").exists()


def test_a_file_without_certificates_is_an_error(settings, tmp_path, youtube):
    settings.YOUTUBE_CA_FILE = ""
    assert check_certificates() == []
    settings.YOUTUBE_CA_FILE = str(youtube.ca_file)
    assert check_certificates() == []
    for content in (None, b"", b"no certificate"):
        wrong = tmp_path / "ca.pem"
        wrong.unlink(missing_ok=True)
        if content is not None:
            wrong.write_bytes(content)
        settings.YOUTUBE_CA_FILE = str(wrong)
        assert [error.id for error in check_certificates()] == ["enrichment.E002"]
