"""Texts of a flow as parts: packed text, and variables between."""

from typing import TypeAlias

from campaigns.flow.texts import pieces
from connectors.packed import pack

Parts: TypeAlias = list[dict[str, str]]


def parts_of(text: str) -> Parts:
    """`Dear {name}` as its text, packed, and the variable."""
    return [_part(piece, is_name=i % 2 == 1) for i, piece in enumerate(pieces(text))]


def _part(piece: str, *, is_name: bool) -> dict[str, str]:
    return {"text": "" if is_name else pack(piece), "variable": piece if is_name else ""}
