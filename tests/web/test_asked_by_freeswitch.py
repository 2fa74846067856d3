"""The dialplan of docs/hooks.md that asks who calls, on a real FreeSWITCH with mod_curl.

DIALPLANE_FREESWITCH names its program. It asks a real `dialplane serve`, and others in its place.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from dialplan_templates.pbx_file.file import load
from dialplan_templates.trunks_freeswitch import freeswitch_pbx_files
from lab.freeswitch import FreeswitchCalled
from lab.wait import until
from tests.web.asked import PASSWORD, placed, somebody
from tests.web.test_serve import served

PROGRAM = os.environ.get("DIALPLANE_FREESWITCH", "")
pytestmark = [
    pytest.mark.freeswitch,
    pytest.mark.skipif(not PROGRAM, reason="DIALPLANE_FREESWITCH names no FreeSWITCH"),
]
PAGE = Path(__file__).parents[2] / "docs/hooks.md"
LINES = """\
lines:
  - {number: "4930123456", line: support}
  - {number: "12125550100", line: opt-out}
"""
PUBLIC = """\
<include>
  <extension name="asks">
    <condition field="destination_number" expression="^700$">
      <action application="transfer" data="4930123456 XML who-calls"/>
    </condition>
  </extension>
</include>
"""


@pytest.fixture
def node() -> Iterator[FreeswitchCalled]:
    with FreeswitchCalled() as made:
        (made.conf / "sip_profiles/external").mkdir(parents=True)
        made.write({**freeswitch_pbx_files(load(LINES), {}), "dialplan/public/asks.xml": PUBLIC})
        made.start()
        if made.api("module_exists mod_curl") != "true":
            pytest.skip("this FreeSWITCH has no mod_curl")
        yield made


def documented() -> str:
    """The dialplan that the page shows."""
    _, _, rest = PAGE.read_text().partition('<include>\n  <context name="who-calls">')
    shown, _, _ = rest.partition("```")
    return f'<include>\n  <context name="who-calls">{shown}'


def line_of(node: FreeswitchCalled, caller: str, address: str, password: str = PASSWORD) -> str:
    """The line to which that dialplan brings a caller, who then hangs up."""
    text = documented().replace("127.0.0.1:8470", address).replace("PASSWORD", password)
    node.write({"dialplan/who-calls.xml": text})
    assert node.api("reloadxml").startswith("+OK")
    phone = str(uuid4())
    known = f"origination_uuid={phone},origination_caller_id_number='{caller}'"
    told = node.api(f"originate {{{known}}}sofia/external/700@127.0.0.1:{node.sip_port} &park()")
    assert told == f"+OK {phone}"
    other = until(lambda: next((c for c in channels(node) if c != phone), ""), 10)
    account = node.api(f"uuid_getvar {other} accountcode")
    assert password not in node.api(f"uuid_dump {other}")
    node.api("hupall")
    assert until(lambda: not channels(node), 10)
    return account.removeprefix("dialplane-line-")


def channels(node: FreeswitchCalled) -> list[str]:
    return [row["uuid"] for row in node.rows("channels")]


def test_who_was_called_comes_to_the_line_of_the_campaign_and_anybody_else_to_the_first(
    node: FreeswitchCalled, make_site: Callable[..., Any], start: Any, tmp_path: Path,
    unused_tcp_port: int,
) -> None:  # fmt: skip
    site = make_site()
    called = placed(site)
    (tmp_path / "dialplane.toml").write_text(f'[hooks]\npassword = "{PASSWORD}"\n')
    with served(start, site) as client:
        address = urlsplit(str(client.base_url)).netloc
        asked = client.get("/pbx/main/caller", params={"number": called}, auth=("main", PASSWORD))
        assert asked.json()["line"] == "opt-out"
        assert line_of(node, called, address) == "opt-out"
        assert line_of(node, f"00{called[1:]}", address) == "opt-out"
        for stranger in ("+4930987654", "anonymous", "0301234", f"{called}&x=1", "${hostname}"):
            assert line_of(node, stranger, address) == "support"
        assert line_of(node, called, address, "WrongPassword") == "support"
    assert line_of(node, called, f"127.0.0.1:{unused_tcp_port}") == "support"
    with somebody(b"") as address:
        assert line_of(node, called, address) == "support"
    ran = tmp_path / "ran"
    for text in (f"${{system(touch {ran})}}", "opt-out${x}", "opt-out\nX", "x|opt-out", "opt-outs"):
        with somebody(text.encode()) as address:
            assert line_of(node, called, address) == "support", text
    with somebody(b"opt-out") as address:
        assert line_of(node, called, address) == "opt-out"
    assert not ran.exists()
