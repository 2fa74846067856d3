"""Calls that come in: how they are named, and what of their line and caller is believed.

Asterisk names such a channel itself (`1700000000.17`). The call's id is made of that and of the
node's name with us, so that every connector to the node, now and after a restart, makes the same
one. The dialplan writes the line into the channel's account, where the list of channels shows it
to who comes later.
"""

import re
from dataclasses import dataclass
from uuid import UUID, uuid5

from connectors.calls import E164, TOKEN

LINE_ACCOUNT = "dialplane-line-"
ARRIVED = "DialplaneArrived"
_IDS = UUID("6f0d7a5e-5c0e-4f5e-9d0b-6d9a3c1d2b10")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}", re.ASCII)  # a unique id of Asterisk's
_ABROAD = "00"
_FOR_THE_EYE = str.maketrans("", "", " .-()")


@dataclass(frozen=True, slots=True)
class Naming:
    """`node`: the PBX's name with us. `plus`: its trunks write E.164 with the `+`."""

    node: str = ""
    plus: bool = False

    def call_id(self, name: str) -> UUID | None:
        """The id of the call on the channel with this unique id; None for what is no such id."""
        return uuid5(_IDS, f"{self.node}/{name}") if _NAME.fullmatch(name) else None

    def caller(self, text: str) -> str:
        """E.164, or empty where the text is no number that can be told from any other.

        What carriers put between digits for the eye is no part of a number. Without the `+`,
        digits are read as the trunks write them: E.164 that lacks its `+`, unless they are to
        write it; then they may be of any country, and are nobody's.
        """
        text = text.translate(_FOR_THE_EYE)
        if text.startswith(_ABROAD):
            text = f"+{text.removeprefix(_ABROAD)}"
        elif not self.plus and not text.startswith("+"):
            text = f"+{text}"
        return text if E164.fullmatch(text) else ""


def line_of(account: str) -> str:
    """The line that a channel of this account came in on; empty for any other channel."""
    if not account.startswith(LINE_ACCOUNT):
        return ""
    return as_line(account.removeprefix(LINE_ACCOUNT))


def as_line(text: str) -> str:
    """`text` if it is a token, else nothing."""
    return text if TOKEN.fullmatch(text) else ""
