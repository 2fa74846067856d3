"""Customers call in to a real PBX, and the workers that serve them are lost on the way.

On an Asterisk of the lab, and on the FreeSWITCH that DIALPLANE_TEST_FREESWITCH names, if any.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from campaigns.flow.file import load_alone
from cli.campaign_files import read_campaign
from dialplan_templates.flows import asterisk_flow_files
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from lab.esl import Esl
from lab.wait import until
from storage import dnc, imports, inbound, leads
from storage.lead_rows import NewLead
from storage.tables.inbound import InboundRow
from tests.contract import harness_freeswitch as freeswitch
from tests.dialplan_templates.calling import quiet

FREESWITCH = os.environ.get("DIALPLANE_TEST_FREESWITCH", "")
NAMED = [pytest.param("freeswitch", marks=pytest.mark.freeswitch)] if FREESWITCH else []

SiteOf = Callable[[int], Any]
LINE = {"inbound": {"lines": ["support"], "wait": "5m"}, "amd": {"enabled": False}}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A PBX with the world behind it, from which people with a number call the line `support`."""

    url: str
    call_in: Callable[[str], str]
    give_up: Callable[[str], None]


@pytest.fixture(params=[pytest.param("asterisk", marks=pytest.mark.asterisk), *NAMED])
def exchange(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    yield from {"asterisk": asterisk, "freeswitch": named}[request.param](request)


def asterisk(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    (node, url), carrier = (request.getfixturevalue(name) for name in ("pbx", "carrier"))
    yield Exchange(url, partial(carrier.call_in, node, "support"), carrier.give_up)


def named(_: pytest.FixtureRequest) -> Iterator[Exchange]:
    where = urlsplit(FREESWITCH)
    at = str(where.hostname), int(where.port or 8021), str(where.password)
    call_in = partial(freeswitch.call_in, at, freeswitch.LINES.format(line="support"))
    url = f"{FREESWITCH.partition('?')[0]}?{freeswitch.WORLD}"
    yield Exchange(url, call_in, partial(freeswitch.hang_up, at))
    with Esl(*at) as session:
        session.api("hupall")
        assert until(lambda: session.api("show channels count") == "0 total.", 10)


@pytest.fixture
def pbx_url(exchange: Exchange) -> str:
    return exchange.url


class Callers:
    """Who has called in: each with a number of its own, and the row that is about it."""

    def __init__(self, site: Any, exchange: Exchange) -> None:
        self._site, self._exchange = site, exchange
        self._names: dict[str, str] = {}

    def call_in(self, name: str) -> None:
        number = f"+49305550{len(self._names):03d}"
        self._names[name] = number
        self._names[f"{name} on the line"] = self._exchange.call_in(number)

    def leaves(self, name: str) -> None:
        self._exchange.give_up(self._names[f"{name} on the line"])

    def row(self, name: str) -> InboundRow | None:
        rows = [row for row in self.rows() if row.caller == self._names[name]]
        assert len(rows) <= 1, "a call has one row"
        return rows[0] if rows else None

    def rows(self) -> list[InboundRow]:
        return inbound.page(self._site.store, "real", 1000)

    def talks(self, name: str) -> bool:
        row = self.row(name)
        return row is not None and row.connected_at is not None and row.ended_at is None

    def waits(self, name: str) -> bool:
        row = self.row(name)
        return row is not None and row.connected_at is None and row.ended_at is None

    def outcome(self, name: str) -> str:
        row = self.row(name)
        return row.outcome if row is not None else ""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_callers_outlive_the_worker_that_serves_them(site_of: SiteOf, exchange: Exchange) -> None:
    site = site_of(2)
    people = Callers(site, exchange)
    site.campaign([], **LINE)
    site.worker()
    site.worker()
    people.call_in("ada")
    people.call_in("bo")
    site.until(lambda: people.talks("ada") and people.talks("bo"), 60)
    people.call_in("cid")
    people.call_in("dee")
    site.until(lambda: people.waits("cid") and people.waits("dee"), 20)
    talking = people.row("ada")
    assert talking is not None

    site.kill(site.who_dials())  # ada and bo talk on, cid and dee wait on
    people.leaves("dee")
    people.call_in("eve")
    site.until(lambda: people.waits("eve"), 30)
    found = people.row("ada")
    assert found is not None
    assert (found.connected_at, found.ended_at) == (talking.connected_at, None)
    site.until(lambda: people.outcome("dee") in ("lost", "given_up"), 20)

    people.leaves("ada")
    site.until(lambda: people.talks("cid"), 30)  # before eve, who has come later
    assert people.outcome("ada") == "answered"
    people.leaves("bo")
    site.until(lambda: people.talks("eve"), 30)
    for name in ("cid", "eve"):
        people.leaves(name)
        site.until(lambda name=name: people.outcome(name) == "answered", 20)
    assert len(people.rows()) == 5
    assert all(row.lead_id is None and row.line == "support" for row in people.rows())
    assert site.report().inbound.answered == 4
    assert site.broken() == {}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_who_calls_in_while_nobody_works_is_found(site_of: SiteOf, exchange: Exchange) -> None:
    site = site_of(1)
    people = Callers(site, exchange)
    site.campaign([], **LINE)
    site.worker()
    people.call_in("ada")
    site.until(lambda: people.talks("ada"), 60)
    site.kill(site.who_dials())
    people.call_in("bo")
    people.leaves("ada")
    site.worker()
    site.until(lambda: people.talks("bo"), 60)
    assert people.outcome("ada") == "answered"
    people.leaves("bo")
    site.until(lambda: people.outcome("bo") == "answered", 20)
    assert len(people.rows()) == 2


# --- through a flow -----------------------------------------------------------------------------


EXAMPLES = Path(str(files("campaigns"))) / "examples"
OPTED_OUT = "opted out in a flow of campaign real, calling in"
CONFIRMS = 15.0  # seconds, which outlast the loss of a worker
FAR_OFF = datetime(2100, 1, 1, tzinfo=UTC)


def opt_out_line(node: AsteriskNode) -> tuple[dict[str, Any], dict[str, str]]:
    """The line and the flow of the example `opt-out.yaml`, whose office never closes and whose
    agents are ours; put in place on the Asterisk."""
    text = (EXAMPLES / "flows" / "opt-out.yaml").read_text().replace("agent: service", "agent: any")
    text = re.sub(
        r"open: \{.*\}\n", "open: {timezone: UTC, hours: [{from: 00:00, to: 24:00}]}\n", text
    )
    flow = load_alone(text, "opt-out.yaml")
    for prompt in flow.prompts:
        quiet(
            node.sounds_dir / flow.name / f"{prompt}.wav", CONFIRMS if prompt == "removed" else 0.3
        )
    node.write(asterisk_flow_files(flow))
    node.cli("dialplan reload")
    example = read_campaign(EXAMPLES / "opt-out.yaml").campaign
    assert example.inbound is not None
    parts = {
        "inbound": example.inbound.model_dump(exclude={"wait", "message"}),
        "dispositions": [d.model_dump() for d in example.dispositions],
        "default_disposition": example.default_disposition,
        "amd": {"enabled": False},
    }
    return parts, {"opt-out": text}


class FlowLine(Callers):
    """Callers on the line of the example, who press keys at the carrier."""

    def __init__(self, site: Any, node: AsteriskNode, carrier: Carrier) -> None:
        call_in = partial(carrier.call_in, node, "opt-out")
        super().__init__(site, Exchange("", call_in, carrier.give_up))
        self._node, self._carrier = node, carrier

    def number(self, name: str) -> str:
        return self._names[name]

    def presses(self, name: str, key: str) -> None:
        self._carrier.caller_presses(self._names[f"{name} on the line"], key)

    def listened_to(self, name: str) -> bool:
        """Whether the menu waits for a key of the caller's."""
        digits = self.number(name).lstrip("+")
        lines = self._node.cli("core show channels concise").splitlines()
        at = [line.split("!") for line in lines]
        return any(
            (part[1], part[2], part[5]) == ("dialplane-flow-opt-out", "hello", "Read")
            and digits in part[7]
            for part in at
        )


@pytest.mark.asterisk
@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("exchange", ["asterisk"], indirect=True)  # where its flow is installed
def test_the_opt_out_line_answers_its_callers(
    site_of: SiteOf, pbx: tuple[AsteriskNode, str], carrier: Carrier
) -> None:
    """To the number on the do-not-call list, over the loss of a worker, with keys of the phone."""
    site, (node, _) = site_of(1), pbx
    parts, flows = opt_out_line(node)
    people = FlowLine(site, node, carrier)
    lead = "+49305550000"  # ada's, who is on the list and has been called before
    site.campaign([], flows=flows, **parts)
    imports.import_leads(site.store, "real", [NewLead(lead)], FAR_OFF)
    site.worker()
    site.worker()

    people.call_in("ada")
    assert people.number("ada") == lead
    site.until(lambda: people.listened_to("ada"), 60)
    people.presses("ada", "1")
    site.until(lambda: dnc.check(site.store, lead), 10)
    assert people.outcome("ada") == "", "at once, while it is still being confirmed"
    [entry] = dnc.check(site.store, lead)
    assert entry.source == OPTED_OUT
    site.until(lambda: people.outcome("ada") == "heard", 30)
    ada = people.row("ada")
    assert ada is not None
    assert (ada.disposition, ada.opted_out_at is not None) == ("opted-out", True)
    assert ada.lead_id is not None
    assert leads.show(site.store, ada.lead_id).state == "suppressed"

    people.call_in("bo")
    site.until(lambda: people.listened_to("bo"), 20)
    people.presses("bo", "2")
    site.until(lambda: people.talks("bo"), 30)
    people.call_in("cid")
    site.until(lambda: people.listened_to("cid"), 20)
    site.kill(site.who_dials())
    people.presses("cid", "1")  # nobody hears it, and the PBX keeps it
    people.call_in("dee")
    people.leaves("bo")
    site.until(lambda: dnc.check(site.store, people.number("cid")), 30)
    site.until(lambda: people.outcome("bo") == "answered", 20)
    site.until(lambda: people.listened_to("dee"), 40)
    people.leaves("dee")
    site.until(lambda: people.outcome("dee") == "given_up", 20)
    site.until(lambda: people.outcome("cid") == "heard", 40)
    found = site.report().inbound
    assert (found.calls, found.answered, found.heard, found.given_up) == (4, 1, 2, 1)
    assert (found.asked, found.opted_out, found.without_number, found.open) == (1, 2, 0, 0)
    assert [entry.source for entry in dnc.check(site.store, people.number("cid"))] == [OPTED_OUT]
    assert not dnc.check(site.store, people.number("bo"))
    assert not site.attempts(), "nobody was dialled"
