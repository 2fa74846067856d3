"""A campaign is dialled, goes wrong in every way there is, and no log names anybody or a secret."""

import json
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage import imports
from storage.lead_rows import NewLead
from tests.workers.programs import Programs

Until = Callable[..., None]
SECRET = "c4naryS3cret0fTheSite"
NAME = "Canaria Zeisig"


@pytest.fixture
def site(make_site: Callable[..., Any], programs: Programs) -> Any:
    """A campaign on a PBX of its own, whose leads are the canaries."""
    place = type("Anywhere", (), {"environ": {"DIALPLANE_FAKE_PBX_PASSWORD": SECRET}})
    world = "fake://demo?talk=2&answer=0.5&ring=1"
    pbx = programs(place, "fake-pbx", "--ami", "0", "--json", "--world", world)
    assert pbx.stdout is not None
    port = json.loads(pbx.stdout.readline())["ami"]["port"]
    site = make_site(pbx=f"ami://dialplane:{SECRET}@127.0.0.1:{port}")
    site.pbx = pbx
    site.campaign(leads=0, agents=4)
    leads = [NewLead(f"+1212555{n:04d}", name=NAME) for n in range(400)]
    imports.import_leads(site.store, "spring", leads, datetime.now(UTC))
    return site


def test_no_number_name_or_secret_is_in_any_log(
    site: Any, programs: Programs, until: Until, tmp_path: Path
) -> None:
    environ = {
        "DIALPLANE_LOG_LEVEL": "debug",
        "DIALPLANE_LOG_FORMAT": "json",
        "DIALPLANE_SIMULATED_AGENTS": "4",
        "DIALPLANE_DIAL_WORKERS": "1",
        "DIALPLANE_WEBHOOK_URL": "https://127.0.0.1:9/calls?key=" + SECRET,
        "DIALPLANE_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "DIALPLANE_WEB_TOKEN": SECRET * 2,
    }
    worker = programs(site, "worker", **environ)
    server = programs(site, "serve", "--port", "0", "--json", **environ)
    until(lambda: sum(row.outcome == "connected" for row in site.attempts()) > 2, 100)
    assert server.stdout is not None
    url = json.loads(server.stdout.readline())["told"].split()[1].rstrip(";")
    httpx.get(f"{url}/+12125550001?token={SECRET}")
    httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {SECRET}"})
    os.killpg(site.pbx.pid, signal.SIGKILL)  # and the link is lost in the middle of calls
    until(lambda: "the link is lost" in programs.log(1).read_text(), 20)
    until(lambda: "message " in programs.log(1).read_text(), 20)
    worker.terminate()
    worker.terminate()
    assert worker.wait(40) == 0
    server.terminate()
    assert server.wait(20) == 0

    assert worker.stdout is not None
    found = [json.loads(line) for line in programs.log(1).read_text().splitlines()]
    check_fields(found, {str(row.id) for row in site.attempts()})
    logs = [path.read_text() for path in sorted(tmp_path.glob("log-*"))]
    logs += [worker.stdout.read(), server.stdout.read()]
    numbers = {row.number for row in site.attempts()}
    assert len(numbers) > 5
    for text in logs:
        assert SECRET not in text
        assert NAME not in text
        assert "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" not in text
        for number in numbers:
            assert number.lstrip("+") not in text


def check_fields(found: list[dict[str, Any]], attempts: set[str]) -> None:
    """Each line is an object that says what it is about."""
    for line in found:
        assert {"time", "level", "logger", "message"} <= set(line)
        told = datetime.fromisoformat(line["time"])
        assert told.utcoffset() == timedelta(0)
    [over, *_] = [line for line in found if line["message"].startswith("an attempt ended")]
    assert over["campaign"] == "spring"
    assert over["call"] in attempts
    [lost, *_] = [line for line in found if "the link is lost" in line["message"]]
    assert (lost["level"], lost["node"], lost["campaign"]) == ("warning", "main", "spring")
