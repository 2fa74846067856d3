"""Values as the text of PostgreSQL's COPY, in which every backup is written.

PostgreSQL reads and writes it by itself. For SQLite it is made here, character by character as
PostgreSQL would write it, so that rows are the same bytes wherever they come from.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, DateTime, Integer, Uuid
from sqlalchemy.types import TypeEngine

from storage.errors import Refused

NULL = "\\N"
_KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Uuid, "uuid"),
    (DateTime, "time"),
    (JSON, "json"),
    (Boolean, "bool"),
    (Integer, "int"),
)
_ESCAPED = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED["\v"] = "\\v"
_ESCAPES = str.maketrans(_ESCAPED)
_PLAIN = {escape: character for character, escape in _ESCAPED.items()}
_ESCAPE = re.compile(r"\\.")


def kind_of(column: TypeEngine[Any]) -> str:
    """What a column holds, in one word: the same for both databases."""
    of = column.impl_instance if hasattr(column, "impl_instance") else column
    return next((kind for known, kind in _KINDS if isinstance(of, known)), "text")


def escape(text: str) -> str:
    return text.translate(_ESCAPES)


def unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _PLAIN.get(found[0], found[0][1:]), text)


def line_of(values: Sequence[Any], kinds: Sequence[str]) -> bytes:
    """A row of SQLite's own values as a line."""
    cells = [
        NULL if value is None else escape(TO_TEXT[kind](value))
        for value, kind in zip(values, kinds, strict=True)
    ]
    return ("\t".join(cells) + "\n").encode("utf-8", "surrogatepass")


def values_of(line: bytes, kinds: Sequence[str]) -> list[Any]:
    """A line as SQLite's own values."""
    return [
        None if cell == NULL else FROM_TEXT[kind](unescape(cell))
        for cell, kind in zip(split(line), kinds, strict=True)
    ]


def split(line: bytes) -> list[str]:
    """The cells of a line, as they stand there."""
    return line[:-1].decode("utf-8", "surrogatepass").split("\t")


def _dashed(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _moment(text: str) -> str:
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}+00" if fraction else f"{whole}+00"


def _sqlite_moment(text: str) -> str:
    if not text.endswith("+00"):
        raise Refused(f"The backup holds a time that is not in UTC ({text[:40]!a})")
    whole, _, fraction = text[:-3].partition(".")
    return f"{whole}.{fraction:0<6}"


def _compact(text: str) -> str:
    return orjson.dumps(orjson.loads(text)).decode()


TO_TEXT: dict[str, Callable[[Any], str]] = {
    "uuid": _dashed,
    "time": _moment,
    "json": str,
    "bool": lambda yes: "t" if yes else "f",
    "int": str,
    "text": str,
}
FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "uuid": lambda text: text.replace("-", ""),
    "time": _sqlite_moment,
    "json": _compact,  # equal lists are compared as text there
    "bool": lambda text: int(text == "t"),
    "int": int,
    "text": str,
}
