"""`manage.py search "words" [--user NAME] [--json]`: look for words in a person's library."""

import json
from argparse import ArgumentParser
from dataclasses import asdict, replace
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from videos.commands import find_user, misuse
from videos.search.finding import MOST_RESULTS, Found, FoundVideo, find
from videos.templatetags.library import clock

SHOWN = 20  # videos, unless told


class Command(BaseCommand):
    help = "Look for words in everything said and written in a person's videos, best first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("words", help='words, "phrases" in quotation marks, -without, prefix*')
        parser.add_argument(
            "--user", metavar="NAME", help="whose library; the first administrator's"
        )
        parser.add_argument("--json", action="store_true", help="write one JSON object")
        parser.add_argument(
            "--limit", type=int, default=SHOWN, metavar="N", help=f"at most {MOST_RESULTS} videos"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        """Let a question begin with a minus: `search "-this that"`, which is no option."""
        super().run_from_argv(list(map(_as_no_option, argv)))

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["limit"] <= MOST_RESULTS:
            raise misuse(_("--limit takes a number from 1 to %(most)s.") % {"most": MOST_RESULTS})
        user = find_user(options["user"])
        answer = find(user, options["words"], limit=options["limit"])
        if options["json"]:
            self._write_json(answer)
            return
        for result in answer.videos:
            self._write(result)
        self.stdout.write(summary(answer))

    def _write_json(self, answer: Found) -> None:
        results = []
        for result in answer.videos:
            video = result.video
            found = asdict(replace(result, entries=[]))
            del found["video_id"], found["entries"]
            about = {"id": video.pk, "youtube_id": video.youtube_id, "title": video.title}
            results.append({"video": about, **found})
        whole = {
            "results": results,
            "total": answer.total,
            "is_exact": answer.is_exact,
            "missing": answer.missing,
            "notices": answer.notices,
        }
        self.stdout.write(json.dumps(whole, ensure_ascii=False, indent=1))

    def _write(self, result: FoundVideo) -> None:
        video = result.video
        self.stdout.write(f"{video.title or video.youtube_id}  {video.youtube_url}")
        for moment in result.moments:
            self.stdout.write(f"  {clock(moment.start):>8}  {moment.text}")
        for place in result.places:
            self.stdout.write(f"  {place.kind:>8}  {place.text}")


def _as_no_option(word: str) -> str:
    """With a blank before a minus, where words come after it that no option has."""
    if word.startswith("-") and " " in word:
        return f" {word}"
    return word


def summary(answer: Found) -> str:
    """Say how many were found, and which word is found nowhere."""
    if answer.is_empty_query or answer.only_exclusions:
        return _("Nothing was asked: name at least one word to look for.")
    if answer.missing:
        return _("Found nowhere: %(words)s") % {"words": ", ".join(answer.missing)}
    if answer.is_exact:
        return _("Videos found: %(count)s") % {"count": answer.total}
    return _("Videos found: more than %(count)s") % {"count": answer.total}
