"""The dialplan of docs/hooks.md that asks who calls, on a real Asterisk with `CURL()`.

It asks a real `dialplane serve`, and others in its place.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dialplan_templates.render import DIALPLAN, PROFILES, asterisk_call_files
from lab.asterisk import AsteriskNode
from lab.wait import until
from tests.web.asked import PASSWORD, placed, somebody
from tests.web.test_serve import served

pytestmark = pytest.mark.asterisk
PAGE = Path(__file__).parents[2] / "docs/hooks.md"
MODULES = "load = res_curl.so\nload = func_curl.so\n"


@pytest.fixture
def node(asterisk_prefix: Path) -> Iterator[AsteriskNode]:
    calls = asterisk_call_files()
    with AsteriskNode("asked", "pbx", {}) as made:
        made.write({"peers.conf": "; none\n", DIALPLAN: calls[DIALPLAN], PROFILES: calls[PROFILES]})
        made.start()
        yield made


def documented() -> str:
    """The dialplan that the page shows."""
    _, _, rest = PAGE.read_text().partition("```ini\n[who-calls]\n")
    shown, _, _ = rest.partition("```")
    return f"[who-calls]\n{shown}"


def line_of(node: AsteriskNode, caller: str, address: str, password: str = PASSWORD) -> str:
    """The line to which that dialplan brings a caller, who then hangs up."""
    text = documented().replace("127.0.0.1:8470", address).replace("PASSWORD", password)
    node.write({"extensions.d/who-calls.conf": text})
    node.cli("dialplan reload")
    call = {"Channel": "Local/700@who-calls/n", "CallerID": caller, "Async": "true",
            "Application": "Wait", "Data": "20"}  # fmt: skip
    with node.ami() as session:
        answer = session.action("Originate", call)
        assert answer["Response"] == "Success", answer
    account = until(lambda: waiting(node), 10)
    node.cli("channel request hangup all")
    assert until(lambda: not node.cli("core show channels concise").strip(), 10)
    return str(account).removeprefix("dialplane-line-")


def waiting(node: AsteriskNode) -> str:
    """The account of the caller who waits on a line; empty: nobody does yet."""
    rows = [row.split("!") for row in node.cli("core show channels concise").splitlines()]
    return next((row[8] for row in rows if len(row) > 8 and row[1] == "dialplane-caller"), "")


def test_who_was_called_comes_to_the_line_of_the_campaign_and_anybody_else_to_the_first(
    node: AsteriskNode, make_site: Callable[..., Any], start: Any, tmp_path: Path,
    unused_tcp_port: int,
) -> None:  # fmt: skip
    site = make_site()
    called = placed(site)
    (tmp_path / "dialplane.toml").write_text(f'[hooks]\npassword = "{PASSWORD}"\n')
    with served(start, site) as client:
        address = urlsplit(str(client.base_url)).netloc
        assert line_of(node, called, address) == "support"  # CURL() is not there
        node.stop()
        node.write({"modules.d/curl.conf": MODULES})
        node.start()
        assert line_of(node, called, address) == "opt-out"
        assert line_of(node, f"00{called[1:]}", address) == "opt-out"
        for stranger in ("+4930987654", "anonymous", f"{called}&x=1"):
            assert line_of(node, stranger, address) == "support"
        assert line_of(node, called, address, "WrongPassword") == "support"
    assert line_of(node, called, f"127.0.0.1:{unused_tcp_port}") == "support"
    with somebody(b"") as address:
        assert line_of(node, called, address) == "support"
    for text in ("${SHELL(id)}", "opt-outs", "x,1)"):
        with somebody(text.encode()) as address:
            assert line_of(node, called, address) == "support", text
    with somebody(b"opt-out") as address:
        assert line_of(node, called, address) == "opt-out"
