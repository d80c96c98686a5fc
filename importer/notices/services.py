"""Telling people of their imports by mail, where mail is set up (EMAIL_HOST).

A mail is a row, written in the transaction that finished the import, so a mail server that is away
loses nothing and keeps no import waiting. A worker sends it with a task of its own, and tries again
for a day. A row is marked as handed over before the server is asked: a worker that is killed at
that moment leaves a mail that may be lost, never one that is sent twice.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core import mail as django_mail
from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation

from enrichment import hints
from enrichment.leases import Holder
from enrichment.troubles import standstill
from importer.imports.models import BatchState, ImportBatch
from importer.imports.news import end_is_news, is_standstill
from importer.imports.progress import progress_of
from importer.notices.letters import write_letter
from importer.notices.models import Mail, MailKind, MailSubscription

logger = logging.getLogger(__name__)

SEND_NEXT = "importer.tasks.send_next_mail"
LEASE = timedelta(seconds=90)  # longer than the task's time limit
# After each failure; 22 hours in all.
AGAIN = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 180, 360, 720))
KEPT = timedelta(days=30)
# What a mail server or the way to it raises; ValueError: an address or a subject that no mail can
# have.
FAILURES = (SMTPException, OSError, ValueError)


# What a person does -------------------------------------------------------------------------------


def subscribe(*, owner: Any, language: str) -> None:
    """Send this person mails about their imports from now on, in this language."""
    MailSubscription.objects.update_or_create(owner=owner, defaults={"language": language})


@transaction.atomic
def unsubscribe(*, owner: Any) -> None:
    """Send no more mails, also none of those that are still waiting."""
    MailSubscription.objects.filter(owner=owner).delete()
    Mail.objects.unheld().filter(owner=owner, next_at__isnull=False).delete()


def change_language(*, owner: Any, language: str) -> None:
    """Write mails in the language that somebody just chose for the pages."""
    MailSubscription.objects.filter(owner=owner).update(language=language)


# What is told -------------------------------------------------------------------------------------


def announce(batch: ImportBatch) -> None:
    """Write the mail about a finished import, in the transaction that finishes it.

    No query where mail is not set up or the import was short; one where nobody wants mails.
    """
    if not settings.EMAIL_HOST:
        return
    if not end_is_news(batch.source, batch.created_at, batch.finished_at):
        return
    if MailSubscription.objects.filter(owner=batch.owner_id).exists():
        _write(batch, MailKind.FINISHED, f"finished {batch.pk}")


def announce_standstill(*, now: datetime) -> int:
    """Write a mail to each person whose imports stand still until somebody acts.

    One for each person and trouble, however many imports it stops. Return how many were written.
    One query while there is no trouble.
    """
    trouble = standstill()
    if trouble is None or not is_standstill(trouble, now=now):
        return 0
    occasion = f"stopped {trouble.client} {trouble.since.isoformat()}"
    written = 0
    for batch in _find_stopped(occasion).values():
        written += _write(batch, MailKind.STOPPED, occasion)
    return written


def _find_stopped(occasion: str) -> dict[int, ImportBatch]:
    """Return an import that stands still for each person, by their id, who was not told."""
    told = Mail.objects.filter(occasion=occasion).values("owner")
    wanted = ImportBatch.objects.filter(
        state=BatchState.RUNNING,
        video_list__deleted_at=None,
        owner__mail_subscription__isnull=False,
    )
    running = list(wanted.exclude(owner__in=told).select_related("video_list").order_by("pk"))
    stopped: dict[int, ImportBatch] = {}
    for batch, progress in zip(running, progress_of(running), strict=True):
        if progress.stands_still:
            stopped[batch.owner_id] = batch
    return stopped


def _write(batch: ImportBatch, kind: MailKind, occasion: str) -> bool:
    """Return False, with nothing written, when the owner was told of the same occasion."""
    _mail, is_new = Mail.objects.get_or_create(
        owner=batch.owner,
        occasion=occasion,
        defaults={"kind": kind, "batch": batch, "next_at": Now()},
    )
    if is_new:
        transaction.on_commit(lambda: hints.send(SEND_NEXT))
    return is_new


# What a worker does -------------------------------------------------------------------------------


def send_next(holder: Holder, *, now: datetime) -> bool:
    """Send one mail that is due. False when none is."""
    Mail.objects.unheld().filter(next_at=None, created_at__lt=now - KEPT).delete()
    mail = claim(holder)
    if mail is None:
        return False
    hand_over(holder)
    try:
        _send(mail)
    except FAILURES as error:
        logger.warning("mail %s was not sent: %s", mail.pk, type(error).__name__)
        _put_back(mail, holder, error)
    else:
        Mail.objects.held_by(holder.name).put_back(sent_at=now, failure="")
    return True


def claim(holder: Holder) -> Mail | None:
    """Hold the next mail that is due; one at a time, so that a slow server keeps one worker busy.

    Somebody who may not sign in any more, or has no address, is sent nothing.
    """
    if Mail.objects.running().exists():
        return None
    reached = Mail.objects.due().filter(
        owner__is_active=True, owner__mail_subscription__isnull=False
    )
    due = reached.exclude(owner__email="").order_by("next_at", "pk")
    return due.take_first(holder, LEASE, "owner__mail_subscription", "batch__video_list")


def hand_over(holder: Holder) -> None:
    """Mark the held mail as given to the server: nobody sends it a second time, whatever comes."""
    Mail.objects.held_by(holder.name).update(next_at=None)


def _put_back(mail: Mail, holder: Holder, error: Exception) -> None:
    """Try again later, up to a day; the others wait as well, since they have the same server."""
    mine = Mail.objects.held_by(holder.name)
    failure = f"{type(error).__name__}: {error}"[:200]
    if mail.attempts > len(AGAIN):
        mine.put_back(failure=failure)
        return
    mine.put_back(wait=AGAIN[mail.attempts - 1], failure=failure)
    Mail.objects.due().update(next_at=Now() + AGAIN[0])


def _send(mail: Mail) -> None:
    """Hand the mail over to the server. Each attempt has the same Message-ID."""
    language = mail.owner.mail_subscription.language
    with translation.override(language):
        letter = write_letter(mail)
    headers = {"Message-ID": _message_id(mail), "Auto-Submitted": "auto-generated"}
    django_mail.EmailMessage(
        subject=letter.subject, body=letter.body, to=[mail.owner.email], headers=headers
    ).send()


def _message_id(mail: Mail) -> str:
    _, _, domain = settings.DEFAULT_FROM_EMAIL.rstrip(">").rpartition("@")
    return f"<sammelwerk-{mail.pk}-{mail.created_at:%Y%m%d%H%M%S}@{domain}>"
