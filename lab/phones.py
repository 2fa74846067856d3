"""The PJSIP peers of the lab's pbx: trunks, and agents' phones at fixed contacts.

The phones live in the carrier's Asterisk and do as their extension says, so none of them has to
register. 10xx answers and stays, and so do 20xx to 90xx.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

SPECIAL = (
    *range(1101, 1106),  # answers, plays 440 Hz, records what it hears
    *range(1201, 1206),  # answers, records what it hears
    *range(1301, 1306),  # answers, plays 700 Hz, records what it hears
    *range(1701, 1711),  # answers and hangs up after 1 to 10 s
    *range(1801, 1806),  # rings and is never answered
    *range(1901, 1906),  # is busy
)

TRUNK = """\
[{name}](trunk)
aors = {name}
[{name}]
type = aor
contact = sip:{address}:{port}
[{name}]
type = identify
endpoint = {name}
match = {address}
"""
PHONE = """\
[{phone}](agent)
aors = {phone}
callerid = Agent {phone} <{phone}>
[{phone}]
type = aor
contact = sip:{phone}@{address}:{port}
"""


class SipServer(Protocol):
    """Where a peer's packets go."""

    address: str
    sip_port: int


def peers(trunks: Mapping[str, SipServer], phones: SipServer, agents: int) -> str:
    """peers.conf: the `trunks`, the first `agents` phones and the special ones."""
    return "\n".join([*_trunks(trunks), *_phones(phones, agents)])


def phone_of(nth: int) -> str:
    """The name of the nth agent's phone, from 0: 1001 to 1099, 2001 and on."""
    row, last = divmod(nth, 99)
    return f"{1 + row}0{1 + last:02d}"


def _trunks(trunks: Mapping[str, SipServer]) -> Iterator[str]:
    for name, server in trunks.items():
        yield TRUNK.format(name=name, address=server.address, port=server.sip_port)


def _phones(server: SipServer, agents: int) -> Iterator[str]:
    for phone in (*map(phone_of, range(agents)), *SPECIAL):
        yield PHONE.format(phone=phone, address=server.address, port=server.sip_port)
