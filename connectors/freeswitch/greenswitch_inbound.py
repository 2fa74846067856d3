"""greenswitch's connection, guarded: see the numbers in greenswitch_transport."""

import socket
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from greenswitch.esl import ESLEvent, InboundESL, NotConnectedError

from connectors.freeswitch import event as events
from connectors.freeswitch.codec import EslProtocolError, length, line
from connectors.freeswitch.event import Encoded, Event
from connectors.freeswitch.greenswitch_lines import Lines, parts
from connectors.freeswitch.transport import RESET, NotLetIn

READ = 262_144  # bytes at a time
CLOSED = "the PBX closed it"


class Answer:
    """What greenswitch takes for somebody who waits for an answer."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def set(self, event: Any) -> None:
        self._tell(event.data)

    def set_exception(self, _: Exception) -> None:
        """Nobody waits."""


class Inbound(InboundESL):  # type: ignore[misc]  # greenswitch has no types
    """`hear` gets each event and its size, in the thread of greenswitch."""

    def __init__(
        self, host: str, port: int, log_in: str, hear: Callable[[Event, int], None]
    ) -> None:
        super().__init__(host, port, "")
        self._log_in = log_in
        self.why: Exception = ConnectionResetError(CLOSED)
        self.sock_file: Any = None
        self._commands_sent: deque[Any] = deque()
        self._hear = hear

    def send_out(self, data: bytes, answer: Answer) -> None:
        self._commands_sent.append(answer)
        self.sock.sendall(data)

    def until_lost(self) -> None:
        self._receive_events_greenlet.join()

    def close(self) -> None:
        if self._receive_events_greenlet is not None:
            self._receive_events_greenlet.kill()
            self.sock_file.close()
        if hasattr(self, "sock"):
            self.sock.close()

    # --- what greenswitch calls --------------------------------------------------------------

    def start_event_handlers(self) -> None:
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.sock_file.close()
        self.sock_file = Lines(self.sock.makefile("rb", READ))
        self._receive_events_greenlet = gevent.spawn(self.receive_events)

    def authenticate(self) -> None:
        line(self._log_in)  # which must be one line
        text = self.send(self._log_in).data
        if not text.startswith("+OK"):
            raise NotLetIn(text)

    def receive_events(self) -> None:
        try:
            super().receive_events()
            self.why = self.sock_file.why or self.why
        except (OSError, EslProtocolError, NotLetIn) as error:
            self.why = error
        except EOFError:
            pass
        finally:
            self._release()

    def handle_event(self, event: Any) -> None:
        """A frame: `event` is its head."""
        kind = event.headers.get("Content-Type", "")
        body = self.sock_file.read(length(event.headers.get("Content-Length", "0")))
        match kind:
            case events.PLAIN:
                self._take_apart(body)
            case "command/reply":
                self._answered(event, event.headers.get("Reply-Text", ""))
            case "api/response":
                self._answered(event, body.decode("utf-8", "replace"))
            case "auth/request":
                self._auth_request_event.set()
            case "text/rude-rejection":
                raise NotLetIn(body.decode("ascii", "replace").strip())
            case events.KIND:
                raise EslProtocolError("an event came as JSON, which was not asked for")

    def _take_apart(self, body: bytes) -> None:
        head, rest = parts(body)
        self._hear(Event(Encoded(ESLEvent(head).headers, rest)), len(body))

    def _answered(self, event: Any, text: str) -> None:
        event.data = text.strip()
        if self._commands_sent:
            self._commands_sent.popleft().set(event)

    def _release(self) -> None:
        self.connected = False
        self._auth_request_event.set()
        for waiting in self._commands_sent:
            waiting.set_exception(NotConnectedError())
