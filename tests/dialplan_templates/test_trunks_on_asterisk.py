"""Two real Asterisks on rendered files: a phone's account on one is the other one's trunk."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.asterisk.cdr import CAUSES, detail_of
from connectors.linked.channels import CALL_ACCOUNT
from dialplan_templates.render import asterisk_call_files
from lab.asterisk import AsteriskNode
from lab.loopback import free_port
from lab.wait import until
from tests.conftest import had
from tests.connectors.asterisk.test_tls import CERTIFICATE
from tests.dialplan_templates.pbx_servers import SECRET, server
from tests.dialplan_templates.sip_over_wss import SipOverWss

SECONDS = 15
CARRIER = """\
phones:
  - {name: site, secret: {env: A}, context: world}
  - {name: web, transport: wss, secret: {env: A}, codecs: [ulaw]}
  - {name: safe, transport: tls, srtp: true, secret: {env: A}, codecs: [g722, alaw], dtmf: info}
records: {password: {env: A}}
"""
SITE = """\
trunks:
  - {name: carrier, host: HOST, port: THERE, auth: registration, user: site, secret: {env: A},
     caller_id: pai, context: incoming}
  - {name: known, host: HOST, port: THERE, auth: address, ping: null}
lines:
  - {number: "4930123456", line: support}
