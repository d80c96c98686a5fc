"""The stand-in for YouTube: a forward proxy that takes YouTube's place, over real TCP and TLS."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.standins.calls import CallLog
from tests.standins.catalogue import Catalogue
from tests.standins.certificates import is_known, server_context, write_authority
from tests.standins.exchange import Counter, plain_trouble
from tests.standins.faults import Faults, Rule
from tests.standins.media import MediaStore
from tests.standins.pages import PageStyle
from tests.standins.site import Question, Site, understand
from tests.standins.wire import Connection, Listener, Request, Response

_REFUSED = Response(403, b"This proxy leads to YouTube alone.", "text/plain")


class YouTubeStandIn:
    """Give its `proxy_url` and `ca_file` to a client, and the client meets this instead of YouTube.

    `ways`: on how many ports it listens, each a way out with its own number (0, 1, …), so that one
    can be banned or dead while the other works; `ports` names them instead. `latency`: seconds
    every answer takes, drawn between the two. Every host that is not YouTube's is refused with 403
    and logged as `refused`: a client that asks for one would have reached into the network.
    """

    def __init__(
        self,
        *,
        ways: int = 1,
        ports: tuple[int, ...] = (),
        latency: tuple[float, float] = (0, 0),
        style: PageStyle | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self.catalogue = Catalogue()
        self._default_latency, self._default_style = latency, style or PageStyle()
        self._counter = Counter(latency)
        self._media = MediaStore()
        self._site = Site(self.catalogue, self._media, self._default_style)
        self._folder = tempfile.TemporaryDirectory(prefix="standin-ca-")
        self.ca_file = write_authority(ca_file or Path(self._folder.name) / "ca.pem")
        self._ways = [
            Listener(partial(self._serve, way), port=port)
            for way, port in enumerate(ports or (0,) * ways)
        ]

    @property
    def proxy_url(self) -> str:
        return self._ways[0].url

    @property
    def proxy_urls(self) -> list[str]:
        return [way.url for way in self._ways]

    @property
    def environment(self) -> dict[str, str]:
        """The product's settings that lead here, by every way out."""
        return {"YOUTUBE_PROXY": ",".join(self.proxy_urls), "YOUTUBE_CA_FILE": str(self.ca_file)}

    @property
    def faults(self) -> Faults:
        return self._counter.faults

    @property
    def log(self) -> CallLog:
        return self._counter.log

    @property
    def latency(self) -> tuple[float, float]:
        return self._counter.latency

    @latency.setter
    def latency(self, seconds: tuple[float, float]) -> None:
        self._counter.latency = seconds

    @property
    def style(self) -> PageStyle:
        return self._site.style

    @style.setter
    def style(self, style: PageStyle) -> None:
        self._site.style = style

    def kill_way(self, way: int = 0) -> None:
        """That way out is dead: open connections are cut, new ones refused by the system."""
        self._ways[way].stop()

    def revive_way(self, way: int = 0) -> None:
        self._ways[way].start()

    def picture(self, video_id: str) -> Response:
        """The thumbnail, for who cannot use the proxy."""
        return self._site.answer(
            Question("thumbnail", video_id, "i.ytimg.com", Request("GET", "/", {}))
        )

    def reset(self) -> None:
        """As new: an empty catalogue and log, no faults, every way alive."""
        self._counter.reset(self._default_latency)
        for way in self._ways:
            way.start()
        self.catalogue.clear()
        self._site.style = self._default_style

    def stop(self) -> None:
        self._counter.end()
        for way in self._ways:
            way.stop()
        self._media.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(self, way: int, connection: Connection) -> None:
        request = connection.read_request()
        if request is None:
            return
        host = _host(request)
        if not is_known(host):
            call = self.log.begin(
                kind="refused", video_id=None, way=way, method=request.method, url=request.target
            )
            self.log.end(call, _REFUSED.status)
            connection.send(_REFUSED)
        elif request.method != "CONNECT":
            path = request.target.partition("://")[2].partition("/")[2]
            connection.send(Response(301, b"", "text/html", {"Location": f"https://{host}/{path}"}))
        else:
            connection.accept_tunnel(server_context())
            while (inner := connection.read_request()) is not None and self._meet(
                way, connection, understand(host, inner)
            ):
                pass

    def _meet(self, way: int, connection: Connection, question: Question) -> bool:
        request = question.request
        url = f"https://{question.host}{request.target}"
        call = self.log.begin(
            kind=question.kind, video_id=question.video_id, way=way, method=request.method, url=url
        )
        return self._counter.meet(
            connection,
            call,
            answer=partial(self._site.answer, question),
            troubled=partial(self._troubled, question),
            head=request.method == "HEAD",
            client=question.client,
        )

    def _troubled(self, question: Question, rule: Rule) -> Response:
        fault = rule.fault
        if fault.act == "verdict":
            return self._site.answer(question, fault.failure)
        if fault.act == "refusal":
            return self._site.refuse(question, fault.playability, fault.reason)
        if fault.act == "riddle":
            return self._site.riddle(question)
        if fault.act == "consent":
            return self._site.consent(question)
        return self._site.captcha() if fault.act == "captcha" else plain_trouble(rule)


def _host(request: Request) -> str:
    """The host a proxy request is for, from `host:443` or from a whole address."""
    authority = (
        request.target.partition("://")[2].partition("/")[0]
        if "://" in request.target
        else request.target
    )
    return authority.rpartition("@")[2].partition(":")[0]
