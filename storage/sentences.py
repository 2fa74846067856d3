"""A database driver's error, as a sentence for people.

The table is read by SQLSTATE on PostgreSQL and by error name on SQLite; the longest prefix of
the code decides.
"""

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    StatementError,
)

from storage.errors import (
    DatabaseBusy,
    DatabaseReadOnly,
    DatabaseTooOld,
    DatabaseUnavailable,
    NotTaken,
    StorageError,
)

_GONE = (DatabaseUnavailable, "does not answer or cannot be opened: {detail}")
_BUSY = (DatabaseBusy, "is locked by another process; nothing was written, try again")
_STALLED = (
    DatabaseBusy,
    "has ended a transaction in which this process stood still for too long; "
    "nothing of it was written, try again",
)
_TOO_LONG = (DatabaseBusy, "broke off what took too long; nothing was written, try again")
_READ_ONLY = (
    DatabaseReadOnly,
    "is read-only; give this user the right to write to it (and to its folder), or name another",
)
_FULL = (DatabaseUnavailable, "cannot be written to: the disk is full or broken ({detail})")
_NOT_ONE = (DatabaseUnavailable, "is damaged, or the file is not a database ({detail})")
_EMPTY = (DatabaseTooOld, "has not been set up for this program; run: dialplane init")
_LOGIN = (DatabaseUnavailable, "does not let us in; check user and password ({detail})")
_REFUSED = "did not take what was to be stored ({detail})"

SENTENCES: dict[str, tuple[type[StorageError], str]] = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_CANTOPEN": _GONE,
    "SQLITE_PERM": _GONE,
    "SQLITE_IOERR": _FULL,
    "SQLITE_FULL": _FULL,
    "SQLITE_NOTADB": _NOT_ONE,
    "SQLITE_CORRUPT": _NOT_ONE,
    "SQLITE_ERROR no such": _EMPTY,
    "08": _GONE,  # connection
    "25006": _READ_ONLY,
    "25P03": _STALLED,  # idle in transaction
    "25P04": _STALLED,  # the whole transaction
    "28": _LOGIN,
    "3D": (DatabaseUnavailable, "does not exist on its server; create it first ({detail})"),
    "3F": _EMPTY,
    "40": _BUSY,  # deadlock, serialisation
    "42501": (DatabaseReadOnly, "does not give this user the rights it needs ({detail})"),
    "42703": _EMPTY,
    "42P01": _EMPTY,
    "53": _FULL,
    "53300": (DatabaseUnavailable, "has no connection left for us ({detail})"),
    "55P03": _BUSY,
    "57": _GONE,  # shut down, starting up, idle for too long (57P05)
    "57014": _TOO_LONG,
    "58": _FULL,
}


def in_words(failed: StatementError, shown: str) -> Exception:
    """The `StorageError` that `failed` means; `failed` itself when it is an error of ours."""
    if not isinstance(failed, DBAPIError) or isinstance(failed, DataError | IntegrityError):
        return NotTaken(_say(shown, _REFUSED, _detail(failed)))
    code, detail = _code(failed), _detail(failed)
    known = [prefix for prefix in SENTENCES if code.startswith(prefix)]
    if not known:
        return DatabaseUnavailable(_say(shown, _GONE[1], detail)) if _is_gone(failed) else failed
    kind, sentence = SENTENCES[max(known, key=len)]
    return kind(_say(shown, sentence, detail))


def _say(shown: str, sentence: str, detail: str) -> str:
    return f"The database {shown} {sentence.format(detail=detail)}"


def _code(failed: DBAPIError) -> str:
    state = getattr(failed.orig, "sqlstate", None)
    if isinstance(state, str):
        return state
    name = str(getattr(failed.orig, "sqlite_errorname", ""))
    return f"{name} {failed.orig}" if name == "SQLITE_ERROR" else name


def _detail(failed: StatementError) -> str:
    lines = str(failed.orig).strip().splitlines()
    return lines[0][:300] if lines else type(failed.orig).__name__


def _is_gone(failed: DBAPIError) -> bool:
    if failed.connection_invalidated:
        return True
    # libpq gives no SQLSTATE when it never reached a server, or lost it on the way
    without_state = getattr(failed.orig, "sqlstate", "") is None
    return without_state and isinstance(failed, OperationalError)
