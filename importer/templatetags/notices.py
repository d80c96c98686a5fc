"""What the settings show of notices."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings

from importer.notices.models import MailSubscription

register = template.Library()


@dataclass(frozen=True)
class MailNotices:
    """`is_set_up`: whether this installation sends mails at all; `address`: "" for none."""

    is_set_up: bool
    is_on: bool
    address: str


@register.simple_tag
def mail_notices(user: Any) -> MailNotices:
    """One query."""
    is_on = MailSubscription.objects.filter(owner=user).exists()
    return MailNotices(bool(settings.EMAIL_HOST), is_on, user.email)
