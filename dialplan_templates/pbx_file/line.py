"""Which numbers that are called at a PBX are a line that campaigns serve."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from campaigns.spec.types import Token
from dialplan_templates.pbx_file.words import PbxPart

CALLED = re.compile(r"\+?([0-9]{2,20})", re.ASCII)


def _called(value: Any) -> Any:
    """Its digits: carriers send a + or none, and both are the same number."""
    found = CALLED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('a number of 2 to 20 digits within quotes, as in "4930123456"')
    return found[1]


Called = Annotated[
    str,
    BeforeValidator(_called),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{CALLED.pattern}$", "examples": ["4930123456"]}
    ),
]


class Line(PbxPart):
    """A number whose callers wait on a line."""

    number: Called = Field(
        description="the number that is called, as the carrier sends it, with a + or without; "
        'digits in quotes: "4930123456"'
    )
    line: Token = Field(description="the line's name, as campaigns have it in `inbound.lines`")
