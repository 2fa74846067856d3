"""URLs of databases, as people write them."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import DatabaseUnavailable

DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
"""The driver for each form of a URL that people write."""


def parse_url(url: str) -> URL:
    """With the driver that we use for it. Raises `DatabaseUnavailable` where it names none."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUnavailable(
            "The database URL cannot be read; expected sqlite:///path/to/file.db "
            "or postgresql://user:password@host/name"
        ) from None
    driver = DRIVERS.get(parsed.drivername)
    if driver is None:
        raise DatabaseUnavailable(
            f"The database URL begins with '{parsed.drivername}:', which is not known here; "
            "use sqlite:///path/to/file.db or postgresql://user:password@host/name"
        )
    if driver != "sqlite" and url.partition("?")[0].count("@") > 1:
        raise DatabaseUnavailable(
            "The database URL has more than one '@'; write those of user and password as %40"
        )
    return parsed.set(drivername=driver)
