"""What a flow sends to an endpoint, read from the channel field by field before it is told.

A UserEvent would tell it to every AMI user that hears of calls. AMI gives no more than 1,023
characters of a variable, so longer texts lie there in pieces: `DIALPLANE_SEND.FIELD`, `.2`, ...
"""

from dataclasses import dataclass, field, replace

from connectors.asterisk.flows import PIECE
from connectors.flows import FlowAsked
from connectors.linked.flow_words import Unreadable, packed

SENT = "DIALPLANE_SEND"
MOST_PIECES = 4
LONGEST = 4_000  # characters; a field may be made of several variables


@dataclass(slots=True)
class Asking:
    """`event`: what will be told, still without what is sent; `fields`: their names."""

    event: FlowAsked
    fields: tuple[str, ...]
    _pieces: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _sent: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def first(self) -> tuple[str, ...]:
        """The variables to read."""
        return tuple(f"{SENT}.{name}" for name in self.fields)

    def hear(self, variable: str, value: str) -> str:
        """A variable has been read: which one is to be read next for it, if any.

        Raises `Unreadable`.
        """
        name = variable.removeprefix(f"{SENT}.").partition(".")[0]
        if name not in self.fields:
            raise Unreadable("Variable")
        pieces = self._pieces.setdefault(name, [])
        pieces.append(value[:PIECE])
        if len(value) < PIECE:
            self._sent[name] = packed("".join(pieces), "Value", LONGEST)
            return ""
        if len(pieces) == MOST_PIECES:
            raise Unreadable("Value")
        return f"{SENT}.{name}.{len(pieces) + 1}"

    @property
    def whole(self) -> FlowAsked | None:
        """What is told, once all is there."""
        return replace(self.event, sent=self._sent) if len(self._sent) == len(self.fields) else None
