"""Keys of the age format (https://age-encryption.org): one half locks, the other opens.

A backup is made with the recipient, which is no secret; only a restore needs the key. So a
machine that makes backups cannot read them.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyrage

from storage.backup.errors import BackupError, BackupUnreadable

Recipient: TypeAlias = Any
Identity: TypeAlias = Any
HEAD = "# The key of Dialplane's backups. Keep it safe, and away from the machine it is made on.\n"
MOST = 100_000  # bytes of a key file


def recipient_of(text: str) -> Recipient:
    """A recipient from its text. Raises `BackupError`."""
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise BackupError(
            "This is no recipient of backups; expected age1 and 58 characters, as "
            "'dialplane backup key FILE' prints it"
        ) from None


def identities_in(path: Path) -> Sequence[Identity]:
    """The keys of a file, one a line. Raises `BackupUnreadable`, which never quotes a line."""
    lines = [line.strip() for line in _read(path).splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    try:
        found = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise BackupUnreadable(
            f"{path}: it is no key of backups; expected a line that begins with AGE-SECRET-KEY-1"
        )
    return found


def make_key(path: Path) -> str:
    """Write a new key into a file that is its owner's alone; its recipient. Raises `OSError`."""
    key = pyrage.x25519.Identity.generate()
    recipient = str(key.to_public())
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{HEAD}# recipient: {recipient}\n{key}\n")
        file.flush()
        os.fsync(file.fileno())
    return recipient


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST).decode("utf-8", "replace")
    except OSError as wrong:
        raise BackupUnreadable(f"{path}: the key cannot be read: {wrong.strerror}") from wrong
