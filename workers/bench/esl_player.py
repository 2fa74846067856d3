"""An event socket that lets anyone in and plays a recorded stream, as fast as it is read.

    python -m workers.bench.esl_player REPEATS

It is a process of its own, so that its time is none of the client's, and prints its port. What it
plays, in the format that it is asked for, is what a FreeSWITCH 1.11 told Dialplane's subscription
while eight calls were dialled: six of them found a busy line, two were answered, listened to for a
beep, bridged to an agent and hung up.
"""

import lzma
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

RECORDED = Path(__file__).parent / "recorded"
FRAME = b"Content-Type: text/event-"  # each event has one
GREETING = b"Content-Type: auth/request\n\n"
IN, LISTENS, OTHER = (
    f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()
    for text in ("+OK accepted", "+OK event listener enabled", "-ERR command not found")
)


def recorded(form: str) -> bytes:
    """The recorded events, `plain` or `json`: the same ones in the same order."""
    return lzma.decompress((RECORDED / f"{form}.esl.xz").read_bytes())


def events(data: bytes) -> int:
    return data.count(FRAME)


@contextmanager
def playing(repeats: int) -> Iterator[int]:
    """The port of a player in a process of its own, which is gone afterwards."""
    command = (sys.executable, "-m", "workers.bench.esl_player", str(repeats))
    with Popen(command, stdout=PIPE) as player:  # noqa: S603 - our own module
        try:
            assert player.stdout is not None  # noqa: S101 - a pipe was asked for
            yield int(player.stdout.readline())
        finally:
            player.kill()


def main(repeats: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        sys.stdout.write(f"{door.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            client, _ = door.accept()
            with client:
                _serve(client, repeats)


def _serve(client: socket.socket, repeats: int) -> None:
    """Until the client goes."""
    try:
        client.sendall(GREETING)
        for command in _commands(client):
            if command.startswith(b"event "):
                client.sendall(LISTENS)
                _play(client, recorded(command.split()[1].decode()), repeats)
            else:
                client.sendall(IN if command.startswith(b"auth ") else OTHER)
    except ConnectionError:
        return


def _play(client: socket.socket, data: bytes, repeats: int) -> None:
    for _ in range(repeats):
        client.sendall(data)


def _commands(client: socket.socket) -> Iterator[bytes]:
    held = b""
    while data := client.recv(65_536):
        *whole, held = (held + data).split(b"\n\n")
        yield from whole


if __name__ == "__main__":
    main(int(sys.argv[1]))
