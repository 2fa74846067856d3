"""Serves a site's web application until SIGTERM or Ctrl-C; requests in hand are finished first."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from web.app import make_app
from web.impatient import Impatient
from web.rights import is_loopback
from workers.logs import set_up_logs
from workers.overview import Lookout
from workers.settings import Settings

FINISH_SECONDS = 5  # for requests in hand; each is bounded by the look it waits for
IDLE_SECONDS = 10  # a connection that has been answered, and idles, is closed after that

Told = Callable[[str], None]


class CannotListen(Exception):
    """A sentence: the address cannot be listened on, and why."""


def serve(settings: Settings, tell: Told) -> None:
    """`tell` gets sentences for the person at the terminal. Raises `CannotListen`."""
    with _listening(settings) as listener:
        set_up_logs(settings.log_level, settings.log_format)
        lookout = Lookout(settings)
        server = uvicorn.Server(_config(settings, lookout))
        tell(f"Serving {_url(listener)}; Ctrl-C ends it.")
        if settings.web.token is None and not is_loopback(settings.web.host):
            tell("No web.token is set: /ready and /metrics answer to this machine alone.")
        lookout.inspector.start()
        try:
            with _heard():
                server.run(sockets=[listener])
        finally:
            lookout.close()


def _config(settings: Settings, lookout: Lookout) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(settings, lookout),
        log_config=None,
        access_log=False,  # it would hold whatever a client writes into a path
        proxy_headers=False,  # a peer's address is not what a header says
        server_header=False,
        timeout_graceful_shutdown=FINISH_SECONDS,
        timeout_keep_alive=IDLE_SECONDS,
        http=Impatient,  # no limit_concurrency: silent connections would use it up for all
        ws="none",
    )


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    host, port = settings.web.host, settings.web.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as wrong:
        why = getattr(wrong, "strerror", None) or str(wrong)
        raise CannotListen(
            f"{host} port {port} cannot be listened on: {why}; "
            "choose another one with --host and --port, or [web] in the settings"
        ) from wrong
    with listener:
        # Each connection inherits it. asyncio sets it only where the protocol's number is told, and
        # an answer is two writes: the second would wait for the client's delayed ACK, 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


@contextmanager
def _heard() -> Iterator[None]:
    """Signals are uvicorn's to hear; what it passes on when it has ended changes nothing."""

    def ended(_signum: int, _frame: Any) -> None:
        """It has ended in good order."""

    before = {number: signal.signal(number, ended) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
