"""Every file of tests/corpus as an upload: the ledger has a row for each address and each line that
was not understood, as expected.
"""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from importer.imports.models import ImportItem, Source, Verdict
from importer.intake.files import Kind
from importer.intake.reading import UploadRefused
from importer.intake.uploads import plan_uploads, read_uploads
from videos.models import ListEntry, VideoList
from videos.text import one_line, storable

pytestmark = pytest.mark.django_db
CORPUS = Path(__file__).resolve().parents[3] / "tests" / "corpus"
EXPECTED: dict[str, Any] = json.loads((CORPUS / "expected.json").read_text())
READABLE = [name for name, expected in EXPECTED.items() if "refused" not in expected]


def expected_verdict(outcome: str, seen: set[str]) -> tuple[str, str]:
    """Verdict and reason of a line that is `outcome`, when these videos came before."""
    kind, _, what = outcome.partition(" ")
    if kind in ("playlist", "channel"):
        return Verdict.EXPANDING, ""
    if kind != "video":
        return Verdict.INVALID, outcome
    return (Verdict.REPEATED if what in seen else Verdict.NEW), ""


def ledger(
    name: str, owner: Any, video_list: VideoList, kinds: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Verdict and reason of each row of the file's imports; a video another import of the file
    brought already counts as new.
    """
    with (CORPUS / name).open("rb") as stream:
        files = read_uploads([(name, stream)])
    wanted = [key for key, group in files[0].groups.items() if group.heading.kind in kinds]
    plans = plan_uploads(
        owner=owner, video_list=video_list, files=files, source=Source.WEB, wanted_groups=wanted
    )
    reports = [plan.start() for plan in plans]
    items = ImportItem.objects.filter(batch__in=[report.batch for report in reports]).order_by(
        "batch_id", "number"
    )
    new_again = {Verdict.KNOWN: Verdict.NEW}
    return [(new_again.get(Verdict(item.verdict), item.verdict), item.reason) for item in items]


@pytest.mark.parametrize("name", READABLE)
def test_every_line_of_the_corpus_gets_its_verdict(
    name: str, alice: Any, video_list: VideoList
) -> None:
    expected, seen = [], set[str]()
    for lines in EXPECTED[name]["groups"].values():
        seen = set()
        for line in lines:
            expected.append(expected_verdict(line["is"], seen))
            seen.add(line["is"].removeprefix("video "))
    assert ledger(name, alice, video_list, tuple(Kind)) == expected


@pytest.mark.parametrize("name", READABLE)
def test_what_the_corpus_knows_about_its_videos_is_kept(
    name: str, alice: Any, video_list: VideoList
) -> None:
    ledger(name, alice, video_list, (Kind.LINES,))
    entries = {
        entry.video.youtube_id: entry
        for entry in ListEntry.objects.select_related("video").prefetch_related("tags")
    }
    given = [
        line
        for group, lines in EXPECTED[name]["groups"].items()
        if group.startswith("lines:")
        for line in lines
    ]
    for line in given:
        if (
            line["is"].startswith("video ")
            and sum(line["is"] == other["is"] for other in given) == 1
        ):
            entry = entries[line["is"].removeprefix("video ")]
            assert entry.note == storable(line.get("note", ""))
            assert {tag.name for tag in entry.tags.all()} == set(line.get("tags", ()))
            assert entry.file_title in ("", one_line(line.get("title", ""), 500))
            assert entry.video.title == ""
            if "added" in line:
                assert entry.added_at.isoformat() == line["added"]


@pytest.mark.parametrize("name", [name for name in EXPECTED if name not in READABLE])
def test_a_file_of_the_corpus_that_cannot_be_read_says_why(name: str) -> None:
    with (CORPUS / name).open("rb") as stream, pytest.raises(UploadRefused) as refused:
        read_uploads([(name, stream)])
    assert refused.value.problem == EXPECTED[name]["refused"]


@pytest.mark.slow
def test_a_hundred_thousand_lines_are_all_kept(
    alice: Any, video_list: VideoList, settings: Any
) -> None:
    content = "".join(f"https://youtu.be/{n:011}\n" for n in range(100_000)).encode()
    files = read_uploads([("x.txt", io.BytesIO(content))])
    (plan,) = plan_uploads(owner=alice, video_list=video_list, files=files, source=Source.WEB)
    report = plan.start()
    assert (report.created, report.over_limit) == (
        settings.MAX_BATCH_LINES,
        100_000 - settings.MAX_BATCH_LINES,
    )
    assert report.batch.items.count() == 100_000
