"""Which messages a receiver is to get."""

from dataclasses import dataclass

from storage.messages import CUSTOMER_CHANGED, FOLLOW_UP_DUE, RESULTS
from storage.outbox import Taken


@dataclass(frozen=True, slots=True)
class Taste:
    """`results`: of calls. `customers`: what changed of them, but for what came from `source`,
    which is the receiver's own name as a source of customers. `reminders`: of follow-ups whose time
    has come. `others`: of any other kind."""

    results: bool = True
    customers: bool = False
    source: str = ""
    reminders: bool = False
    others: bool = False

    def wants(self, message: Taken) -> bool:
        if message.kind.startswith(RESULTS):
            return self.results
        if message.kind == FOLLOW_UP_DUE:
            return self.reminders
        if message.kind != CUSTOMER_CHANGED:
            return self.others
        return self.customers and (not self.source or message.payload.get("origin") != self.source)
