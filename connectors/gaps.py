"""What was heard while nobody could listen, as it is told afterwards.

The ends of calls come first, because they are better than "not there", and right before each what
the call's flow had told, or an answer would come to a call that is over. All else comes after, when
it is known which calls there are.
"""

from collections.abc import Iterable, Sequence
from typing import get_args

from connectors.calls import AgentLegDown, Ended, Event, LinkBack
from connectors.flows import FlowEvent

_OF_FLOWS = get_args(FlowEvent)


def in_order(seen: Sequence[Event], link: LinkBack, settled: Iterable[Event] = ()) -> list[Event]:
    """What a gap ends with. `seen`: what was heard in it; `settled`: the ends of what is gone."""
    over = {event.call_id for event in seen if isinstance(event, Ended)}
    first, others = list[Event](), list[Event]()
    for event in seen:
        ends = isinstance(event, Ended | AgentLegDown)
        of_flow = isinstance(event, _OF_FLOWS) and event.call_id in over
        (first if ends or of_flow else others).append(event)
    return [*first, link, *others, *settled]
