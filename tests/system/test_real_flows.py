"""The example campaigns on a real Asterisk, from the list to the ear and to the answers in the
database: each customer presses real keys, and hears what the walk plays for the same keys.

Every prompt is a tone of its own, and the carrier records what its customers hear. A voice and
endpoints on the web answer as a site's would.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from dialplan_templates.flows import asterisk_flow_files
from lab.asterisk import AsteriskNode
from lab.audio import whole
from lab.carrier import Carrier
from lab.wait import until
from storage import attempts
from storage.reports import report
from storage.tables.flows import FLOW_RECORDINGS
from tests.system.answered import Answering, answering
from tests.system.came import by_the_site, by_the_walk
from tests.system.customers import ACCOUNT, Customer, Fingers, walked
from tests.system.examples import Dialled, Example, examples
from tests.system.tuned import Tuning, tones, tuned
from workers.settings_file import load_settings

SiteOf = Callable[[int], Any]
ZOE = {"first_name": "Zoë (x), ${EPOCH}", "due": "12.50", "when": "at ten"}
HUM = 850
ANSWERS = {
    "slots": {"offer": "0930"},
    "identify": {"is_right": "yes"},
    "move-appointment": {},
    "confirm-appointment": {},
    "promise": {},
    "cancel-appointment": None,
}
CUSTOMERS = [
    Customer("survey", "+12125557701", ["1", "1", "2", "#", "1"], ZOE),
    Customer("survey", "+12125557702", ["4", "1", "5", "1"]),
    Customer("survey", "+12125557703", ["9"], ZOE),
    Customer("opt-out", "+12125557704", ["1"]),
    Customer("opt-out", "+12125557705", ["2"]),
    Customer("appointment", "+12125557706", ["2", "1224", "0930", "1"], ZOE),
    Customer("appointment", "+12125557707", ["3"], ZOE),
    Customer("appointment", "+12125557801", [], ZOE),
    Customer("payment", "+12125557708", ["1", "1980", "1"], ZOE),
    Customer("payment", "+12125557709", ["1", "1980", "2", "1224"], ZOE),
    Customer("payment", "+12125557710", ["1", "1980", "3", "0930"], ZOE),
    Customer("press-one", "+12125557711", ["1"]),
    Customer("press-one", "+12125557712", ["9"]),
]


@pytest.fixture
def pbx_url(ami_url: str) -> str:
    """The Asterisk that other tests use, too."""
    return ami_url


@pytest.fixture(autouse=True)
def brief(carrier: Carrier) -> Iterator[None]:
    """Who is called by a transfer talks for a second."""
    carrier.talk(1.0)
    yield
    carrier.talk(5.0)


@pytest.fixture
def web() -> Iterator[Answering]:
    with answering() as there:
        there.answers |= ANSWERS
        yield there


def install(pbx: AsteriskNode, found: list[Example]) -> dict[str, Tuning]:
    """The flows as they are rendered, and a tone for each of their prompts; by campaign."""
    tunings, rendered = {}, dict[str, str]()
    for example in found:
        flow, *called = example.flows.values()
        rendered |= asterisk_flow_files(flow, called)
        tunings[example.name] = tuned(example.flows.values())
        tunings[example.name].write(pbx.sounds_dir)
    pbx.write({**rendered, "manager.d/ears.conf": ACCOUNT})
    pbx.cli("dialplan reload")
    pbx.cli("manager reload")
    return tunings


@pytest.mark.slow
def test_every_example_is_heard_and_answered_as_the_walk_has_it(
    site_of: SiteOf, asterisk: AsteriskNode, carrier: Carrier, web: Answering, tmp_path: Path
) -> None:
    found = examples(CUSTOMERS)
    tunings = install(asterisk, found)
    site = site_of(0)
    for example, customer in called(found):
        says = walked(customer, example.flows, ANSWERS, datetime.now(UTC)).says
        hertz = tunings[example.name].hertz
        web.sounds |= {text: hertz[prompt] for text, prompt in says.items()}
    dial(site, web, tmp_path, found, Fingers(asterisk, carrier, CUSTOMERS, whose(site)))
    assert asterisk.hang_up_all()

    rows = {row.number: row for row in attempts.page(site.store, limit=1000)}
    differs = []
    for example, customer in called(found):
        row, campaign = rows[customer.number], example.campaign()
        assert row.answered_at is not None
        walk = walked(customer, example.flows, ANSWERS, row.answered_at)
        heard = tunings[example.name].heard(recorded(carrier, customer.number))
        came = by_the_site(site.store, row, campaign, walk.walk, heard)
        differs.append((customer.number, by_the_walk(walk, campaign).differs(came)))
    assert [each for each in differs if each[1]] == []
    assert web.asked >= {"slots", "move-appointment", "cancel-appointment", "identify", "promise"}
    assert answers_of(site, found) == {
        "visit": {"very-bad": 1, "very-good": 1},
        "have_us_again": {"no": 1, "yes": 1},
    }
    agents = [row.agent for row in rows.values() if row.agent is not None]
    assert len(agents) >= 2
    voices = [recorded(carrier, agent.removeprefix("agent-")) for agent in agents]
    for voice in (*voices, complaint(site, asterisk)):
        assert tones(voice, [HUM]) == [HUM]


def called(found: list[Example]) -> Iterator[tuple[Example, Customer]]:
    yield from ((example, customer) for example in found for customer in example.customers)


def whose(site: Any) -> Callable[[str], str]:
    """The number that a call went to, by its id on the PBX."""
    return lambda call: attempts.show(site.store, UUID(call)).number


def dial(site: Any, web: Answering, home: Path, found: list[Example], fingers: Fingers) -> None:
    """Until everybody was called, and has pressed what he presses."""
    file = home / "dialplane.toml"
    file.touch(mode=0o600)
    file.write_text(web.settings())
    with fingers, Dialled(site, load_settings(home, site.environ), found) as dialled:
        dialled.until_over()


def answers_of(site: Any, found: list[Example]) -> dict[str, dict[str, int]]:
    """By question, as `dialplane campaign report` tells them."""
    survey = next(each for each in found if each.name == "survey")
    return report(site.store, survey.campaign(), datetime.now(UTC)).answers


def complaint(site: Any, pbx: AsteriskNode) -> Path:
    """What the one customer has said who was asked to."""
    with site.store.reading() as connection:
        path: str = connection.execute(select(FLOW_RECORDINGS.c.path)).scalar_one()
    return pbx.monitor_dir / f"{path}.wav"


def recorded(carrier: Carrier, number: str) -> Path:
    recording = carrier.heard(number)
    assert until(lambda: whole(recording), 5)
    return recording
