"""What every CRM adapter can do, and the table of those there are.

To add one: a file here with a class that has these methods and an `open_adapter`, a line in
`ADAPTERS`, and a section of the same name in the settings. `tests/crm_sync` runs its contract
over every line of the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol
from uuid import UUID

from storage.outbox import Taken


class AdapterError(Exception):
    """A sentence for the operator: what the adapter lacks, and what to do. Worth a retry later.

    `wait`: the receiver asks to be left alone for so many seconds. `away`: nobody answers.
    """

    wait = 0.0
    away = False


class Away(AdapterError):
    """Nobody answers."""

    away = True


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a message has not arrived. `for_good`: trying again cannot help. `wait`: the receiver
    asks to be left alone for so many seconds. `gone`: it has the customer no more, so that there
    is nobody to tell it of."""

    why: str
    for_good: bool = False
    wait: float = 0.0
    gone: bool = False


class Adapter(Protocol):
    """One receiver of results.

    A message may come twice (its first delivery was not confirmed): the receiver must come out
    the same, by the message's idempotency key. No two messages of a batch are of one customer.
    """

    name: str
    at_most: int  # messages in one batch, so that it is dealt with in less than a minute

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        """Deliver the batch; the messages that have not arrived, by their id. Never raises."""

    def close(self) -> None:
        """Let go of connections."""


# Section of the settings -> who opens it.
ADAPTERS: Mapping[str, str] = {
    "webhook": "crm_sync.webhook:open_adapter",
    "crm_table": "crm_sync.sql_table:open_adapter",
}


def open_adapter(section: str, settings: Mapping[str, Any]) -> Adapter:
    """The adapter for a section of the settings. Raises `AdapterError`."""
    module, function = ADAPTERS[section].split(":")
    adapter: Adapter = getattr(import_module(module), function)(**settings)
    return adapter
