"""What is dialled over an event socket, written down by who stands between: it outlives the PBX."""

import contextlib
import re
import socket
import threading
from collections import Counter

DIALLED = re.compile(rb"bgapi originate [^\n]*sofia/gateway/[a-z]+/(\d+) ")


class Book:
    """Passes connections on to the event socket at `there`; counts the numbers that are dialled."""

    def __init__(self, there: int) -> None:
        self.numbers: Counter[str] = Counter()
        self._there = there
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._let_in, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _let_in(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return  # closed
            try:
                server = socket.create_connection(("127.0.0.1", self._there))
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._between, args=(client, server), daemon=True).start()

    def _between(self, client: socket.socket, server: socket.socket) -> None:
        with client, server:
            answers = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
            answers.start()
            self._pass_on(client, server, written=True)
            answers.join()

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, *, written: bool = False
    ) -> None:
        """Until either end is gone; then both are."""
        unread = b""
        with contextlib.suppress(OSError):  # as good as the end of the stream
            while data := source.recv(65_536):
                sink.sendall(data)
                if written:
                    unread = self._write_down(unread + data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # close alone would not wake who reads from it

    def _write_down(self, text: bytes) -> bytes:
        """Returns the rest, which is no whole line yet."""
        *lines, rest = text.split(b"\n")
        for line in lines:
            if (found := DIALLED.match(line)) is not None:
                self.numbers[f"+{found[1].decode()}"] += 1
        return rest
