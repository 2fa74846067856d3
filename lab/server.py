"""What real servers of the lab have in common: a folder, an address and a secret of their own, and
how they are started and stopped."""

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
    run_dir: Path
    _child: Child | None = None

    @property
    def pid(self) -> int:
        """The process, while it runs. Raises `LabError` when it does not."""
        if self._child is None or not self._child.running:
            raise LabError(f"{self._called} is not running")
        return self._child.pid

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it is ready. Raises `LabError` when it does not."""

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


class Server(Running):
    """A kind of server says how it is made, what runs it, and when it is ready."""

    NAME = ""
    START_SECONDS = 30.0

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

    def start(self) -> None:
        """Start it and wait until it is ready. Raises `LabError` when it does not."""
        self._child = Child(
            self._command(), log=self._log, sweep=self.run_dir, account=self._account
        )
        if not until(self._ready_or_gone, self.START_SECONDS) or not self._child.running:
            told = self._log.read_text(errors="replace").splitlines() or ["it logged nothing"]
            self.close()
            raise LabError(f"{self.NAME} did not start: {told[-1]}")

    def close(self) -> None:
        """Stop it and remove its folder. Safe to call twice."""
        self.stop()
        super().close()

    @property
    def _called(self) -> str:
        return self.NAME

    @property
    def _log(self) -> Path:
        return self.run_dir / "output"

    def _own(self, *paths: Path) -> None:
        """They are the account's, which the server runs as."""
        if self._account is not None:
            for path in paths:
                self._account.own(path)

    def _ready_or_gone(self) -> bool:
        return self._child is None or not self._child.running or self._ready()

    @abstractmethod
    def _make(self) -> None:
        """Put what it needs into its folder."""

    @abstractmethod
    def _command(self) -> Sequence[str | Path]:
        """What runs it."""

    @abstractmethod
    def _ready(self) -> bool:
        """Whether it takes connections, while it runs."""
