"""Facts that the site remembers about itself, such as when its do-not-call list was fetched."""

from sqlalchemy import select

from storage.engine import Store
from storage.tables.records import META
from storage.upsert import upsert

DNC_IMPORTED_AT = "dnc_imported_at"


def remember(store: Store, key: str, value: str) -> None:
    """Keep `value` under `key` (a token), in place of what was there."""
    with store.writing() as connection:
        upsert(connection, META, [{"key": key, "value": value}], ["key"])


def recall(store: Store, key: str) -> str | None:
    """What was remembered under `key`."""
    with store.reading() as connection:
        value = connection.execute(select(META.c.value).where(META.c.key == key)).scalar()
    return None if value is None else str(value)
