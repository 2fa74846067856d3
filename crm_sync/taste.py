"""Which messages a receiver is to get."""

from dataclasses import dataclass

from storage.outbox import Taken

CUSTOMER_CHANGED = "customer.changed"
RESULTS = "attempt."  # how the kinds of messages about them begin


@dataclass(frozen=True, slots=True)
class Taste:
    """`results`: of calls. `customers`: what changed of them, but for what came from `source`,
    which is the receiver's own name as a source of customers. `others`: of any other kind."""

    results: bool = True
    customers: bool = False
    source: str = ""
    others: bool = False

    def wants(self, message: Taken) -> bool:
        if message.kind.startswith(RESULTS):
            return self.results
        if message.kind != CUSTOMER_CHANGED:
            return self.others
        return self.customers and (not self.source or message.payload.get("origin") != self.source)
