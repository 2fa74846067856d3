"""The one place where a storm asks whether the tables hold what must never be found in them."""

from storage.engine import Store
from storage.invariants.check import check


def breaks(store: Store) -> dict[str, int]:
    """How many rows break each rule; empty: all is well."""
    return {found.name: found.rows for found in check(store) if found.rows}
