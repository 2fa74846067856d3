"""Alembic runs this inside the transaction that `storage.migrate` has begun."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from storage.columns import FREE_TEXT, JSON_DATA, SERIAL, UTC_TIME
from storage.invariants.views import create_views, drop_views
from storage.partitions import is_ours, is_possible
from storage.tables.all import METADATA

NAMES = {
    repr(UTC_TIME): "UTC_TIME",
    repr(FREE_TEXT): "FREE_TEXT",
    repr(JSON_DATA): "JSON_DATA",
    repr(SERIAL): "SERIAL",
}


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    return NAMES.get(repr(item), False) if kind == "type" else False


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=True,
    include_name=is_ours(connection),
    include_object=is_possible(connection),
    render_item=_render,
)
with context.begin_transaction():
    drop_views(connection)  # no table is changed under a view
    context.run_migrations()
    if set(context.get_context().get_current_heads()) == set(context.script.get_heads()):
        create_views(connection)
