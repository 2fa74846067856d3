"""A FreeSWITCH that is the fake PBX's, in a process of its own."""

import subprocess
import sys
from pathlib import Path

from lab.loopback import free_port
from tests.system.book import Book

PASSWORD = "served-node"


class ServedNode:
    """`dialplane fake-pbx` on a port that stays the same."""

    def __init__(self) -> None:
        self.port = free_port("127.0.0.1")
        self.book = Book(self.port)
        self.url = f"esl://:{PASSWORD}@127.0.0.1:{self.book.port}?listen=3"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = Path(sys.executable).with_name("dialplane")
        world = ("--world", "fake://lab?talk=4")
        self._process = subprocess.Popen(
            [program, "fake-pbx", "--esl", str(self.port), "--password", PASSWORD, *world],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it is there

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
