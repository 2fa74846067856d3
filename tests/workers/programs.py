"""`dialplane ...` in processes of their own, as they are started on a machine."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

MAIN = "from cli.main import main; main()"


class Programs:
    """Started by a call: `programs(site, "worker", NAME="value")`, each in its process group.

    What each writes to standard error is in `log-0`, `log-1`, ... of the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def __call__(self, site: Any, *words: str, **environ: str) -> "subprocess.Popen[str]":
        with self.log(len(self._started)).open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", MAIN, *words],
                env={**os.environ, **site.environ, **environ},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def log(self, number: int) -> Path:
        return self._folder / f"log-{number}"

    def end(self) -> None:
        """All of them, whatever they do; their logs are shown when the test fails."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        for number in range(len(self._started)):
            sys.stdout.write(f"-- log-{number} --\n{self.log(number).read_text()}")
