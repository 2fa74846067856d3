"""docker/asterisk on a real Asterisk: it boots, lets Dialplane in, and has no door besides."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.asterisk import AsteriskNode
from tests.docker.conftest import DIALPLANE, Prepared

LAB = """
[lab]
secret = {secret}
permit = 127.0.0.0/255.0.0.0
read = system,call
write = system,command,call
"""
NEVER = [
    "func_env",
    "func_db",
    "func_shell",
    "func_curl",
    "pbx_spool",
    "app_system",
    "app_record",
    "res_agi",
    "app_exec",
    "app_externalivr",
    "app_voicemail",
    "app_originate",
    "res_ari",
    "res_http_websocket",
    "chan_iax2",
    "pbx_ael",
    "bridge_native_rtp",
]
APPLICATIONS = [
    "System",
    "TrySystem",
    "Record",
    "AGI",
    "EAGI",
    "ExternalIVR",
    "Exec",
    "TryExec",
    "DBdel",
    "Originate",
]
NEEDED = ["AMD", "ConfBridge", "ChanSpy", "MixMonitor", "Playback", "UserEvent"]
FUNCTIONS = ["FILE", "ENV", "STAT", "DB", "DB_DELETE", "SHELL", "CURL", "REALTIME", "AST_CONFIG"]


class ShippedNode(AsteriskNode):
    """The lab's server on nothing but the shipped files: only where things are is said anew."""

    def __init__(self, site: Path) -> None:
        self._site = site
        super().__init__("shipped", "pbx", {})

    def _lay_out(self, templates: str, settings: Any) -> None:
        super()._lay_out(templates, settings)
        etc = self.run_dir / "etc"
        here = (etc / "asterisk.conf").read_text()
        shutil.rmtree(etc)
        shutil.copytree(self._site / "asterisk", etc)
        self.write({"asterisk.conf": here, "manager.d/lab.conf": LAB.format(secret=self._secret)})
        door = f"bindaddr = {self.address}\nport = {self.ami_port}"
        self._say_anew("manager.conf", "bindaddr = 127.0.0.1\nport = 5038", door)
        self._say_anew("pjsip.conf", "0.0.0.0:5060", f"{self.address}:{self.sip_port}")

    def _say_anew(self, name: str, shipped: str, here: str) -> None:
        path = self.run_dir / "etc" / name
        text = path.read_text()
        assert text.count(shipped) == 1
        path.write_text(text.replace(shipped, here))


@pytest.fixture(scope="module")
def node(asterisk_prefix: Path, prepared: Prepared) -> Iterator[ShippedNode]:
    with ShippedNode(prepared.site) as started:
        started.start()
        yield started


def test_dialplane_is_let_in(node: ShippedNode, prepared: Prepared, tmp_path: Path) -> None:
    shipped = prepared.environ["DIALPLANE_PBX_MAIN"]
    assert shipped.endswith("@127.0.0.1:5038")
    url = shipped.replace("@127.0.0.1:5038", f"@{node.address}:{node.ami_port}")
    ran = subprocess.run(
        [DIALPLANE, "pbx", "ping", "--json"],
        env={**os.environ, "DIALPLANE_HOME": str(tmp_path), "DIALPLANE_PBX_MAIN": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert (told["pbx"], told["up"]) == ("main", True)


@pytest.mark.parametrize("module", NEVER)
def test_what_the_ami_user_must_not_reach_is_not_loaded(node: ShippedNode, module: str) -> None:
    listed = node.cli(f"module show like {module}.so")
    assert not re.search(rf"^{module}\.so .* Running", listed, re.MULTILINE), listed


@pytest.mark.parametrize("name", APPLICATIONS)
def test_no_application_writes_or_runs(node: ShippedNode, name: str) -> None:
    assert "not registered" in node.cli(f"core show application {name}")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_writes_or_runs(node: ShippedNode, name: str) -> None:
    assert "No function by that name" in node.cli(f"core show function {name}")


def test_calls_that_come_in_are_refused(node: ShippedNode) -> None:
    for context in ("from-carrier", "from-agents"):
        plan = node.cli(f"dialplan show {context}")
        assert re.findall(r"\d\. (\S+\(.*?\))", plan) == ["Hangup(21)"]
    endpoints = node.cli("pjsip show endpoints")
    assert re.findall(r"Endpoint: +(\w+) ", endpoints) == ["ann", "carrier"]
    assert node.cli("pjsip show endpoint anonymous").startswith("Unable to find object")


def test_it_takes_connections_for_ami_alone(node: ShippedNode) -> None:
    """No HTTP, no other protocol. Of UDP, SIP; two more sockets are those of its DNS client."""
    assert bound(node.pid, "tcp", "0A") == {(node.address, node.ami_port)}
    assert (node.address, node.sip_port) in bound(node.pid, "udp", "07")


@pytest.mark.parametrize("name", NEEDED)
def test_what_dialplanes_dialplan_uses_is_there(node: ShippedNode, name: str) -> None:
    assert "not registered" not in node.cli(f"core show application {name}")


def test_it_boots_without_a_complaint(node: ShippedNode) -> None:
    """Modules that miss a library do not count: the lab leaves out what it does not need.

    Nor does the carrier's address, an example that cannot be reached from loopback: it is asked
    whether it is there at some moment of the first minute.
    """
    told = (node.run_dir / "log/output").read_text(errors="replace").splitlines()
    wrong = [line for line in told if re.search(r" (ERROR|WARNING)\[", line)]
    fine = ("cannot open shared object file", "sending OPTIONS request to endpoint carrier")
    assert [line for line in wrong if not any(words in line for words in fine)] == []


def bound(pid: int, protocol: str, state: str) -> set[tuple[str, int]]:
    """Addresses and ports of a process's sockets in a state: 0A listens, 07 is a UDP one."""
    links = [os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {found[1] for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", link))}
    tables = [Path(f"/proc/{pid}/net/{protocol}{version}").read_text() for version in ("", "6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return {address(row[1]) for row in rows if row[3] == state and row[9] in inodes}


def address(word: str) -> tuple[str, int]:
    """0100007F:1F90 is 127.0.0.1:8080."""
    host, port = word.split(":")
    parts = [str(int(host[i : i + 2], 16)) for i in (6, 4, 2, 0)] if len(host) == 8 else [host]
    return ".".join(parts), int(port, 16)
