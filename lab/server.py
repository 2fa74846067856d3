"""What real programs of the lab have in common: a folder of their own, and how they are started and
ended; servers also an address and a secret."""

import secrets
import shutil
import signal
import tempfile
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from lab.account import Account
from lab.child import Child
from lab.closing import Closing
from lab.errors import LabError
from lab.loopback import free_port, own_address
from lab.wait import until


class Running(Closing):
    """A process with a folder: started and ended as often as is wanted, its folder removed by
    `close`."""

    ASK = signal.SIGTERM  # which ends it as an operator would
    START_SECONDS = 30.0
    LOOK_SECONDS = 0.01  # how often it is looked whether it is ready
    run_dir: Path
    _child: Child | None = None
    _account: Account | None = None

    @property
    def pid(self) -> int:
        """The process, while it runs. Raises `LabError` when it does not."""
        if self._child is None or not self._child.running:
            raise LabError(f"{self._called} is not running")
        return self._child.pid

    def start(self) -> None:
        """Start it and wait until it is ready. Raises `LabError` when it does not."""
        self._child = Child(
            self._command(), log=self._log, sweep=self.run_dir, account=self._account
        )
        ready = until(self._ready_or_gone, self.START_SECONDS, self.LOOK_SECONDS)
        if not ready or not self._child.running:
            why = self._last_words()
            self.close()
            raise LabError(f"{self._called} did not start: {why}")

    def stop(self) -> None:
        """Stop it as an operator would."""
        if self._child:
            self._child.stop(ask=self.ASK)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child:
            self._child.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        """Kill it and remove its folder. Safe to call twice."""
        self.kill()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    @property
    @abstractmethod
    def _called(self) -> str:
        """What people are told did not start."""

    @property
    def _log(self) -> Path:
        """Where its output goes."""
        return self.run_dir / "output"

    def _last_words(self) -> str:
        """Why it did not start."""
        told = self._log.read_text(errors="replace").strip().splitlines()
        return told[-1] if told else "it logged nothing"

    def _ready_or_gone(self) -> bool:
        return self._child is None or not self._child.running or self._ready()

    @abstractmethod
    def _command(self) -> Sequence[str | Path]:
        """What runs it."""

    @abstractmethod
    def _ready(self) -> bool:
        """Whether it can be used, while it runs."""


class Server(Running):
    """A kind of server says how it is made, what runs it, and when it is ready."""

    NAME = ""

    def __init__(self, account: Account | None = None) -> None:
        """`account`: whose it runs as; None: ours."""
        self._account = account
        self.address = own_address()
        self.port = free_port(self.address)
        self.run_dir = Path(tempfile.mkdtemp(prefix=f"dialplane-{self.NAME.lower()}-"))
        self._secret = secrets.token_hex(16)
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop it and remove its folder. Safe to call twice."""
        self.stop()
        super().close()

    @property
    def _called(self) -> str:
        return self.NAME

    def _own(self, *paths: Path) -> None:
        """They are the account's, which the server runs as."""
        if self._account is not None:
            for path in paths:
                self._account.own(path)

    @abstractmethod
    def _make(self) -> None:
        """Put what it needs into its folder."""
