"""`python -m tests.standins --state DIR`: YouTube and Groq as one process, until a signal or the
end of its parent.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path

from tests.standins.control import Control
from tests.standins.demo import LATENCY, fill
from tests.standins.groq import GroqStandIn
from tests.standins.pages import PageStyle
from tests.standins.process import STATE_FILE
from tests.standins.youtube import YouTubeStandIn

_PARENT_CHECK_SECONDS = 1.0
ENDINGS = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    options = _read_options()
    folder: Path = options.state
    folder.mkdir(parents=True, exist_ok=True)
    # Waited for, not handled: an event that a handler sets while its own thread begins to wait for
    # it never comes.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    parent = os.getppid()
    seconds = options.latency_ms / 1000
    youtube = YouTubeStandIn(
        ports=tuple(options.port + way if options.port else 0 for way in range(options.ways)),
        latency=LATENCY if options.demo and not seconds else (seconds, seconds),
        style=PageStyle(weight=options.page_weight),
        ca_file=folder / "ca.pem",
    )
    with youtube, GroqStandIn(port=options.groq_port, natural=options.demo) as groq:
        if options.demo:
            fill(youtube)
        control = Control(youtube, groq, port=options.control_port)
        _announce(folder, youtube, groq, control)
        while os.getppid() == parent:
            if signal.sigtimedwait(ENDINGS, _PARENT_CHECK_SECONDS) is not None:
                break
        control.stop()
    (folder / STATE_FILE).unlink(missing_ok=True)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.standins",
        description="Stand-ins for YouTube and Groq on loopback ports.",
    )
    parser.add_argument(
        "--state",
        type=Path,
        required=True,
        metavar="DIR",
        help="where ca.pem and standins.json are written",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help="the proxy's port, and those after it for more ways out; 0: the system's choice",
    )
    parser.add_argument(
        "--ways",
        type=int,
        default=1,
        metavar="N",
        help="ways out: on how many ports the proxy listens",
    )
    parser.add_argument("--groq-port", type=int, default=0, metavar="PORT")
    parser.add_argument("--control-port", type=int, default=0, metavar="PORT")
    parser.add_argument(
        "--latency-ms",
        type=int,
        default=0,
        metavar="N",
        help="how long each answer of YouTube takes",
    )
    parser.add_argument(
        "--page-weight",
        type=int,
        default=PageStyle.weight,
        metavar="BYTES",
        help="ballast in each page",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="a lively catalogue, with a playlist of 60 videos and throttling now and then",
    )
    return parser.parse_args()


def _announce(folder: Path, youtube: YouTubeStandIn, groq: GroqStandIn, control: Control) -> None:
    """Writes the addresses in one step, so who waits for the file never reads half of it."""
    state = {
        "pid": os.getpid(),
        "proxies": youtube.proxy_urls,
        "ca_file": str(youtube.ca_file.resolve()),
        "groq": groq.base_url,
        "api_key": groq.api_key,
        "control": control.url,
    }
    unfinished = folder / f"{STATE_FILE}.{os.getpid()}"
    unfinished.write_text(json.dumps(state, indent=1))
    unfinished.replace(folder / STATE_FILE)
    print(  # noqa: T201
        f"Stand-ins ready: YouTube behind {', '.join(youtube.proxy_urls)}, "
        f"Groq at {groq.base_url}, control at {control.url}",
        flush=True,
    )


if __name__ == "__main__":
    main()
