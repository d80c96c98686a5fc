"""A quote in each of its forms."""

import datetime
import json

import pytest

from videos.search.citations import (
    FORMATS,
    Quote,
    write_apa,
    write_bibtex,
    write_csl,
    write_markdown,
    write_plain,
)

QUOTE = Quote(
    text="Die Uhr tickt & *läuft*",
    title="Was die Unruh_tut",
    channel="Lea Brandt",
    published=datetime.date(2024, 3, 17),
    youtube_id="dQw4w9WgXcQ",
    seconds=724,
    accessed=datetime.date(2026, 11, 28),
)
BARE = Quote(
    text="Said.",
    title="dQw4w9WgXcQ",
    channel="",
    published=None,
    youtube_id="dQw4w9WgXcQ",
    seconds=0,
    accessed=datetime.date(2026, 11, 28),
)


def test_plain_has_words_title_channel_time_and_link() -> None:
    assert write_plain(QUOTE) == (
        "“Die Uhr tickt & *läuft*”\n"
        "Was die Unruh_tut, Lea Brandt, 12:04\n"
        "https://youtu.be/dQw4w9WgXcQ?t=724"
    )


def test_markdown_escapes_what_it_would_read_as_syntax() -> None:
    assert write_markdown(QUOTE) == (
        "> Die Uhr tickt & \\*läuft\\*\n"
        ">\n"
        "> — Lea Brandt: [Was die Unruh\\_tut, 12:04](https://youtu.be/dQw4w9WgXcQ?t=724)"
    )


def test_apa_cites_the_channel_and_the_time() -> None:
    assert write_apa(QUOTE) == (
        "“Die Uhr tickt & *läuft*” (Lea Brandt, 2024, 12:04)\n\n"
        "Lea Brandt. (2024, March 17). Was die Unruh_tut [Video]. YouTube. "
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    )


def test_apa_without_channel_and_date_begins_with_the_title() -> None:
    assert write_apa(BARE) == (
        "“Said.” (dQw4w9WgXcQ, n.d., 0:00)\n\n"
        "dQw4w9WgXcQ [Video]. (n.d.). YouTube. https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    )


def test_bibtex_escapes_what_latex_would_run() -> None:
    written = write_bibtex(QUOTE)
    assert written.startswith("@misc{youtube-dQw4w9WgXcQ-724,\n")
    assert "  author = {{Lea Brandt}},\n" in written
    assert "  title = {{Was die Unruh\\_tut}},\n" in written
    assert "tickt \\& *läuft*''}" in written
    assert "  year = {2024},\n  month = mar\n}" in written
    assert "author" not in write_bibtex(BARE)


def test_csl_is_an_item_that_reference_managers_read() -> None:
    (item,) = json.loads(write_csl(QUOTE))
    assert item["author"] == [{"literal": "Lea Brandt"}]
    assert item["issued"] == {"date-parts": [[2024, 3, 17]]}
    assert item["URL"] == "https://youtu.be/dQw4w9WgXcQ?t=724"
    (bare,) = json.loads(write_csl(BARE))
    assert "issued" not in bare


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_hostile_text(name: str) -> None:
    hostile = Quote(
        text='"}\\input{x}$`|<script>',
        title="}{%\n",
        channel="^~",
        published=None,
        youtube_id="-_-_-_-_-_-",
        seconds=10**6,
        accessed=datetime.date(2026, 11, 28),
    )
    _label, write = FORMATS[name]
    assert "youtu" in write(hostile)
