"""What was heard while nobody could listen, and the order in which it is told afterwards."""

from datetime import UTC, datetime
from uuid import UUID

from connectors.calls import AgentLegDown, Digits, Ended, EndReason, Event, LinkBack, Ringing
from connectors.flows import FlowAnswered, FlowLeft, FlowOptedOut
from connectors.gaps import in_order

AT = datetime(2026, 11, 20, tzinfo=UTC)
OVER, LIVES, LEG, GONE = (UUID(int=n) for n in range(1, 5))


def test_ends_come_first_and_before_each_what_its_flow_had_told() -> None:
    answered = FlowAnswered(OVER, AT, "line", "visit", "good")
    left = FlowLeft(OVER, AT, "line", "ask", "hung_up")
    ended = Ended(OVER, AT, EndReason.HUNG_UP)
    down = AgentLegDown(LEG, AT)
    goes_on: list[Event] = [Ringing(LIVES, AT), FlowOptedOut(LIVES, AT), Digits(OVER, AT, "1")]
    settled = Ended(GONE, AT, EndReason.PBX_LOST)
    seen = [goes_on[0], answered, goes_on[1], down, goes_on[2], left, ended]
    link = LinkBack(AT)
    assert in_order(seen, link, [settled]) == [answered, down, left, ended, link, *goes_on, settled]
    assert in_order([], link) == [link]
