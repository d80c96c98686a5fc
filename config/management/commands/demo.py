"""`manage.py demo`: the quickstart with stand-ins for YouTube and Groq in their place, so it shows
everything without a network.
"""

import socket
import sys
from dataclasses import replace

from django.conf import settings
from django.contrib.auth import get_user_model

from config.management.commands import quickstart
from config.supervisor import guards
from config.supervisor.plan import Part, Plan
from importer.imports.models import ImportBatch
from tests.demo_history import add_history
from tests.standins.demo import DELAY, DEMO_PLAYLIST_ID
from videos.models import VideoList

# Known to everybody, and of use only in the demo's own data folder.
USER = PASSWORD = "demo"  # noqa: S105
LIST = "Uhren und Maschinen"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
FIRST_PORT = 100  # the stand-ins listen this far above PORT, or where there is room


class Command(quickstart.Command):
    help = (
        "Shows every state of an import, against stand-ins for YouTube and Groq. "
        "Needs requirements-dev.txt."
    )

    def create_first_user(self) -> None:
        """`demo`, who may also see the administration where nobody else can reach this machine's
        web server.
        """
        users = get_user_model().objects
        in_real_use = users.exists() and not users.filter(username=USER).exists()
        if in_real_use:
            raise guards.StartError(
                f"{settings.DATA_DIR} is in real use. "
                "Choose another folder for the demo: DATA_DIR=.data/demo make demo"
            )
        if not users.filter(username=USER).exists():
            alone = settings.HOST in LOOPBACK
            user = users.create_user(USER, password=PASSWORD, is_staff=alone, is_superuser=alone)
            add_history(user)
            VideoList.objects.create(owner=user, name=LIST)
        self.stdout.write(f"Login: {USER} / {PASSWORD}")

    def make_plan(self, *, redis_server: str) -> Plan:
        plan = super().make_plan(redis_server=redis_server)
        state = settings.DATA_DIR / "standins"
        first = settings.PORT + FIRST_PORT
        youtube = str(room_for_port(first))
        groq = str(room_for_port(first + 1))
        control = str(room_for_port(first + 2))
        ports = ("--port", youtube, "--groq-port", groq, "--control-port", control)
        stand_ins = Part(
            "standins",
            "The stand-in for YouTube",
            (sys.executable, "-m", "tests.standins", "--demo", "--state", str(state), *ports),
            ready_file=str(state / "standins.json"),
            stop_seconds=1.0,
        )
        environ = {
            "DEMO": "1",
            "YOUTUBE_BASE_DELAY": str(DELAY),
            "YOUTUBE_PROXY": f"http://127.0.0.1:{youtube}",
            "YOUTUBE_CA_FILE": str(state / "ca.pem"),
            "YOUTUBE_COOKIES_FILE": "",
            "GROQ_BASE_URL": f"http://127.0.0.1:{groq}",
            "GROQ_API_KEY": "gsk_stand_in",  # the one key that the stand-in accepts
        }
        return replace(
            plan,
            parts=(stand_ins, *plan.parts),
            environ={**plan.environ, **environ},
            once_ready=self.first_import(),
        )

    def first_import(self) -> tuple[str, ...]:
        """The command that starts the sample import; () once it was started."""
        imports = ImportBatch.objects.filter(owner__username=USER, video_list__name=LIST)
        if imports.exists():
            return ()
        command = (sys.executable, "manage.py", "import_playlist", DEMO_PLAYLIST_ID)
        return (*command, "--list", LIST, "--user", USER, "--no-wait")


def room_for_port(wanted: int) -> int:
    """`wanted`, so the next start finds its lanes again; another one when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise guards.StartError("There is no free port for the stand-ins.")
