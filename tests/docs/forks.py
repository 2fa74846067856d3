"""A `dialplane` that has read all its modules: each command is a fork of it, so that a page of
thirty commands takes seconds of the machine. What is run, where and for whom is as ever."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from cli.main import main
from tests.docs.walkthrough import REAL, Shell

READ = (
    *("agent_shift", "agent_orders", "agent_book", "campaign_apply", "campaign_orders"),
    *("campaign_plan", "crm_file", "crm_pull", "crm_rules_file", "crm_rules_kept", "crm_rules_try"),
    *("customers_export", "customers_import", "customers_look", "customers_tag", "init"),
    *("leads_count", "leads_import", "why"),
)
ASK = """\
#!{python} -SE
import json, os, socket, sys
if sys.argv[1:] == ["up"]:
    os.execv({real!r}, [{real!r}, "up"])
asked = socket.socket(socket.AF_UNIX)
asked.connect({at!r})
told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(asked, [len(told).to_bytes(4, "big")], [0, 1, 2])
asked.sendall(told)
sys.exit(int(asked.recv(4) or b"70"))
"""


@contextmanager
def forked(shell: Shell) -> Iterator[None]:
    """What the shell calls `dialplane` is a fork, but for `up`."""
    at = shell.home / "forks"
    shell.calls(ASK.format(python=sys.executable, real=str(REAL), at=str(at)))
    command = [sys.executable, "-m", "tests.docs.forks", str(at)]
    with subprocess.Popen(command, env=shell.env, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            server.kill()


def serve(at: Path) -> None:
    for name in READ:
        import_module(f"cli.{name}")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with socket.socket(socket.AF_UNIX) as heard:
        heard.bind(str(at))
        heard.listen()
        print("ready", flush=True)
        while True:
            asked, _ = heard.accept()
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _run(asked)
            asked.close()


def _run(asked: socket.socket) -> None:
    head, files, _, _ = socket.recv_fds(asked, 4, 3)
    with asked.makefile("rb") as told:
        words, folder, environ = json.loads(told.read(int.from_bytes(head, "big")))
    for n, file in enumerate(files):
        os.dup2(file, n)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["dialplane", *words]
    code = 70  # of what ends in no way that a command ends in
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        asked.sendall(str(code).encode())
        os._exit(0)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
