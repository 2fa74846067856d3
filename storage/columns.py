"""What every table shares: names of constraints, and column types that lose nothing."""

from typing import Any, Final

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """The base of all tables. Pydantic checks no row, and need not get ready to."""

    model_config = {"defer_build": True}
    metadata = MetaData(naming_convention=NAMING)


def table_of(model: type[Row]) -> Table:
    """The Core table of a model, for the statements that handle many rows at once."""
    return Row.metadata.tables[str(model.__tablename__)]


class FreeText(TypeDecorator[str]):
    """Text that others wrote (a PBX, an agent). Never a reason for a batch to fail.

    PostgreSQL takes neither NUL nor lone surrogates; both become U+FFFD. Cut at `LONGEST`.
    """

    impl = Text
    cache_ok = True
    LONGEST = 20_000

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.shorten(value)

    @classmethod
    def shorten(cls, text: str) -> str:
        """`text` as it is stored."""
        return clean(text[: cls.LONGEST])

    def __repr__(self) -> str:
        return "FreeText()"


def clean(text: str) -> str:
    """`text` with everything that no database can hold replaced by U+FFFD."""
    if text.isprintable():
        return text  # which neither NUL nor a lone surrogate is
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return (
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    )


def clean_json(value: Any) -> Any:
    """The same of every text in a JSON value. Nearly all are clean, and found so at once."""
    try:
        if b"\\u0000" not in orjson.dumps(value):
            return value
    except TypeError:
        pass  # lone surrogates, for one
    return _cleaned(value)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _cleaned(inner) for key, inner in value.items()}
    return [_cleaned(inner) for inner in value] if isinstance(value, list) else value


UTC_TIME = UTCDateTime()  # aware, to the microsecond; naive values are refused
FREE_TEXT = FreeText()
LONG_TEXT = Text()  # our own, checked before it comes here
TOKEN_TEXT = String(64)
NUMBER_TEXT = String(16)
WORD = String(24)
KEY = String(120)
ZONES = String(760)  # the 42 zones of a North American toll-free number take 727
JSON_DATA = JSON().with_variant(JSONB(), "postgresql")
BIG = BigInteger()
# SQLite counts up by itself only in a column that is INTEGER by name
SERIAL = BigInteger().with_variant(Integer(), "sqlite")
