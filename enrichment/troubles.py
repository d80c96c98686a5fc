"""What is said while YouTube or the way there is in trouble: a calm line to people, what to do to
the operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enrichment.client_state import Client
from enrichment.clients import Trouble, troubles
from videos.causes import Cause

# To people, and only where their videos wait for it. Captions that come later are said on each
# video.
TO_PEOPLE: dict[str, str | Promise] = {
    Client.NETWORK: _("YouTube cannot be reached from here right now. Your videos wait."),
    Client.WATCH_PAGE: _("YouTube has changed something. Your videos wait."),
}

# To the operator: what it means and what helps. Not translated, as all of `doctor` and the log.
TO_THE_OPERATOR = {
    Client.NETWORK: "YouTube is not reached; `manage.py doctor` tries each way out",
    Client.WATCH_PAGE: (
        "YouTube answers every video in a way this yt-dlp cannot read; "
        "look for a newer one: manage.py update_ytdlp --check"
    ),
    Client.PAGE_CAPTIONS: "caption texts are refused; the second client is asked instead",
    Client.SECOND_CLIENT: "the second client is refused; captions come from the third, or later",
    Client.TRANSCRIPT_API: "youtube-transcript-api is refused; captions may come later",
    Client.AUDIO: (
        "YouTube gives no audio to transcribe; a newer yt-dlp may: manage.py update_ytdlp"
    ),
    Client.TRANSCRIPTION: "nothing is transcribed until this is mended",
}

# The same for a cause that has a meaning of its own, whichever client met it.
CAUSE_TO_PEOPLE: dict[str, str | Promise] = {
    Cause.SIGN_IN: _("YouTube asks this server to sign in first. Your videos wait."),
}
CAUSE_TO_THE_OPERATOR = {
    Cause.SIGN_IN: (
        "YouTube wants a sign-in or a consent before it shows any video; "
        "export the cookies of YOUTUBE_COOKIES_FILE anew, or use another way out"
    ),
}

# The names of what stands still, for /healthz; no detail, since anybody may read it.
IN_SHORT = {
    Client.NETWORK: ("youtube", "unreachable"),
    Client.WATCH_PAGE: ("youtube", "changed"),
    Client.TRANSCRIPTION: ("transcription", "stopped"),
    Client.AUDIO: ("transcription", "no audio"),
}


@dataclass(frozen=True)
class Standstill:
    """Why no video goes on: `text` is said to people whose videos wait, in their language."""

    client: str
    since: datetime
    text: str


def standstill() -> Standstill | None:
    """What keeps all videos waiting right now; None when there is no trouble. One query."""
    closed = {}
    for trouble in troubles():
        closed[trouble.client] = trouble
    for client, text in TO_PEOPLE.items():
        if client in closed:
            trouble = closed[client]
            said = CAUSE_TO_PEOPLE.get(trouble.cause, text)
            return Standstill(client, trouble.since, str(said))
    return None


def said_to_the_operator(trouble: Trouble) -> str:
    """What is wrong, since when, what YouTube said, and what helps."""
    meaning = TO_THE_OPERATOR.get(Client(trouble.client), "")
    if trouble.cause in CAUSE_TO_THE_OPERATOR:
        meaning = CAUSE_TO_THE_OPERATOR[Cause(trouble.cause)]
    said = trouble.detail or trouble.cause
    return f"{meaning} (since {trouble.since:%Y-%m-%d %H:%M} UTC; last answer: {said})"


def in_short() -> dict[str, str]:
    """What stands still, by name. Empty while all is well. One query."""
    report: dict[str, str] = {}
    for trouble in troubles():
        name, state = IN_SHORT.get(Client(trouble.client), ("", ""))
        if trouble.cause == Cause.SIGN_IN:
            state = "sign-in"
        if name:
            report.setdefault(name, state)
    return report
