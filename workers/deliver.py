"""The RQ job that empties the outbox into the site's CRMs.

Retried: each message by itself, by the outbox, after a wait that doubles (`storage.outbox`).
Given up: a message that a receiver refuses for good, or after twenty tries; it stays in the
outbox as dead, with the reason. Running it twice at once is harmless: a message taken is hidden.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, SecretStr

from crm_sync.adapter import ADAPTERS, Adapter, AdapterError, Failed, open_adapter
from storage import outbox
from storage.outbox import Taken
from workers.context import Context, current
from workers.settings import Settings

log = logging.getLogger(__name__)

BATCH = 200
SECONDS = 30.0  # then the next ring goes on, and a stop need not wait longer


def deliver() -> None:
    """Deliver what is due."""
    context = current()
    adapters = open_adapters(context.settings)
    try:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and not context.stop.is_set():
            if not deliver_batch(context, adapters):
                return
    finally:
        for adapter in adapters:
            adapter.close()


def open_adapters(settings: Settings) -> list[Adapter]:
    """An adapter for each section of the settings that names one; none is fine."""
    found = []
    for section in ADAPTERS:
        part: BaseModel | None = getattr(settings, section)
        if part is not None:
            found.append(_opened(section, part))
    return found


def deliver_batch(context: Context, adapters: Sequence[Adapter]) -> int:
    """Take one batch and deliver it to every adapter; how many messages it held.

    A message has arrived once every adapter has it. Until then all of them get it again: each
    goes by its idempotency key. Without any adapter there is nobody to tell, and that is that.
    """
    limit = min((adapter.at_most for adapter in adapters), default=BATCH)
    batch = outbox.take(context.store, limit)
    failures: dict[UUID, list[Failed]] = {}
    for adapter in adapters:
        for message_id, failed in adapter.push(batch).items():
            told = Failed(f"{adapter.name}: {failed.why}", failed.for_good)
            failures.setdefault(message_id, []).append(told)
    outbox.delivered(context.store, [m.id for m in batch if m.id not in failures])
    for message in batch:
        if message.id in failures:
            _note(context, message, failures[message.id])
    return len(batch)


def _note(context: Context, message: Taken, failures: Sequence[Failed]) -> None:
    why = "; ".join(failed.why for failed in failures)
    for_good = all(failed.for_good for failed in failures)
    if outbox.failed(context.store, message, why, for_good):
        log.info("message %s will be tried again: %s", message.id, why)
    else:
        log.error("message %s is given up after %d tries: %s", message.id, message.attempts, why)


class _Lacking:
    """Stands for an adapter that cannot be opened: nothing arrives there, for a reason."""

    at_most = BATCH

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._failed = Failed(why)

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        return {message.id: self._failed for message in batch}

    def close(self) -> None:
        """There is nothing to close."""


def _opened(section: str, part: BaseModel) -> Adapter:
    try:
        return open_adapter(section, {name: _plain(value) for name, value in part})
    except AdapterError as lacking:
        return _Lacking(section, str(lacking))


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
