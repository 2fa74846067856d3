"""Ends the sessions of processes that stand still in the middle of a transaction.

PostgreSQL itself ends those that are idle in one (`STALL_SECONDS`), but not all. Between the
statements of a batch, which psycopg sends as one pipeline, and while an answer is not read, a
session counts as active for as long as its client likes. And one that is idle has no such limit any
more once its client has sent it what asks for no answer, such as the flush of a pipeline: that ends
the server's waiting, and does not begin it anew. Both keep their locks: those of a campaign's
lease, its leads and agents.
"""

from sqlalchemy import text

from storage.engine import APPLICATION, STALL_SECONDS, Store

_END = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user "
    "AND application_name = :application AND pid <> pg_backend_pid() "
    "AND wait_event_type = 'Client' "  # nothing to do until it speaks
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
