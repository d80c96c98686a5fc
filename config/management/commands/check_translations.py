"""`manage.py check_translations`: every text has a German one, and the compiled catalogue that is
committed is the current one.
"""

import gettext
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

APPS = ("config", "importer", "enrichment", "videos")
CATALOGUES = Path("locale", "de", "LC_MESSAGES")
COLLECT = ("makemessages", "--locale", "de", "--no-location", "--no-obsolete", "--verbosity", "0")


class Command(BaseCommand):
    help = "Fails when a German translation is missing, fuzzy, superfluous or not compiled."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not shutil.which("xgettext") or not shutil.which("msgfmt"):
            raise CommandError("This check needs gettext (apt-get install gettext).")
        catalogues = sorted((settings.BASE_DIR / CATALOGUES).glob("*.po"))
        problems = [] if catalogues else [f"There is no catalogue in {CATALOGUES}"]
        with tempfile.TemporaryDirectory() as folder:
            copy = copy_sources(Path(folder))
            for committed in catalogues:
                collected = collect(copy, domain=committed.stem)
                problems += compare(committed, collected)
        if problems:
            raise CommandError(
                "\n".join(
                    [*problems, "`make messages` collects the texts and compiles the catalogue."]
                )
            )


def copy_sources(folder: Path) -> Path:
    """A copy of everything that has texts, so that collecting them changes nothing here."""
    for name in (*APPS, "templates", "static", "locale"):
        if (settings.BASE_DIR / name).is_dir():
            shutil.copytree(
                settings.BASE_DIR / name,
                folder / name,
                ignore=shutil.ignore_patterns("__pycache__", "tests", "*.mo"),
            )
    return folder


def collect(folder: Path, *, domain: str) -> Path:
    """The catalogue as it would be after collecting every text of the sources in `folder`."""
    environ = dict(os.environ)
    environ.pop("DJANGO_SETTINGS_MODULE", None)  # ours names our own folders
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "django", *COLLECT, "--domain", domain],
        cwd=folder,
        check=True,
        env=environ,
    )
    return folder / CATALOGUES / f"{domain}.po"


def compare(committed: Path, collected: Path) -> list[str]:
    """What is wrong with a committed catalogue, one line each; [] when nothing is."""
    problems = []
    for text in select(collected, "--untranslated"):
        problems.append(f"{committed.name}: no German for {text!r}")
    for text in select(collected, "--only-fuzzy"):
        problems.append(f"{committed.name}: uncertain (fuzzy) German for {text!r}")
    for text in sorted(set(select(committed)) - set(select(collected))):
        problems.append(f"{committed.name}: no longer used: {text!r}")
    if compiled(committed) != read_catalogue(committed.with_suffix(".mo")):
        problems.append(
            f"{committed.with_suffix('.mo').name} is not compiled from {committed.name}"
        )
    return problems


def select(catalogue: Path, *options: str) -> list[str]:
    """The texts (msgid) of a catalogue that have a property; without one, all of them."""
    command = ["msgattrib", *options, "--no-obsolete", str(catalogue)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    texts: list[str] = []
    within = False
    for line in output.splitlines():
        if line.startswith('msgid "'):
            texts.append(line[7:-1])
        elif within and line.startswith('"'):
            texts[-1] += line[1:-1]
        within = line.startswith(('msgid "', '"')) and (within or line.startswith("msgid"))
    return [text for text in texts if text]  # the header's is empty


def compiled(catalogue: Path) -> dict[Any, str]:
    with tempfile.NamedTemporaryFile(suffix=".mo") as fresh:
        subprocess.run(  # noqa: S603
            ["msgfmt", "--check-format", "--output-file", fresh.name, str(catalogue)],  # noqa: S607
            check=True,
        )
        return read_catalogue(Path(fresh.name))


def read_catalogue(binary: Path) -> dict[Any, str]:
    """Text -> translation; {} when the file is missing.

    Compared by content, as compilers differ in layout.
    """
    if not binary.is_file():
        return {}
    with binary.open("rb") as lines:
        catalogue: dict[Any, str] = gettext.GNUTranslations(lines).__dict__["_catalog"]
    catalogue.pop("", None)  # the header
    return catalogue
