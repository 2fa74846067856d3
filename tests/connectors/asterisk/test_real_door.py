"""A real Asterisk whose manager listens on every address, IPv6 ones too: who is let in."""

from collections.abc import Iterator

import pytest

from connectors.asterisk import url as urls
from connectors.asterisk.login import log_in
from connectors.asterisk.session import Session
from dialplan_templates.doors import LOOPBACK
from dialplan_templates.render import asterisk_files
from lab.ami import Ami
from lab.asterisk import AsteriskNode, start_pbx
from lab.carrier import Carrier
from lab.errors import LabError

SECRET = "a-secret-of-this-test-alone"
IPV4, IPV6 = "127.0.0.1", "::1"
USERS = {
    "here": (LOOPBACK, {IPV4, IPV6}),
    "elsewhere": ("10.9.9.9", set[str]()),
    "elsewhere6": ("fd00::9", set[str]()),
    "onlyfour": ("127.0.0.0/8", {IPV4}),
    "onlysix": ("::1", {IPV6}),
}


@pytest.fixture(scope="module")
def node(carrier: Carrier) -> Iterator[AsteriskNode]:
    files = asterisk_files(secret=SECRET, regex_filters=True)
    for user, (permit, _) in USERS.items():
        made = asterisk_files(secret=SECRET, user=user, permit=permit, regex_filters=True)
        files[f"manager.d/{user}.conf"] = made["manager.d/dialplane.conf"]
    with start_pbx(carrier, files, agents=1, name="door") as started:
        started.stop()
        general = started.run_dir / "etc/manager.conf"
        bind = f"bindaddr = {started.address}\n"
        text = general.read_text()
        assert bind in text
        general.write_text(text.replace(bind, "bindaddr = ::\n"))
        started.start()
        yield started


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("address", [IPV4, IPV6])
def test_who_is_not_permitted_is_let_in_by_neither_protocol(
    node: AsteriskNode, user: str, address: str
) -> None:
    assert is_let_in(node, user, address) is (address in USERS[user][1])


def is_let_in(node: AsteriskNode, user: str, address: str) -> bool:
    try:
        Ami(address, node.ami_port, user, SECRET).close()
    except LabError:
        return False
    return True


async def test_a_connector_finds_its_way_over_ipv6(node: AsteriskNode) -> None:
    session = Session(lambda message: None, lambda session, why: None)
    address = urls.read(f"ami://dialplane:{SECRET}@[::1]:{node.ami_port}")
    assert await log_in("door", address, session) == []
    await session.leave()
