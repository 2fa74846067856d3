"""Who is told of results and of changed customers: the receivers that the settings name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel, SecretStr

from crm_sync.adapter import ADAPTERS, Adapter, AdapterError, Failed, open_adapter
from crm_sync.taste import Taste
from storage.engine import Store
from storage.outbox import Taken
from workers.crms import crm_of
from workers.settings import Settings

MOST = 200  # messages in one batch
ALL_RESULTS = Taste()
TASTES = frozenset({"results", "customers", "source", "reminders"})


@dataclass(frozen=True, slots=True)
class Receiver:
    """One of them. `taste`: which messages it is to get."""

    name: str
    adapter: Adapter
    taste: Taste = ALL_RESULTS


def names(settings: Settings) -> tuple[str, ...]:
    """The receivers' names."""
    return (*_sections(settings), *settings.crms)


def tells_changes(settings: Settings) -> bool:
    """Whether anybody is to hear what changes of customers."""
    webhook = settings.webhook is not None and settings.webhook.customers
    return webhook or any(told.customers for told in settings.crms.values())


def open_receivers(settings: Settings, store: Store) -> list[Receiver]:
    """A receiver for each section of the settings that names one; none is fine."""
    found = []
    for section in _sections(settings):
        part: BaseModel = getattr(settings, section)
        found.append(Receiver(section, _opened(section, part), _taste(section, part)))
    for name, told in settings.crms.items():
        taste = Taste(told.results, told.customers, source=name)
        found.append(Receiver(name, _crm(settings, store, name), taste))
    return found


def wanted_by(receivers: Sequence[Receiver], message: Taken) -> Iterable[str]:
    """The names of those that a message is for."""
    return [each.name for each in receivers if each.taste.wants(message)]


class Lacking:
    """Stands for an adapter that cannot be opened: nothing arrives there, for a reason."""

    at_most = MOST

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._failed = Failed(why)

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        return {message.id: self._failed for message in batch}

    def close(self) -> None:
        """There is nothing to close."""


def _sections(settings: Settings) -> tuple[str, ...]:
    return tuple(section for section in ADAPTERS if getattr(settings, section) is not None)


def _crm(settings: Settings, store: Store, name: str) -> Adapter:
    try:
        return crm_of(settings, store, name)
    except AdapterError as lacking:
        return Lacking(name, str(lacking))


def _opened(section: str, part: BaseModel) -> Adapter:
    try:
        given = {name: _plain(value) for name, value in part if name not in TASTES}
        return open_adapter(section, given)
    except AdapterError as lacking:
        return Lacking(section, str(lacking))


def _taste(section: str, part: BaseModel) -> Taste:
    """Whatever we have to tell is a webhook's to hear; a table has columns for results alone."""
    said = {name: value for name, value in part if name in TASTES and value is not None}
    return Taste(**said, others=section == "webhook")


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
