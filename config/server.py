"""The web server: Daphne, started with `python -m config.server` and Daphne's own options.

What differs: a response that broke off while it was being sent ends the connection. Daphne leaves
the client waiting for ever, because it cannot begin an error page in the middle of a body.
"""

from daphne import server
from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory, WebRequest


class Request(WebRequest):  # type: ignore[misc]  # Daphne has no types
    def handle_exception(self, exception: BaseException) -> None:
        if self._response_started:
            self.channel.transport.abortConnection()
            return
        super().handle_exception(exception)


class Factory(HTTPFactory):  # type: ignore[misc]
    def buildProtocol(self, addr: object) -> object:  # noqa: N802  the name is Twisted's
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol


def main() -> None:
    # Daphne takes its factory from the module and offers no other way to give it one.
    server.HTTPFactory = Factory
    CommandLineInterface.entrypoint()


if __name__ == "__main__":
    main()
