"""The site that a command is about: its settings, its database, its Redis."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import redis

from cli.errors import InputError, StateError
from storage.engine import Store, is_missing, open_store
from storage.errors import DatabaseUnavailable
from storage.masking import masked
from storage.migrate import not_set_up, require_current
from workers.redis_binary import NoRedis
from workers.redis_server import connect, locate
from workers.settings import FILE_NAME, Settings
from workers.settings_file import load_settings

DATABASE_URL = "DIALPLANE_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Site:
    """An open site."""

    settings: Settings
    store: Store


@contextmanager
def open_site() -> Iterator[Site]:
    """The site of DIALPLANE_HOME, with its database open.

    Raises `StateError` where nobody has run `dialplane init`, and what storage raises.
    """
    settings = existing_site()
    _require_there(settings)
    store = open_database(settings)
    try:
        require_current(store)
        yield Site(settings, store)
    finally:
        store.close()


def _require_there(settings: Settings) -> None:
    """Asking for a database must not make an empty one. Raises `DatabaseTooOld`."""
    url = settings.database_url.get_secret_value()
    with suppress(DatabaseUnavailable):  # opening it will tell
        if is_missing(url):
            raise not_set_up(masked(url))


def open_database(settings: Settings) -> Store:
    """The site's database. Raises `InputError` where its URL can name none; what storage raises."""
    try:
        return open_store(settings.database_url.get_secret_value(), *settings.late_reads())
    except DatabaseUnavailable as wrong:
        if wrong.__cause__ is not None:  # it was asked, and something answered, or nothing
            raise
        place = f"{settings.home / FILE_NAME}: database_url"
        if os.environ.get(DATABASE_URL):
            place = f"environment variable {DATABASE_URL}"
        raise InputError(f"{place}: {wrong}") from wrong


def existing_site() -> Settings:
    """The settings of a site that has been set up. Raises `StateError`, `SettingsError`."""
    settings = load_settings()
    if not settings.home.is_dir():
        raise StateError(
            f"There is no site at {settings.home}; run: dialplane init, or set DIALPLANE_HOME"
        )
    return settings


@contextmanager
def site_redis(settings: Settings) -> Iterator["redis.Redis"]:
    """A client of the site's running Redis; starts nothing. Raises `NoRedis`."""
    url = locate(settings)
    if url is None:
        raise NoRedis("No Redis answers at this site; is 'dialplane up' or a worker running?")
    with connect(url) as client:
        yield client


def now() -> datetime:
    """The time of this command, aware UTC."""
    return datetime.now(UTC)
