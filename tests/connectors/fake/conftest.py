"""A bench on which an exchange is driven in virtual time, one wake-up after the other."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

import pytest

from connectors.calls import Command, Ended, EndReason, Event, Originate
from connectors.fake.exchange import Exchange
from connectors.fake.world import World

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
E = TypeVar("E", bound=Event)


class Bench:
    """An exchange, the time, and everything it has told so far."""

    def __init__(self, world: World, seed: int) -> None:
        self.exchange = Exchange(world, seed)
        self.now = START
        self.events: list[Event] = []
        self._dialled = 0

    def give(self, *commands: Command) -> None:
        for command in commands:
            self.exchange.command(command, self.now)

    def dial(
        self, numbers: Iterable[str], trunk: str = "t", ring: int = 60, amd: bool = False
    ) -> list[UUID]:
        """Call each number, under ids that count up from 1."""
        ids = []
        for number in numbers:
            self._dialled += 1
            ids.append(UUID(int=self._dialled))
            self.give(Originate(ids[-1], number, trunk, "+4930999", ring, amd))
        return ids

    def wait(self, seconds: float) -> None:
        """Let time pass, in the steps that the exchange itself asks for."""
        until = self.now + timedelta(seconds=seconds)
        while (wake := self.exchange.wake_at()) is not None and wake <= until:
            assert wake >= self.now
            self.now = wake
            told = self.exchange.advance(wake)
            assert all(event.at <= wake for event in told)
            self.events += told
        self.now = until

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    def reasons(self) -> list[EndReason]:
        return [event.reason for event in self.of(Ended)]

    def share(self, reason: EndReason) -> float:
        return self.reasons().count(reason) / len(self.reasons())


class MakeBench(Protocol):
    def __call__(self, world: World = ..., seed: int = ...) -> Bench: ...


@pytest.fixture
def bench() -> MakeBench:
    """`bench(world, seed)` makes one."""

    def make(world: World | None = None, seed: int = 1) -> Bench:
        return Bench(world or World(), seed)

    return make
