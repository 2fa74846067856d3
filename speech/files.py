"""Files that are written whole or not at all, whoever reads them meanwhile."""

import os
import secrets
from pathlib import Path

ENDING = ".new"


def write_whole(path: Path, data: bytes) -> None:
    """Make or replace a file, and its folder where there is none. Raises `OSError`.

    Who may read it follows the umask: a PBX has a user of its own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(6)}{ENDING}")
    try:
        with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
