"""No part of a password is told, whatever is in it."""

import pytest

from storage.engine import open_store
from storage.errors import DatabaseUnavailable
from storage.masking import masked

HOSTILE = [
    "p@ss",
    "@",
    "p/ss@x",
    "a:b@c:d",
    "x://y@z",
    "p'@\"w",
    "@@",
    "password@ss",
    "%40",
    "p?#@&",
]


@pytest.mark.parametrize("password", HOSTILE)
@pytest.mark.parametrize("user", ["u", "user", "", "me@firm"])
def test_of_a_login_nothing_is_left(user: str, password: str) -> None:
    url = f"postgresql://{user}:{password}@host/db"
    assert masked(f"{url} and '{url}' are away") == (
        "postgresql://...@host/db and 'postgresql://...@host/db' are away"
    )


def test_of_the_options_of_a_url_neither() -> None:
    told = masked(
        "postgresql://host/db?password=p4ss&sslmode=require&sslpassword=x, redis://h?Token=y"
    )
    assert (
        told
        == "postgresql://host/db?password=...&sslmode=require&sslpassword=... redis://h?Token=..."
    )


@pytest.mark.parametrize(
    "hint",
    [
        "ami://user:password@host:5038",
        "expected main = 'ami://user:password@host:5038' or postgresql://user@host/name",
        "the URL must be esl://:PASSWORD@HOST:PORT, with",
        "the URL must be ami://USER:SECRET@HOST:PORT, with",
    ],
)
def test_what_is_to_be_written_is_told_whole(hint: str) -> None:
    assert masked(hint) == hint


@pytest.mark.parametrize("password", ["p@ss", "p@s/s", "p@ss/w@rd"])
def test_a_database_whose_password_is_not_quoted_is_refused_without_it(password: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="more than one '@'") as refused:
        open_store(f"postgresql://u:{password}@127.0.0.1:1/db")
    assert "ss" not in str(refused.value).replace("password", "")


def test_a_database_that_is_away_is_told_of_without_its_secrets() -> None:
    with pytest.raises(DatabaseUnavailable) as away:
        open_store("postgresql://u:s3cret%40x@127.0.0.1:1/db?sslpassword=s3cret")
    assert "127.0.0.1:1/db" in str(away.value)
    assert "s3cret" not in str(away.value)
