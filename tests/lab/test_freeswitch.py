"""How the lab waits for a FreeSWITCH of its own, with a small program in the place of one."""

import sys
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.freeswitch import FreeswitchCalled, FreeswitchReader

STAND_IN = """\
#!PYTHON
import json, re, socket, sys
from pathlib import Path

NAMES = "listen-port", "password"
text = Path(sys.argv[sys.argv.index("-conf") + 1], "freeswitch.xml").read_text()
port, password = (re.search(f'"{name}" value="(.+)"', text)[1] for name in NAMES)
modules, told = re.findall('module="(.+)"', text), []
if "ENDS":
    sys.exit("ENDS")
with socket.create_server(("127.0.0.1", int(port))) as door:
    while True:
        link = door.accept()[0].makefile("rwb", 0)
        link.write(b"Content-Type: auth/request\\n\\n")
        while words := link.readline().split():
            link.readline()
            command = b" ".join(words).decode().removeprefix("api ")
            told.append(command)
            if command == "auth " + password:
                link.write(b"Content-Type: command/reply\\nReply-Text: +OK accepted\\n\\n")
                continue
            count = told.count(command)
            answer = "FreeSWITCH (Version 1) is " + ("not ready" if count < 3 else "ready")
            if command == "show file as json":
                loaded = modules[: len(modules) + count - 3]
                rows = [{"name": name, "ikey": name} for name in loaded]
                answer = json.dumps({"row_count": len(rows), "rows": rows})
            if command == "told":
                answer = ", ".join(one for one in told if "auth" not in one)
            link.write(f"Content-Length: {len(answer)}\\n\\n{answer}".encode())
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "freeswitch"
    write(program)
    monkeypatch.setenv("DIALPLANE_FREESWITCH", str(program))
    return program


def write(program: Path, ends: str = "") -> None:
    """It ends at once with a word, or serves."""
    program.write_text(STAND_IN.replace("PYTHON", sys.executable).replace("ENDS", ends))
    program.chmod(0o755)


@pytest.mark.parametrize("kind", [FreeswitchReader, FreeswitchCalled])
def test_it_is_ready_when_it_takes_calls_and_tells_of_the_last_module(
    stand_in: Path, kind: type[FreeswitchReader]
) -> None:
    with kind() as node:
        node.start()
        asked = ["status"] * 3 + ["show file as json", "status"] * 2 + ["show file as json", "told"]
        assert node.api("told").split(", ") == asked
        assert node.rows("file")[-1]["ikey"] == "mod_tone_stream"
        pid = node.pid
        node.restart()
        assert node.pid != pid
    assert not node.run_dir.exists()


def test_why_it_has_not_started_is_told(stand_in: Path) -> None:
    write(stand_in, ends="no room")
    node = FreeswitchReader()
    with pytest.raises(LabError, match=f"^FreeSWITCH '{stand_in}' did not start: no room$"):
        node.start()
    assert not node.run_dir.exists()
