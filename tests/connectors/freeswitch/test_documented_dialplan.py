"""What docs/freeswitch.md has people write is what the real server was tested with."""

import re
from pathlib import Path

from connectors.freeswitch import chain

ROOT = Path(__file__).parents[3]
ACTION = re.compile(r'<action application="(\w+)"(?: data="([^"]*)")?/>')


def applications(path: str, extension: str) -> list[str]:
    """What an extension that a file shows runs, as a chain of ours would write it."""
    text = (ROOT / path).read_text(encoding="utf-8")
    _, _, rest = text.partition(f'<extension name="{extension}">')
    shown, _, _ = rest.partition("</extension>")
    return [":".join(filter(None, found)) for found in ACTION.findall(shown)]


DOCUMENTED = applications("docs/freeswitch.md", "dialplane-support")


def test_a_line_is_what_the_tests_dial() -> None:
    tested = applications("lab/templates/freeswitch/world.xml", "line")
    assert [text.replace("$1", "support") for text in tested] == DOCUMENTED


def test_callers_wait_after_a_message_as_they_did_before() -> None:
    assert set(chain.MUSIC) < set(DOCUMENTED)
    assert DOCUMENTED[-2:] == list(chain.MUSIC[-2:])


def test_it_tells_by_the_name_that_we_listen_for() -> None:
    assert chain.event(chain.ARRIVED) in DOCUMENTED
