"""`manage.py end_two_factor NAME`: for somebody who lost both the phone and the recovery codes."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from videos import two_factor


class Command(BaseCommand):
    help = "Turn two-factor sign-in off for one person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")

    def handle(self, *, name: str, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(username=name).first()
        if user is None:
            raise CommandError(_("There is no user of that name."), returncode=2)
        two_factor.turn_off(user)
        self.stdout.write(_("Two-factor sign-in of %(name)s is off.") % {"name": name})
