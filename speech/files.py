"""Files that are written whole or not at all, whoever reads them meanwhile."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

ENDING = ".new"


def write_whole(path: Path, data: bytes) -> None:
    """Make or replace a file, and its folder where there is none. Raises `OSError`.

    Who may read it follows the umask, or the file that was there: a PBX has a user of its own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(6)}{ENDING}")
    try:
        with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), "wb") as file:
            _as_before(path, file.fileno())
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _as_before(path: Path, descriptor: int) -> None:
    with suppress(OSError):  # none was there; or another user's, and its group is none of ours
        was = path.stat()
        os.fchmod(descriptor, was.st_mode & 0o777)
        os.fchown(descriptor, -1, was.st_gid)
