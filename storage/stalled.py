"""Ends the sessions of processes that stand still in the middle of a transaction.

PostgreSQL itself ends those that are idle in one (`STALL_SECONDS`). But between the statements of
a batch, which psycopg sends as one pipeline, and while an answer is not read, a session counts as
active for as long as its client likes, and keeps its locks: a campaign's lease among them.
"""

from sqlalchemy import text

from storage.engine import APPLICATION, STALL_SECONDS, Store

_END = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user "
    "AND application_name = :application AND pid <> pg_backend_pid() "
    "AND state = 'active' AND wait_event_type = 'Client' "  # nothing to do until it speaks
    "AND backend_xid IS NOT NULL "  # it has written, or locked, something
    "AND state_change < now() - make_interval(secs => :seconds)"
)


def end_stalled(store: Store) -> int:
    """How many there were. What they have written is undone, as in every broken transaction.

    None on SQLite, where nobody can end another's transaction.
    """
    if store.is_sqlite:
        return 0
    with store.reading() as connection:
        given = {"application": APPLICATION, "seconds": STALL_SECONDS}
        return int(connection.execute(_END, given).scalar_one())
