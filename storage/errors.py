"""What can go wrong with what is kept. Each message is a sentence for people, without secrets."""


class StorageError(Exception):
    """The database could not do what was asked; the text says why, and what to do."""


class DatabaseUnavailable(StorageError):
    """The database cannot be opened, or has gone away. Nothing of the transaction was kept."""


class DatabaseBusy(StorageError):
    """Somebody else held a lock for too long. Nothing of the transaction was kept."""


class DatabaseReadOnly(StorageError):
    """The database may be read, but not written to."""


class DatabaseTooNew(StorageError):
    """A newer program has upgraded the database; this one would misread it."""


class DatabaseTooOld(StorageError):
    """The database was made by an earlier program and has not been upgraded yet."""


class LeaseLost(StorageError):
    """The right to run a campaign has passed to another worker; nothing was written."""


class LeaseLapsed(StorageError):
    """It has lapsed and nobody else has taken it yet: once renewed, it is good. Nothing was
    written."""


class NotThere(StorageError):
    """A campaign, agent, lead or list that was named does not exist."""


class Refused(StorageError):
    """What was to be stored breaks a rule; the text names the rule."""


class NotTaken(Refused):
    """The database itself did not take it, such as a text with a NUL in it."""
