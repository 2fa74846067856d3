"""Texts of a flow as parts: packed text, and variables between."""

import re
from typing import TypeAlias

from campaigns.flow.texts import NAME
from dialplan_templates.packed import pack

Parts: TypeAlias = list[dict[str, str]]
_PLACE = re.compile(rf"\{{({NAME.pattern})\}}", re.ASCII)


def parts_of(text: str) -> Parts:
    """`Dear {name}` as its text, packed, and the variable."""
    pieces = _PLACE.split(text)  # texts, and names at the odd places
    parts = [{"text": pack(p), "variable": ""} for p in pieces]
    for i in range(1, len(pieces), 2):
        parts[i] = {"text": "", "variable": pieces[i]}
    return parts
