"""Flows that tests render: of the tests' own, and the examples."""

from functools import cache
from pathlib import Path

from campaigns.flow.file import load_alone
from campaigns.flow.flow import Flow
from tests.campaigns.flow.around import EXAMPLES, NAMES

FLOWS = Path(__file__).parent / "flows"
OURS = ("quiz", "who", "desk")
SPOKEN = "spoken"
RENDERED = (*OURS, SPOKEN, *NAMES)


@cache
def flow(name: str) -> Flow:
    """The flow of that name."""
    path = (FLOWS if name in (*OURS, SPOKEN) else EXAMPLES) / f"{name}.yaml"
    return load_alone(path.read_bytes(), path.name)
