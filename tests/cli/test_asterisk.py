"""What the commands say of a real Asterisk, and of each way in which one lets us in wrongly."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialplan_templates.render import asterisk_files
from lab.asterisk import AsteriskNode, start_pbx
from lab.carrier import Carrier

SECRET = "0123456789abcdef0123456789abcdef"
ROOT = f"\n[root]\nsecret = {SECRET}\npermit = 127.0.0.0/255.0.0.0\nread = all\nwrite = all\n"


@pytest.fixture(scope="module")
def asterisk(carrier: Carrier) -> Iterator[AsteriskNode]:
    """An Asterisk with Dialplane's own files, and one user more, who may do everything."""
    by_name = carrier.build.event_filters_by_name
    files = asterisk_files(secret=SECRET, permit="127.0.0.0/255.0.0.0", regex_filters=not by_name)
    manager = next(name for name in files if name.startswith("manager.d/"))
    files[manager] += ROOT
    with start_pbx(carrier, files, agents=1) as node:
        yield node


@pytest.fixture
def at(asterisk: AsteriskNode, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the site's PBX this Asterisk, for a user and a secret."""

    def use(user: str = "dialplane", secret: str = SECRET) -> None:
        where = f"{asterisk.ami_host}:{asterisk.ami_port}"
        monkeypatch.setenv("DIALPLANE_PBX_MAIN", f"ami://{user}:{secret}@{where}")

    return use


def doctor(run: Any) -> list[dict[str, Any]]:
    found = json.loads(run("doctor", "--json").out)["findings"]
    return [f for f in found if f["part"] == "pbx main"]


def test_the_user_that_ships_has_the_rights_it_needs_and_no_more(
    run: Any, site: Path, at: Any
) -> None:
    at()
    assert json.loads(run("pbx", "ping", "--json").out)["up"] is True
    assert run("pbx", "calls", "--json").code == 0
    assert doctor(run)[-1]["words"] == (
        "the AMI user has the rights it needs, and no dangerous ones"
    )


def test_a_user_who_may_do_everything_is_warned_of(run: Any, site: Path, at: Any) -> None:
    at("root")
    finding = doctor(run)[-1]
    assert finding["verdict"] == "warning"
    assert "Command" in finding["words"]
    assert "UpdateConfig" in finding["words"]


def test_a_wrong_password_is_one_sentence(run: Any, site: Path, at: Any) -> None:
    at(secret="f" * 32)
    ran = run("pbx", "calls")
    assert (ran.code, ran.out) == (4, "")
    assert "refuses the AMI user 'dialplane'" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "f" * 32 not in ran.err
    assert doctor(run)[0]["verdict"] == "wrong"


def test_a_test_call_over_a_real_trunk(run: Any, site: Path, at: Any) -> None:
    at()
    call = ("pbx", "originate", "+12125550100", "--trunk", "carrier")
    ran = run(*call, "--caller-id", "+12125550101", "--hold", "0.2", "--json")
    events = [json.loads(line)["event"] for line in ran.lines]
    assert ran.code == 0, ran.err
    assert "Answered" in events
    assert events[-1] == "Ended"
