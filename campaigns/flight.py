"""The calls in flight, by state, as columns: pacing reads them whole, many times a second."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Flight:
    """Calls in one state that may ask for an agent, on the PBX nodes that are up.

    Each column has the calls in the same order: that in which they came into the state.
    """

    ids: dict[int, UUID] = field(default_factory=dict)
    placed: dict[int, float] = field(default_factory=dict)  # timestamps
    rang: dict[int, float] = field(default_factory=dict)
    segments: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, key: int, call_id: UUID, placed: float, rang: float, segment: int) -> None:
        self.ids[key], self.placed[key] = call_id, placed
        self.rang[key], self.segments[key] = rang, segment

    def remove(self, key: int) -> None:
        del self.ids[key], self.placed[key], self.rang[key], self.segments[key]
