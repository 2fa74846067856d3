"""What a CRM calls a customer that was made there for us."""

from datetime import UTC, datetime
from uuid import UUID

from storage.bulk import insert_absent
from storage.customers.changes import By
from storage.customers.changing import changing
from storage.engine import Store
from storage.tables.contacts import CUSTOMER_REFS


def refer(store: Store, source: str, external_id: str, customer: UUID) -> bool:
    """The source calls the customer so from now on; False: it does already, or calls another so.
    Raises `NotThere`."""
    now = datetime.now(UTC)
    row = {"source": source, "external_id": external_id, "customer_id": customer, "created_at": now}
    with changing(store, By(f"crm:{source}", origin=source), now) as pen:
        pen.hold([customer])
        key = ["source", "external_id"]
        if not insert_absent(pen.connection, CUSTOMER_REFS, [row], key):
            return False
        pen.note(customer, "ref", None, {"source": source, "external_id": external_id})
    return True
