"""`update_ytdlp` in a folder of its own, from wheels that a test builds."""

from io import StringIO

import pytest
from django.core.management import call_command

NEWER = "2099.1.2"
NEWEST = "2099.2.3"
OLDER = "2001.2.3"


@pytest.fixture
def data_dir(settings, youtube, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.YOUTUBE_PROXY = [youtube.proxy_url]
    settings.YOUTUBE_CA_FILE = str(youtube.ca_file)
    return tmp_path


@pytest.fixture
def wheels(tmp_path):
    return tmp_path / "wheels"


def run(*arguments):
    """The exit code of the command, what it said, and what it complained of."""
    out, err = StringIO(), StringIO()
    try:
        call_command("update_ytdlp", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()
