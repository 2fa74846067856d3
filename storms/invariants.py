"""The one place where a storm asks whether the tables hold what must never be found in them."""

from storage.engine import Store
from storage.invariants.check import check

LEFT_ALONE = frozenset({"I5", "I9"})
"""Broken, rightly, where nobody can be reached: whoever is answered as the worker is killed, or the
link is cut, waits in vain. A storm that does that tells of them, and is not judged by them."""


def breaks(store: Store) -> dict[str, int]:
    """How many rows break each rule; empty: all is well."""
    return {found.name: found.rows for found in check(store) if found.rows}
