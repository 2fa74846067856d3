"""What a flow asks with, read from the channel value by value before it is told.

A UserEvent would tell it to every AMI user that hears of calls. AMI gives no more than 1,023
characters of a variable, so longer texts lie there in pieces: `DIALPLANE_SEND.FIELD`, `.2`, ... of
what is sent to an endpoint, `DIALPLANE_TEXT.NAME`, `.2`, ... of the variables of a text to be said.
"""

from dataclasses import dataclass, field, replace

from connectors.flows import FlowAsked, FlowSays
from connectors.linked.flow_telling import LONGEST
from connectors.linked.flow_words import Unreadable, packed
from connectors.packed import PIECE

PREFIXES = {FlowAsked: "DIALPLANE_SEND", FlowSays: "DIALPLANE_TEXT"}
MOST_PIECES = 4


@dataclass(slots=True)
class Asking:
    """`event`: what will be told, still without the values; `fields`: their names."""

    event: FlowAsked | FlowSays
    fields: tuple[str, ...]
    _pieces: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _values: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def first(self) -> tuple[str, ...]:
        """The variables to read."""
        return tuple(f"{self._prefix}.{name}" for name in self.fields)

    def hear(self, variable: str, value: str) -> str:
        """A variable has been read: which one is to be read next for it, if any.

        Raises `Unreadable`.
        """
        name = variable.removeprefix(f"{self._prefix}.").partition(".")[0]
        if name not in self.fields:
            raise Unreadable("Variable")
        pieces = self._pieces.setdefault(name, [])
        pieces.append(value[:PIECE])
        if len(value) < PIECE:
            self._values[name] = packed("".join(pieces), "Value", LONGEST)
            return ""
        if len(pieces) == MOST_PIECES:
            raise Unreadable("Value")
        return f"{self._prefix}.{name}.{len(pieces) + 1}"

    @property
    def whole(self) -> FlowAsked | FlowSays | None:
        """What is told, once all is there."""
        if len(self._values) < len({*self.fields}):
            return None
        if isinstance(self.event, FlowSays):
            return replace(self.event, values=self._values)
        return replace(self.event, sent=self._values)

    @property
    def _prefix(self) -> str:
        return PREFIXES[type(self.event)]
