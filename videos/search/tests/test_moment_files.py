"""All moments of a search as a file."""

import csv
import io
import json

from videos.search.moment_files import (
    moment_row,
    moments_as_csv,
    moments_as_json,
    moments_as_markdown,
)

FIRST = {"title": "=1+1", "channel": "Lea", "youtube_id": "dQw4w9WgXcQ"}
ROWS = [
    moment_row(**FIRST, start=3724.5, end=3730, text="Die *Uhr*\ntickt"),
    moment_row(**FIRST, start=4000, end=4001, text="again"),
    moment_row(title="", channel="", youtube_id="v0000000001", start=0, end=1, text="@SUM"),
]


def test_csv_has_a_line_for_each_moment_and_no_formula() -> None:
    text = "".join(moments_as_csv(ROWS, "uhr")).removeprefix("\ufeff")
    first, _second, last = csv.DictReader(io.StringIO(text))
    assert first["title"] == "'=1+1"
    assert first["time"] == "1:02:04"
    assert first["text"] == "Die *Uhr* tickt"
    assert first["url"] == "https://youtu.be/dQw4w9WgXcQ?t=3724"
    assert (last["title"], last["text"]) == ("v0000000001", "'@SUM")


def test_markdown_groups_the_moments_by_video() -> None:
    assert "".join(moments_as_markdown(ROWS, "*uhr*")) == (
        "# \\*uhr\\*\n"
        "\n## =1+1, Lea\n\n"
        "- [1:02:04](https://youtu.be/dQw4w9WgXcQ?t=3724) Die \\*Uhr\\* tickt\n"
        "- [1:06:40](https://youtu.be/dQw4w9WgXcQ?t=4000) again\n"
        "\n## v0000000001\n\n"
        "- [0:00](https://youtu.be/v0000000001?t=0) @SUM\n"
    )


def test_json_can_be_read_and_has_the_words() -> None:
    document = json.loads("".join(moments_as_json(ROWS, 'a "b"')))
    assert document["query"] == 'a "b"'
    assert [moment["start"] for moment in document["moments"]] == [3724.5, 4000, 0]
    assert json.loads("".join(moments_as_json([], ""))) == {"query": "", "moments": []}
