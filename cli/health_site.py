"""Checks of the machine and the site's folder; no database needed."""

import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from cli.health import Finding, Verdict
from workers.redis_binary import NoRedis, server_binary
from workers.redis_server import locate
from workers.settings import FILE_NAME, Settings

GIB = 1 << 30
LITTLE_ROOM, NO_ROOM = 2 * GIB, GIB // 5


def site_findings(settings: Settings) -> Iterator[Finding]:
    """Python, settings, Redis and disk."""
    yield _python()
    yield _settings(settings)
    yield _redis(settings)
    for folder in sorted({_existing(settings.home), _existing(settings.recordings)}):
        yield disk(folder, shutil.disk_usage(folder).free)


def disk(folder: Path, free: int) -> Finding:
    """Room for the database and the recordings; `free` in bytes."""
    words = f"{free / GIB:.1f} GiB free at {folder}"
    if free < NO_ROOM:
        return Finding("disk", Verdict.WRONG, words, "make room: results cannot be stored")
    if free < LITTLE_ROOM:
        return Finding("disk", Verdict.WARNING, words, "make room")
    return Finding("disk", Verdict.OK, words)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", Verdict.OK, f"{version} at {sys.executable}")


def _settings(settings: Settings) -> Finding:
    """They may hold passwords."""
    file = settings.home / FILE_NAME
    if not file.exists():
        mend = "run: dialplane init"
        return Finding("settings", Verdict.WARNING, f"there is no {file}: all defaults", mend)
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mend = f"run: chmod 600 {file}"
        return Finding("settings", Verdict.WARNING, f"{file} may be read by others", mend)
    return Finding("settings", Verdict.OK, str(file))


def _redis(settings: Settings) -> Finding:
    """Answers, or can be started by a worker."""
    if locate(settings):
        which = "the configured one" if settings.redis_url else "this site's own"
        return Finding("redis", Verdict.OK, f"{which} answers")
    if settings.redis_url is not None:
        mend = f"start it, or mend redis_url in {settings.home / FILE_NAME}"
        return Finding("redis", Verdict.WRONG, "the configured one does not answer", mend)
    try:
        return Finding("redis", Verdict.OK, f"none yet; a worker will start {server_binary()}")
    except NoRedis as none:
        return Finding("redis", Verdict.WRONG, str(none), "pip install 'dialplane[embedded]'")


def _existing(folder: Path) -> Path:
    return folder if folder.is_dir() else _existing(folder.parent)
