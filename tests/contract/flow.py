"""The flow of the contract, and what is told of a call that goes through it."""

from functools import cache
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

from campaigns.flow.file import load_alone
from campaigns.flow.flow import Flow
from connectors.calls import Ended
from connectors.flows import FlowEvent
from tests.contract.watch import Watch

PATH = Path(__file__).parent / "flows" / "contract.yaml"
HEARD = (*get_args(FlowEvent), Ended)
PRESSES = "+49305557500"  # the number of somebody who answers at once, and presses what we say


@cache
def contract_flow() -> Flow:
    return load_alone(PATH.read_bytes(), PATH.name)


def told(watch: Watch, call: UUID) -> list[tuple[Any, ...]]:
    """What its flow has told, in order: the name of each event, and what it holds."""
    events = [event for event in watch.about(call) if isinstance(event, HEARD)]
    return [(type(event).__name__, *held(event)) for event in events]


def held(event: Any) -> list[Any]:
    """What an event holds, but for the call, the time and the flow."""
    if isinstance(event, Ended):
        return []
    names = type(event).__dataclass_fields__
    return [getattr(event, name) for name in names if name not in ("call_id", "at", "flow")]
