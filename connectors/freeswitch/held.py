"""What is known of our calls and legs on one FreeSWITCH, and of their recordings."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connectors.freeswitch.actions import hang_up
from connectors.freeswitch.channels import Channel
from connectors.freeswitch.codec import Action
from connectors.linked import held


@dataclass(slots=True)
class Call(held.Call):
    """A call or a leg. It is `joined` to the leg that it is bridged with."""

    classified: bool = False  # its party has been told
    tape: str = ""  # the path of its recording
    came_in: bool = False  # on one of our lines
    flow: str = ""  # that it was told to enter, and has not been taken out of

    @property
    def first_asked(self) -> datetime | None:
        """Not before its originate is taken. The session sees to that, or the link is lost."""
        return None


class Held(held.Held[Call, Channel, Action]):
    """See `connectors.linked.held`. FreeSWITCH knows each call by the id that we do."""

    def __init__(self, pbx: str = "") -> None:
        super().__init__(pbx, Call, hang_up)

    def arrive(self, call_id: UUID, now: datetime) -> Call:
        call = super().arrive(call_id, now)
        call.came_in = True
        return call

    def adopt(self, channel: Channel, now: datetime) -> Call:
        call = super().adopt(channel, now)
        call.tape, call.came_in = channel.tape, bool(channel.live.line)
        call.flow = channel.live.flow
        return call
