"""One installation on several machines: web and beat on one, workers on others, PostgreSQL and
Redis on one more that each reaches over a network of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django.conf import settings

from tests.faults.database import Database
from tests.faults.postgres import PostgresProcess
from tests.faults.relay import Relay
from tests.faults.rig import Rig
from tests.installation import PATIENT_START, wait_for
from tests.redis_process import RedisProcess
from tests.standins import YouTubeStandIn
from tests.system import System

CLOCK = Path(__file__).parent / "clock"
WORKER = ("-m", "celery", "--quiet", "-A", "config.celery", "worker", "--loglevel", "WARNING")
BEAT = (
    *("-m", "celery", "--quiet", "-A", "config.celery", "beat"),
    *("--loglevel", "WARNING", "--pidfile", ""),
)
WEB = (
    *("-m", "config.server", "--bind", "127.0.0.1"),
    *("--verbosity", "0", "--no-server-name", "config.asgi:application"),
)
# Which worker began to work on which video.
RUN_LOG = """
CREATE TABLE run_log (id BIGSERIAL PRIMARY KEY, video_id BIGINT, node TEXT);
CREATE FUNCTION run_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.holder NOT IN ('', OLD.holder) THEN
        INSERT INTO run_log (video_id, node) VALUES (NEW.video_id, NEW.node);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER run_log AFTER UPDATE ON enrichment_enrichmentjob
    FOR EACH ROW EXECUTE FUNCTION run_log();
"""


class Network:
    """How one host reaches PostgreSQL and Redis."""

    def __init__(self, postgres: PostgresProcess, server: RedisProcess) -> None:
        self.to_postgres, to_redis = Relay(postgres.port), Relay(str(server.socket))
        self._relays = (self.to_postgres, to_redis)
        self.environment = {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{self.to_postgres.port}/postgres",
            "REDIS_URL": f"redis://127.0.0.1:{to_redis.port}/0",
        }

    def cut(self) -> None:
        for relay in self._relays:
            relay.cut()

    def mend(self, *, forgetful: bool = False) -> None:
        for relay in self._relays:
            relay.mend(forgetful=forgetful)

    def stop(self) -> None:
        for relay in self._relays:
            relay.stop()


class Host:
    """A machine with programs of the installation, whose clock may be wrong."""

    def __init__(
        self, name: str, folder: Path, network: Network, environ: Mapping[str, str], ahead: float
    ) -> None:
        """`ahead`: seconds that its clock shows more than it should."""
        self.node = f"celery@{name}"
        self.network = network
        self.log = folder / f"{name}.log"
        self.environ = {**environ, **network.environment, "DATA_DIR": str(folder / name)}
        if ahead:
            self.environ |= {"PYTHONPATH": str(CLOCK), "CLOCK_AHEAD": str(ahead)}
        self._programs: list[subprocess.Popen[bytes]] = []

    def run(self, *arguments: str) -> None:
        """Start a program of the installation, which goes on."""
        with self.log.open("ab") as log:
            program = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._programs.append(program)

    def run_worker(self, *options: str) -> None:
        self.run(*WORKER, "--hostname", self.node, *options)

    def lose_power(self) -> None:
        """Everything on it ends at once, and nobody is told: no connection is closed."""
        self.network.cut()
        self.kill()

    def kill(self) -> None:
        for program in self._programs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        self._programs.clear()

    def said(self) -> str:
        """What its programs wrote."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""


class Hosts:
    """`front` has web and beat, `first` and `second` a worker each."""

    def __init__(
        self,
        folder: Path,
        youtube: YouTubeStandIn,
        postgres: PostgresProcess,
        server: RedisProcess,
        environ: Mapping[str, str],
        clocks: Mapping[str, float],
    ) -> None:
        """`clocks`: by how many seconds a host's clock is ahead."""
        networks = {name: Network(postgres, server) for name in ("front", "first", "second")}
        environ = {"SECRET_KEY": "for these tests alone" * 3, **environ}
        self.system = System(folder / "front", youtube, environ | networks["front"].environment)
        hosts = {
            name: Host(name, folder, network, self.system.environ, clocks.get(name, 0.0))
            for name, network in networks.items()
        }
        self.front, self.first, self.second = hosts.values()
        self.rig = Rig(self.system, youtube, Database(self.system), server.url, server)

    def run(self, options: Sequence[str], *, with_second: bool) -> None:
        """`options`: of a worker's command; `with_second`: whether its worker runs, too."""
        self.system.manage("quickstart", "--prepare-only")
        self.rig.database.log_stages()
        self.rig.database.change(RUN_LOG)
        self.front.run(*WEB, "--port", str(self.system.port))
        self.front.run(*BEAT)
        self.first.run_worker(*options)
        if with_second:
            self.second.run_worker(*options)
        wait_for(self.system.is_well, PATIENT_START)

    def held_by(self, host: Host) -> set[str]:
        """The videos that its worker works on, as the database has it."""
        rows = self.rig.database.rows(
            "SELECT v.youtube_id FROM enrichment_enrichmentjob j "
            "JOIN videos_video v ON v.id = j.video_id "
            f"WHERE j.node = '{host.node}'"
        )
        return {youtube_id for (youtube_id,) in rows}

    def runs(self, host: Host | None = None) -> Counter[str]:
        """How often a worker began with each video: that of this host, or any."""
        found: Counter[str] = Counter()
        statement = (
            "SELECT v.youtube_id, r.node FROM run_log r JOIN videos_video v ON v.id = r.video_id"
        )
        for youtube_id, node in self.rig.database.rows(statement):
            found[youtube_id] += host is None or node == host.node
        return +found

    def sessions_of(self, host: Host) -> int:
        """How many sessions PostgreSQL still has for this host."""
        ports = host.network.to_postgres.ports_at_server()
        rows = self.rig.database.rows("SELECT client_port FROM pg_stat_activity")
        return sum(port in ports for (port,) in rows)

    def stop(self) -> None:
        for host in (self.front, self.first, self.second):
            host.kill()
            host.network.stop()


@contextlib.contextmanager
def several_hosts(
    folder: Path,
    youtube: YouTubeStandIn,
    postgres: PostgresProcess,
    environ: Mapping[str, str],
    clocks: Mapping[str, float],
    options: Sequence[str] = (),
    *,
    with_second: bool = True,
) -> Iterator[Hosts]:
    server = RedisProcess(folder / "redis.sock")
    server.start()
    hosts = Hosts(folder, youtube, postgres, server, environ, clocks)
    try:
        hosts.run(options, with_second=with_second)
        yield hosts
    finally:
        hosts.stop()
        server.kill()
