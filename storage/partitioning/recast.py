"""A table made anew as a partitioned one, with all that hung on it: indexes, triggers, rights.

What the table had is taken as PostgreSQL says itself that it would be made again, so that this
holds for the tables of any version.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

_INDEXES = text("""
SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS made, x.indisunique AS is_unique
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = to_regclass(:name)
ORDER BY i.relname
""")
_TRIGGERS = text("""
SELECT t.tgname AS name, pg_get_triggerdef(t.oid) AS made FROM pg_trigger t
WHERE t.tgrelid = to_regclass(:name) AND NOT t.tgisinternal ORDER BY t.tgname
""")
_RIGHTS = text("""
SELECT format('GRANT %s ON %I TO %s', r.privilege_type, c.relname,
              CASE WHEN r.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(g.rolname) END) AS made
FROM pg_class c, aclexplode(c.relacl) r LEFT JOIN pg_roles g ON g.oid = r.grantee
WHERE c.oid = to_regclass(:name) AND r.grantee <> c.relowner
""")
_KEYS = text("""
SELECT c.conrelid::regclass::text AS of, c.conname AS name, pg_get_constraintdef(c.oid) AS made
FROM pg_constraint c WHERE c.contype = 'f' AND c.confrelid = to_regclass(:name)
AND c.conparentid = 0
""")
_NOTES = "followed_"
"""How the triggers begin by which a backup follows the database (`storage.backup.journal`). They
are not made again: whoever follows finds that out, and begins with a whole backup."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a table, as statements that make it again. `keys`: foreign ones of others, each
    with its table and name."""

    indexes: tuple[str, ...]
    triggers: tuple[str, ...]
    rights: tuple[str, ...]
    keys: tuple[tuple[str, str, str], ...]


def recast(connection: Connection, table: str, by: str) -> tuple[str, Hanging]:
    """Put an empty partitioned table in the place of `table`; the name that the old one has now.

    `by`: what PARTITION BY says. Unique indexes and the primary key are not made again, as a
    partitioned table can have few of them; nor is any other, until `hang` is called.
    """
    hanging = _look(connection, table)
    old = f"{table}_before"
    for key_of, name, _ in hanging.keys:
        connection.exec_driver_sql(f"ALTER TABLE {key_of} DROP CONSTRAINT {name}")
    for row in connection.execute(_TRIGGERS, {"name": table}).all():
        connection.exec_driver_sql(f"DROP TRIGGER {row.name} ON {table}")
    for row in connection.execute(_INDEXES, {"name": table}).all():
        connection.exec_driver_sql(f"ALTER INDEX {row.name} RENAME TO {_of(old, row.name)}")
    connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {old}")
    connection.exec_driver_sql(
        f"CREATE TABLE {table} (LIKE {old} INCLUDING DEFAULTS INCLUDING STORAGE) PARTITION BY {by}"
    )
    if serial := _serial(connection, old):
        connection.exec_driver_sql(f"ALTER SEQUENCE {serial} OWNED BY {table}.seq")
    return old, hanging


def hang(connection: Connection, table: str, hanging: Hanging) -> None:
    """Make what hung on the table before."""
    for statement in (*hanging.indexes, *hanging.triggers, *hanging.rights):
        connection.exec_driver_sql(statement)
    for key_of, name, made in hanging.keys:
        connection.exec_driver_sql(f"ALTER TABLE {key_of} ADD CONSTRAINT {name} {made}")


def _look(connection: Connection, table: str) -> Hanging:
    told = {"name": table}
    indexes = connection.execute(_INDEXES, told).all()
    triggers = connection.execute(_TRIGGERS, told).all()
    keys = connection.execute(_KEYS, told).all()
    return Hanging(
        tuple(row.made for row in indexes if not row.is_unique),
        tuple(row.made for row in triggers if not row.name.startswith(_NOTES)),
        tuple(connection.execute(_RIGHTS, told).scalars()),
        tuple((row.of, row.name, row.made) for row in keys),
    )


def _of(table: str, index: str) -> str:
    """PostgreSQL's names have 63 bytes."""
    return f"{table}_{index}"[:63]


def _serial(connection: Connection, table: str) -> str | None:
    query = text(
        "SELECT pg_get_serial_sequence(:name, 'seq') FROM pg_attribute "
        "WHERE attrelid = to_regclass(:name) AND attname = 'seq' AND NOT attisdropped"
    )
    found = connection.execute(query, {"name": table}).scalar()
    return None if found is None else str(found)
