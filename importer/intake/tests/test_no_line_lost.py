"""Whatever is done to a table on its way here, each address in it is a row with a verdict."""

import csv
import io
import random

from hypothesis import given
from hypothesis import strategies as st

from importer.intake.files import read_file
from importer.parsing import VideoAddress

HEADERS = {
    "en": ("url", "title", "note", "date added"),
    "de": ("Link", "Titel", "Notiz", "Datum"),
    "fr": ("lien", "titre", "remarque", "ajouté"),
    "ja": ("URL", "タイトル", "メモ", "日付"),
    "nobody": ("A1", "B1", "C1", "D1"),
}
SAMPLES = {"en": "plain", "de": "Grüße", "fr": "été", "ja": "動画", "nobody": "x"}
ENCODINGS = {
    "en": ("utf-8", "utf-16", "utf-8-sig"),
    "de": ("utf-8", "cp1252", "utf-16-le"),
    "fr": ("utf-8", "cp1252", "mac_roman"),
    "ja": ("utf-8", "cp932", "euc_jp"),
    "nobody": ("utf-8", "utf-32"),
}


@given(
    language=st.sampled_from(sorted(HEADERS)),
    seed=st.integers(0, 10_000),
    rows=st.integers(3, 120),
    delimiter=st.sampled_from(",;\t"),
    dropped=st.sets(st.integers(0, 119), max_size=20),
    has_header=st.booleans(),
    says_delimiter=st.booleans(),
)
def test_no_table_loses_an_address(
    language, seed, rows, delimiter, dropped, has_header, says_delimiter
):
    rng = random.Random(seed)
    order = rng.sample(range(4), 4)
    ids = [f"Ab{rng.randrange(10**9):09}" for number in range(rows) if number not in dropped]
    table = [
        (f"https://youtu.be/{each}", f"{SAMPLES[language]} {n}", "so, so; so", "2024-01-02")
        for n, each in enumerate(ids)
    ]
    if has_header:
        table.insert(0, HEADERS[language])
    written = io.StringIO()
    if says_delimiter:
        written.write(f"sep={delimiter}\n")
    csv.writer(written, delimiter=delimiter).writerows([row[c] for c in order] for row in table)
    content = written.getvalue().encode(rng.choice(ENCODINGS[language]))

    if not ids:
        return
    groups = read_file("x.csv", io.BytesIO(content)).groups
    pieces = [piece for group in groups for line in group.lines for piece in line.parsed()]

    found = [piece.address for piece in pieces if isinstance(piece.address, VideoAddress)]
    assert [address.youtube_id for address in found] == ids
    assert len(pieces) == len(ids)
