"""What makes loading slow, or refuses it, is put aside meanwhile: indexes, foreign keys, triggers.

Whatever the database has is taken, as it says itself how it would be made again, so that this
holds for the tables of any version.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

_POSTGRESQL_INDEXES = """
SELECT format('DROP INDEX %I', i.relname), pg_get_indexdef(x.indexrelid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = current_schema() AND NOT t.relispartition AND NOT EXISTS (
  SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)
"""
_POSTGRESQL_KEYS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname,
              pg_get_constraintdef(c.oid))
FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
WHERE c.contype = 'f' AND n.nspname = current_schema() AND c.conparentid = 0
"""
_POSTGRESQL_TRIGGERS = """
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname),
       format('ALTER TABLE %s ENABLE TRIGGER %I', t.tgrelid::regclass, t.tgname)
FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE NOT t.tgisinternal AND n.nspname = current_schema()
"""
_SQLITE = """
SELECT 'DROP ' || type || ' "' || name || '"', sql FROM sqlite_master
WHERE type IN ('index', 'trigger') AND sql IS NOT NULL
"""
ASIDE = {
    "postgresql": (_POSTGRESQL_INDEXES, _POSTGRESQL_KEYS, _POSTGRESQL_TRIGGERS),
    "sqlite": (_SQLITE,),
}
SETTINGS = {
    "postgresql": (
        "SET LOCAL idle_in_transaction_session_timeout = 0",
        "SET LOCAL statement_timeout = 0",
        "SET LOCAL maintenance_work_mem = '256MB'",
        # by this name the sweeper would end us, who write for long and wait for a disk
        "SET LOCAL application_name = 'dialplane restore'",
    ),
    "sqlite": ("PRAGMA defer_foreign_keys = ON",),
}


@contextmanager
def put_aside(connection: Connection) -> Iterator[None]:
    """Within the connection's transaction; when this raises, that undoes it all."""
    pairs = [
        tuple(row)
        for query in ASIDE[connection.dialect.name]
        for row in connection.execute(text(query))
    ]
    for drop, _ in pairs:
        connection.exec_driver_sql(drop)
    yield
    for _, make in pairs:
        connection.exec_driver_sql(make)
