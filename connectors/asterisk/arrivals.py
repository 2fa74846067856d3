"""Calls that come in, and how they are named.

Asterisk names such a channel itself (`1700000000.17`). The call's id is made of that and of the
node's name with us, so that every connector to the node, now and after a restart, makes the same
one.
"""

import re
from dataclasses import dataclass
from uuid import UUID, uuid5

from connectors import incoming

ARRIVED = "DialplaneArrived"
_IDS = UUID("6f0d7a5e-5c0e-4f5e-9d0b-6d9a3c1d2b10")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}", re.ASCII)  # a unique id of Asterisk's


@dataclass(frozen=True, slots=True)
class Naming:
    """`node`: the PBX's name with us. `plus`: its trunks write E.164 with the `+`."""

    node: str = ""
    plus: bool = False

    def call_id(self, name: str) -> UUID | None:
        """The id of the call on the channel with this unique id; None for what is no such id."""
        return uuid5(_IDS, f"{self.node}/{name}") if _NAME.fullmatch(name) else None

    def caller(self, text: str) -> str:
        """E.164, or empty: see `incoming.caller`."""
        return incoming.caller(text, plus=self.plus)
