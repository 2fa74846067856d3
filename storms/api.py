"""`dialplane serve` of a site under a storm."""

import json
from collections.abc import Callable
from urllib.request import urlopen

from lab.child import Child
from lab.loopback import free_port

ANSWERS, SCRAPE = 2.0, 10.0  # seconds of patience


class Api:
    """Not there until `start`."""

    def __init__(self, run: Callable[..., Child]) -> None:
        """`run` starts `dialplane` with these words, and its output in `log`."""
        self._run = run
        self._port = free_port()
        self._child: Child | None = None

    @property
    def pids(self) -> list[int]:
        """Its process, while it runs."""
        return [self._child.pid] if self._child and self._child.running else []

    def start(self) -> None:
        """Again, where it was killed."""
        self._child = self._run("serve", "--port", str(self._port), log="api.log")

    def kill(self) -> None:
        if self._child:
            self._child.kill()

    def stop(self) -> None:
        if self._child:
            self._child.stop(15)

    def answers(self) -> bool:
        """Whether it says that it lives."""
        try:
            return bool(json.loads(self._get("health", ANSWERS))["alive"])
        except (OSError, ValueError):
            return False

    def scrape(self) -> None:
        """Ask for its metrics, as Prometheus would. Raises `OSError`."""
        self._get("metrics", SCRAPE)

    def _get(self, path: str, seconds: float) -> bytes:
        url = f"http://127.0.0.1:{self._port}/{path}"
        with urlopen(url, timeout=seconds) as told:
            answer: bytes = told.read()
        return answer
