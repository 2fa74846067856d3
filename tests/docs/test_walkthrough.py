"""From a stock Asterisk to the answers, with docs/ivr.md alone: what the page says is typed, on a
real Asterisk with a carrier behind it, and what it says is seen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from lab.wait import until
from storage import campaigns
from storage.engine import Store, open_store
from storage.flow_answers import surveyed
from tests.conftest import had
from tests.docs.forks import forked
from tests.docs.page import Page
from tests.docs.walkthrough import Part, Shell, ended, missing, parts_of, sees
from workers.settings_file import load_settings

HEAD = "From a stock Asterisk to the answers"
MODULES = "load = res_pjsip_outbound_registration.so\n"
SECONDS = 60


@pytest.fixture
def stock(asterisk_prefix: Path) -> Iterator[AsteriskNode]:
    """An Asterisk with nothing of ours and no trunk; only `manager.conf` includes others' files."""
    with had(lambda: AsteriskNode("stock", "pbx", {})) as node:
        node.write({
            "extensions.conf": "[general]\n", "confbridge.conf": "[general]\n", "pjsip.conf": "",
            "modules.d/own.conf": MODULES,
        })  # fmt: skip
        node.start()
        yield node


@pytest.fixture
def shell(stock: AsteriskNode, carrier: Carrier, espeak: Path, tmp_path: Path) -> Iterator[Shell]:
    """The reader's own: carrier, hours, and customers who press 1 then 2, and 2 then 1."""
    shell = Shell(tmp_path, {
        "host: sip.carrier.example": f"host: {carrier.address}\n    port: {carrier.sip_port}",
        "bind: 0.0.0.0": f"bind: {stock.address}, port: {stock.sip_port}",
        "timezone: customer": "timezone: UTC",
        "{from: 10:00, to: 19:00}": '{from: "00:00", to: "24:00"}',
        "+12125550110": "+12125557612",
        "+12125550111": "+12125557621",
    })  # fmt: skip
    with forked(shell):
        shell.has_asterisk(stock, espeak)
        yield shell


@pytest.mark.slow
def test_the_page_leads_to_the_answers_and_shows_what_is_seen(
    page: dict[str, Page], shell: Shell
) -> None:
    typed = list(parts_of(page["ivr.md"].section(HEAD)))
    up = next(i for i, part in enumerate(typed) if part.typed.strip() == "dialplane up")
    shell.save(page["ivr.md"].saved())
    for part in typed[:up]:
        sees(shell, part)
    running = shell.leave_up(typed[up].typed)
    try:
        started, told = typed[up + 1 :]
        sees(
            shell, Part(started.typed.replace("dialplane campaign watch visit", "#"), started.seen)
        )
        with opened(shell.at) as store:
            assert until(lambda: counted(store) == 2, SECONDS, every=0.5), shell.type(
                "dialplane attempts list"
            )
        sees(shell, told)
        found = json.loads(shell.type("dialplane campaign answers visit --json"))["questions"]
    finally:
        ended(running)
    assert found["visit"]["answers"] == {"good": 1, "not_good": 1}
    assert found["come_again"]["answers"] == {"no": 1, "yes": 1}


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """The database of the reader's site, for whom a command each time would take a core."""
    store = open_store(load_settings(folder / ".dialplane", {}).database_url.get_secret_value())
    yield store
    store.close()


def counted(store: Store) -> int:
    """Calls that have answered every question."""
    needs = campaigns.get(store, "visit").needs()
    assert needs is not None
    return surveyed(store, "visit", needs, datetime.now(UTC)).whole


def test_what_is_not_seen_is_missed() -> None:
    [part] = parts_of("```sh\ndialplane x\n```\n\n```text\nmade ... files\n1 file\n```\n")
    assert missing(part, "made  2 files\n") == ["1 file"]
