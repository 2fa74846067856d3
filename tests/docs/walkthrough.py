"""A page's commands in a shell, as somebody copies them, in a world where nothing is installed.

What would change the machine (`apt-get`, `chgrp`, ...) does nothing here; `asterisk` and
`dialplane` are the real ones, told where this Asterisk is, where the page has one.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rq import Worker

from lab.asterisk import AsteriskNode
from lab.wait import until
from workers.jobs import DIAL
from workers.redis_server import connect, locate
from workers.settings_file import load_settings

BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INERT = ("apt-get", "chgrp", "chmod", "git", "make")
REAL = Path(sys.executable).parent / "dialplane"
DIALPLANE = """\
#!/bin/bash
case "$1 $2" in
"pbx config" | "pbx installer")
  {real} "$@" --permit 127.0.0.1,{at} | sed 's/127.0.0.1:5038/{at}:{port}/' ;;
"dialplan install") {real} "$@" --into {etc} --sounds {sounds} ;;
*) exec {real} "$@" ;;
esac
"""
ASTERISK = '#!/bin/bash\nexec {program} -C {etc}/asterisk.conf "$@"\n'
RESTART = """\
#!/bin/bash
asterisk -rx "core restart now"
sleep 1
for try in {{1..50}}; do
  asterisk -rx "core waitfullybooted" > /dev/null 2>&1 && exit 0
  sleep 0.2
done
exit 1
"""
SECONDS = 120


@dataclass(frozen=True)
class Part:
    """Lines to be typed, and those that are said to be seen after them."""

    typed: str
    seen: list[str] = field(default_factory=list)


def parts_of(section: str) -> list[Part]:
    """Blocks of `sh`, each with the block of `text` that follows it."""
    found: list[Part] = []
    for kind, body in BLOCK.findall(section):
        if kind == "sh":
            found.append(Part(body))
        else:
            found[-1].seen.extend(body.splitlines())
    return found


def missing(part: Part, out: str) -> list[str]:
    """The lines that were to be seen and were not; `...` stands for anything."""
    lines = [" ".join(line.split()) for line in out.splitlines()]
    return [wanted for wanted in part.seen if not any(_like(wanted, line) for line in lines)]


def _like(wanted: str, line: str) -> bool:
    pattern = ".*".join(re.escape(" ".join(each.split())) for each in wanted.split("..."))
    return re.search(pattern, line) is not None


class Shell:
    """A home folder, and a PATH on which the stand-ins come first. `changes`: what is put in the
    place of other words of the page."""

    def __init__(self, home: Path, changes: Mapping[str, str]):
        self.home, self.changes = home, dict(changes)
        self.at = home
        for name in INERT:
            self.has(name, "#!/bin/bash\nexit 0\n")
        self.calls(f'#!/bin/bash\nexec {REAL} "$@"\n')
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("DIALPLANE_")},
            "HOME": str(home), "PATH": f"{home / 'tools'}:{os.environ['PATH']}", "COLUMNS": "200",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }  # fmt: skip

    def has(self, name: str, script: str) -> None:
        """A program that is installed there."""
        _program(self.home / "tools" / name, script)

    def calls(self, script: str) -> None:
        """What `dialplane` is, as `make venv` makes it."""
        self.real = self.home / "tools" / "real-dialplane"
        _program(self.real, script)
        _program(self._ours, script)

    def has_asterisk(self, node: AsteriskNode, espeak: Path) -> None:
        """This Asterisk, in the place of the machine's own, and a voice."""
        etc = node.run_dir / "etc"
        self.changes["/etc/asterisk"] = str(etc)
        values = {
            "at": node.ami_host, "port": node.ami_port, "etc": etc, "real": self.real,
            "sounds": node.run_dir / "data/sounds", "program": node.build.program,
        }  # fmt: skip
        self.has("asterisk", ASTERISK.format(**values))
        self.has("systemctl", RESTART.format(**values))
        _program(self._ours, DIALPLANE.format(**values))
        self.env["DIALPLANE_SPEECH_PROGRAM"] = str(espeak)

    def save(self, files: Mapping[str, str]) -> None:
        """What the page lets one save."""
        for name, text in files.items():
            path = self.home / "dialplane" / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(self.here(text))

    def type(self, lines: str, code: int = 0) -> str:
        """What a terminal shows after these lines; the next ones are typed in the same place.
        `code`: of the one command that they are, where it is none of success."""
        after = f"export -p > {self._kept}; pwd > {self._place}"
        typed = self.here(lines).strip() + (f" || (($? == {code}))" if code else "")
        script = f"cd {self.at}\n{typed}\n{after}"
        before = f"source {self._kept}\n" if self._kept.exists() else ""
        done = subprocess.run(
            ["bash", "-ec", before + script], env=self.env, text=True, check=False,
            input="a-password-of-16\n", timeout=SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        self.at = Path(self._place.read_text().strip())
        return done.stdout

    def leave_up(self, line: str) -> "subprocess.Popen[bytes]":
        """The site, left running in a terminal. Whoever opens a second one takes some seconds, in
        which a worker comes up."""
        running = self._leave_running(line)
        if not until(self._has_worker, SECONDS):
            ended(running)
            raise AssertionError(f"no worker came up with {line}")
        return running

    def _has_worker(self) -> bool:
        url = locate(load_settings(self.at / ".dialplane", {}))
        if url is None:
            return False
        with connect(url) as client:
            return any(DIAL in worker.queue_names() for worker in Worker.all(connection=client))

    def _leave_running(self, line: str) -> "subprocess.Popen[bytes]":
        script = f"source {self._kept}; cd {self.at}; exec {shlex.join(shlex.split(line))}"
        return subprocess.Popen(["bash", "-c", script], env=self.env, start_new_session=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    @property
    def _ours(self) -> Path:
        return self.home / "dialplane/.venv/bin/dialplane"

    @property
    def _kept(self) -> Path:
        return self.home / "kept"

    @property
    def _place(self) -> Path:
        return self.home / "place"

    def here(self, text: str) -> str:
        """The page's words with this world's in them."""
        for old, new in self.changes.items():
            text = text.replace(old, new)
        return text


def sees(shell: Shell, part: Part, code: int = 0) -> None:
    """What a part lets one type, and what it says is seen then."""
    out = shell.type(part.typed, code)
    lacks = missing(Part("", [shell.here(line) for line in part.seen]), out)
    assert not lacks, f"{lacks} not seen after:\n{part.typed}\n{out}"


def ended(process: "subprocess.Popen[bytes]") -> None:
    """End what was left running, as Ctrl-C does."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
