"""What is known of our calls and legs on one Asterisk, and by which names it knows them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connectors.asterisk.actions import hang_up
from connectors.asterisk.asking import Asking
from connectors.asterisk.channels import Channel
from connectors.asterisk.codec import Action
from connectors.linked import held


@dataclass(slots=True)
class Call(held.Call):
    """A call or a leg. It is `joined` to the leg whose conference it is in."""

    sent: bool = False  # there by this connector, and not by another one
    resent: int = 0  # times, as it did not get there
    flow: str = ""  # that it was told to enter
    flow_heard: bool = False  # ... and that has told something, or has been left again
    asking: Asking | None = None  # what a flow asks with, as far as it has been read


class Held(held.Held[Call, Channel, Action]):
    """See `connectors.linked.held`. A call that came in has a name of the PBX's own."""

    def __init__(self, pbx: str = "") -> None:
        super().__init__(pbx, Call, hang_up)
        self._ids: dict[str, str] = {}  # of those that came in: the PBX's unique id, and ours
        self._names: dict[str, str] = {}  # and the other way round

    def id_of(self, name: object) -> str:
        return self._ids.get(str(name), str(name))

    def name_of(self, call_id: str) -> str:
        """What the PBX knows a call by."""
        return self._names.get(call_id, call_id)

    def name_it(self, call_id: UUID, name: str) -> None:
        """A call that came in is known to the PBX by this name."""
        self._ids[name], self._names[str(call_id)] = str(call_id), name

    def adopt(self, channel: Channel, now: datetime) -> Call:
        if channel.name:
            self.name_it(channel.live.call_id, channel.name)
        return super().adopt(channel, now)

    def forget(self, call_id: str) -> None:
        self._ids.pop(self._names.pop(call_id, ""), None)
