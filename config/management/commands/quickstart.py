"""`manage.py quickstart`: everything on one machine, from nothing, with one command."""

import os
import secrets
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from config.settings import env
from config.supervisor import guards
from config.supervisor.embedded import embedded_plan
from config.supervisor.plan import Plan
from config.supervisor.supervisor import STOP_SIGNALS
from enrichment.checks import INSTALLATION
from enrichment.embedded_redis import find_redis_server


class Command(BaseCommand):
    help = (
        "Prepares the database and the first user, "
        "then runs Redis, the worker and the web server until Ctrl-C."
    )
    requires_system_checks = [INSTALLATION]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--prepare-only",
            action="store_true",
            help="Only the database and the first user; starts nothing.",
        )

    def handle(self, *args: Any, prepare_only: bool, **options: Any) -> None:
        if prepare_only:
            self.prepare_data()
            return
        try:
            plan = self.prepare()
        except guards.StartError as problem:
            raise CommandError(str(problem)) from None
        except KeyboardInterrupt:
            sys.exit(130)
        become_supervisor(plan)

    def prepare(self) -> Plan:
        """Everything that needs Django.

        StartError with the line to show when a precondition is missing.
        """
        guards.hold_lock(settings.DATA_DIR)
        guards.check_port(settings.HOST, settings.PORT)
        redis_server = find_redis_server()
        if settings.EMBEDDED_REDIS:
            if not redis_server:
                raise guards.StartError(
                    "There is no redis-server here. "
                    "Install redis-server or valkey-server, or set REDIS_URL."
                )
            guards.make_private(settings.REDIS_SOCKET.parent)
        self.prepare_data()
        return self.make_plan(redis_server=redis_server)

    def make_plan(self, *, redis_server: str) -> Plan:
        return embedded_plan(redis_server=redis_server)

    def prepare_data(self) -> None:
        guards.keep_private(settings.DATA_DIR.glob("sammelwerk.sqlite3*"))
        self.migrate()
        self.create_first_user()

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database.")
            call_command("migrate", verbosity=0, interactive=False, skip_checks=True)

    def create_first_user(self) -> None:
        """The user that DJANGO_SUPERUSER_* names, or `admin` with a password that is shown now and
        never again.
        """
        users = get_user_model().objects
        name = env.text("DJANGO_SUPERUSER_USERNAME", "admin")
        chosen = env.text("DJANGO_SUPERUSER_PASSWORD")
        settled = users.filter(username=name) if chosen else users.filter(is_superuser=True)
        if settled.exists():
            return
        password = chosen or secrets.token_urlsafe(9)
        users.create_superuser(name, env.text("DJANGO_SUPERUSER_EMAIL"), password)
        shown = "the password from DJANGO_SUPERUSER_PASSWORD"
        if not chosen:
            shown = f"{password}   (shown only this once)"
        self.stdout.write(f"Login: {name} / {shown}")


def become_supervisor(plan: Plan) -> None:
    """Replaces this process, and with it all that Django loaded.

    Stop signals wait until the supervisor can hear them.
    """
    connections.close_all()
    sys.stdout.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    os.execve(sys.executable, [sys.executable, "-m", "config.supervisor"], plan.to_environ())  # noqa: S606  our own module
