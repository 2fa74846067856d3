"""What can go wrong with backups; each message is a sentence for people."""

from storage.errors import StorageError


class BackupError(StorageError):
    """A backup cannot be made, read or restored; the text says why, and what to do."""


class BackupUnreadable(BackupError):
    """A file is no backup of ours, is damaged, or is not for this key."""


class NotWritten(BackupError):
    """The file of a backup could not be written. Nothing half done has its name."""


class CannotRestore(BackupError):
    """The database is not one to restore this backup into. It was left as it was."""


class NoLongerFollowed(BackupError):
    """The database notes its changes for somebody else now, or was upgraded."""