"""
STAYS = "[{0}]\nexten => {1},1,Answer()\n same => n,Wait(60)\n"


@pytest.fixture(scope="module")
def carrier_end(asterisk_prefix: Path) -> Iterator[AsteriskNode]:
    with had(lambda: server("far", CARRIER, STAYS.format("world", "_X."))) as node:
        yield node


@pytest.fixture(scope="module")
def site_end(carrier_end: AsteriskNode) -> Iterator[AsteriskNode]:
    source = SITE.replace("HOST", carrier_end.address).replace("THERE", str(carrier_end.sip_port))
    dialplan = asterisk_call_files()["extensions.d/dialplane.conf"]
    own = STAYS.format("incoming", "site") + dialplan
    with had(lambda: server("near", source, own)) as node:
        assert until(lambda: "Registered" in node.cli("pjsip show registrations"), SECONDS)
        yield node


def endpoint(node: AsteriskNode, name: str) -> dict[str, str]:
    """What Asterisk says of an endpoint."""
    told = node.cli(f"pjsip show endpoint {name}")
    return dict(re.findall(r"^ (\w+) +: (.*?) *$", told, re.MULTILINE))


def is_up(node: AsteriskNode, context: str, extension: str) -> bool:
    lines = [line.split("!") for line in node.cli("core show channels concise").splitlines()]
    return any(line[1:3] == [context, extension] and line[4] == "Up" for line in lines)


def dial(node: AsteriskNode, channel: str, call_id: str = "") -> None:
    headers = {"Channel": channel, "Application": "Wait", "Data": "60", "CallerID": "<+4930777>"}
    headers |= {"Async": "true", "Timeout": "3000", "ChannelId": call_id or channel}
    headers |= {"Account": CALL_ACCOUNT}
    with node.ami() as session:
        session.action("Originate", headers)


def test_a_browsers_phone_is_what_was_meant(carrier_end: AsteriskNode) -> None:
    told = endpoint(carrier_end, "web")
    wanted = {"webrtc": "yes", "dtls_auto_generate_cert": "Yes", "media_encryption": "dtls",
              "ice_support": "true", "rtcp_mux": "true", "allow": "(ulaw)",
              "context": "dialplane-nowhere", "identify_by": "username"}  # fmt: skip
    assert {key: told[key] for key in wanted} == wanted


def test_so_is_one_with_encrypted_audio(carrier_end: AsteriskNode) -> None:
    told = endpoint(carrier_end, "safe")
    wanted = {"webrtc": "no", "media_encryption": "sdes", "allow": "(g722|alaw)",
              "dtmf_mode": "info", "direct_media": "false"}  # fmt: skip
    assert {key: told[key] for key in wanted} == wanted


def test_so_is_a_trunk(site_end: AsteriskNode, carrier_end: AsteriskNode) -> None:
    told = endpoint(site_end, "carrier")
    wanted = {"context": "incoming", "from_user": "site", "send_pai": "true",
              "outbound_auth": "carrier", "identify_by": "ip"}  # fmt: skip
    assert {key: told[key] for key in wanted} == wanted
    assert f"match: {carrier_end.address}/32" in site_end.cli("pjsip show identify known").lower()


def test_a_call_that_nobody_answers_has_a_record_with_its_id(carrier_end: AsteriskNode) -> None:
    told = carrier_end.cli("cdr show status")
    assert re.search(r"Log unanswered calls: +Yes", told)
    call_id, begun = uuid4(), datetime.now(UTC)
    dial(carrier_end, "PJSIP/site/sip:7@127.0.0.1:9", call_id=str(call_id))
    records = carrier_end.run_dir / "log/cdr-csv/Master.csv"
    assert until(lambda: records.exists() and str(call_id) in records.read_text(), SECONDS)
    [line] = [line for line in records.read_text().splitlines() if str(call_id) in line]
    detail = detail_of(line)
    assert detail is not None
    assert (detail.call_id, detail.answered_at) == (call_id, None)
    assert detail.cause in set(CAUSES.values()) - {CAUSES["ANSWERED"]}
    assert abs(detail.ended_at - begun) < timedelta(seconds=SECONDS)


def test_a_phone_registers_and_a_call_goes_either_way(
    site_end: AsteriskNode, carrier_end: AsteriskNode
) -> None:
    assert until(lambda: "site@" in carrier_end.cli("pjsip show contacts"), SECONDS)
    dial(site_end, "PJSIP/4711@carrier")
    assert until(lambda: is_up(carrier_end, "world", "4711"), SECONDS)
    assert site_end.hang_up_all()
    dial(carrier_end, "PJSIP/site")
    assert until(lambda: is_up(site_end, "incoming", "site"), SECONDS)
    assert site_end.hang_up_all()


@pytest.mark.parametrize("number", ["4930123456", "+4930123456"])
def test_who_calls_a_number_waits_on_its_line(
    site_end: AsteriskNode, carrier_end: AsteriskNode, number: str
) -> None:
    """By the trunk that is known by its address, and has no context of its own."""
    there = f"PJSIP/site/sip:{number}@{site_end.address}:{site_end.sip_port}"
    dial(carrier_end, there, call_id=str(uuid4()))
    assert until(lambda: is_up(site_end, "dialplane-caller", "wait"), SECONDS)
    assert "!dialplane-line-support!" in site_end.cli("core show channels concise")
    assert site_end.hang_up_all()


def test_a_stranger_who_writes_a_trunks_name_into_from_is_refused(
    site_end: AsteriskNode, carrier_end: AsteriskNode
) -> None:
    """The carrier's own address is the trunk's, so the call comes from a third one."""
    where = f"host: {site_end.address}, port: {site_end.sip_port}"
    source = f"trunks: [{{name: there, {where}, auth: address, user: carrier, caller_id: pai}}]"
    with had(lambda: server("stranger", source)) as stranger:
        dial(stranger, "PJSIP/site@there")
        assert until(lambda: "No matching endpoint found" in site_end.complaints(), SECONDS)
        assert not is_up(site_end, "incoming", "site")


def test_a_browsers_phone_registers_over_wss(asterisk_prefix: Path, tmp_path: Path) -> None:
    keys = tmp_path / "pbx.pem"
    keys.write_bytes(CERTIFICATE.read_bytes())
    port = free_port()
    source = f"""\
phones: [{{name: web, transport: wss, secret: {{env: A}}}}]
transports:
  - {{protocol: wss, bind: 127.0.0.1, port: {port}, certificate: {keys}, key: {keys}}}
"""
    with had(lambda: server("browser", source)) as node, SipOverWss(port) as phone:
        assert phone.register("web", "not-the-secret-0123") == "401"
        assert phone.register("web", SECRET) == "200"
        assert until(lambda: "web@" in node.cli("pjsip show contacts"), SECONDS)


@pytest.mark.parametrize("end", ["site_end", "carrier_end"])
def test_neither_complains(request: pytest.FixtureRequest, end: str) -> None:
    node: AsteriskNode = request.getfixturevalue(end)
    complaints = [line for line in node.complaints().splitlines() if " ERROR[" in line]
    assert complaints == []
