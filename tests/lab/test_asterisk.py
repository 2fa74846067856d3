"""A server of the lab's own: its files, its life, its end."""

import re
from pathlib import Path

import pytest

from dialplan_templates.render import asterisk_files
from lab.ami import Ami
from lab.asterisk import AsteriskNode, start_pbx
from lab.carrier import Carrier, start_carrier
from lab.errors import LabError

ACCOUNT = "[robot]\nsecret = rs\npermit = 127.0.0.0/255.0.0.0\nread = call\nwrite = call\n"
PLAN = "[robots]\nexten => s,1,Wait(1)\n"


def test_it_boots_without_a_complaint(asterisk_prefix: Path) -> None:
    with start_carrier() as carrier, start_pbx(carrier) as pbx:
        for node in (pbx, carrier):
            assert not re.search(r"ERROR|WARNING", node.complaints()), node.complaints()


def test_its_command_line_answers(plain_pbx: AsteriskNode) -> None:
    assert plain_pbx.cli("core show version").startswith("Asterisk ")


def test_bridges_never_bypass_the_server(plain_pbx: AsteriskNode) -> None:
    """With bridge_native_rtp, barging reaches the parties of a call at random."""
    assert "0 modules loaded" in plain_pbx.cli("module show like bridge_native_rtp")


def test_extra_files_are_read(carrier: Carrier) -> None:
    files = {"manager.d/robot.conf": ACCOUNT, "extensions.d/robots.conf": PLAN}
    with start_pbx(carrier, files, agents=1, name="extra") as node:
        with Ami(node.ami_host, node.ami_port, "robot", "rs") as robot:
            assert robot.action("Ping")["Response"] == "Success"
        assert "Wait(1)" in node.cli("dialplan show robots")
        assert "1002" not in node.cli("pjsip show endpoints")


def test_a_wrong_secret_is_refused(plain_pbx: AsteriskNode) -> None:
    with pytest.raises(LabError, match="refused the account 'lab'"):
        Ami(plain_pbx.ami_host, plain_pbx.ami_port, "lab", "guess")


def test_it_comes_back_at_the_same_address_after_restart_and_kill(carrier: Carrier) -> None:
    with start_pbx(carrier, agents=1, name="again") as node:
        first = node.pid
        node.restart()
        second = node.pid
        node.kill()
        with pytest.raises(LabError, match="'again' is not running"):
            _ = node.pid
        node.start()
        assert len({first, second, node.pid}) == 3
        assert node.cli("core show uptime")
    assert not node.run_dir.exists()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(
    carrier: Carrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    broken = {"modules.d/broken.conf": "require = app_of_nobody.so\n"}
    with pytest.raises(LabError, match=r"'broken' did not start: .*app_of_nobody"):
        start_pbx(carrier, broken, name="broken")
    assert list(tmp_path.iterdir()) == []


def test_dialplanes_own_files_load_without_a_complaint(carrier: Carrier) -> None:
    files = asterisk_files(secret="s" * 16, regex_filters=not carrier.build.event_filters_by_name)
    with start_pbx(carrier, files) as fresh:
        assert not re.search(r"ERROR|WARNING", fresh.complaints()), fresh.complaints()
        assert "dialplane-answered" in fresh.cli("dialplan show dialplane-answered")
        assert fresh.build.version >= (18, 0)
