"""The words that a rules file is made of, beside those of every file of ours."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from campaigns.crm.tags import BadTag, path_of
from campaigns.crm.values import LONGEST_TEXT
from campaigns.spec.reading import filter_text
from campaigns.spec.types import Part, Seconds, Token


class RulePart(Part):
    """A part of a rules file."""


def _several(value: Any) -> Any:
    """One word stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def _tag(value: str) -> str:
    try:
        return path_of(value)
    except BadTag as wrong:
        raise ValueError(f"a tag such as trade/machines, but {wrong}") from None


def _asking(value: str) -> str:
    """A filter over customers, as it stands. What a site says of them is not known here."""
    # which is made of our own parts
    from campaigns.crm.rules.facts import require_of_customers  # noqa: PLC0415

    return filter_text(value, "a filter over customers", require_of_customers)


def _plain(value: Any) -> Any:
    """A value of a field of the site's own, as YAML has it."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ValueError("a text, a number, true or false; or null, to take it away")


def _number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError("a number")


_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Names = Annotated[
    tuple[Token, ...],
    BeforeValidator(_several),
    Field(max_length=100),
    WithJsonSchema({**_NAMES, "examples": ["potential", "[potential, new]"]}),
]
"""One name, or a list of several."""
TagPath = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    AfterValidator(_tag),
    WithJsonSchema({"type": "string", "examples": ["制造业/设备采购"]}),
]
Asking = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_asking)]
OwnValue = Annotated[
    str | int | float | bool | None,
    BeforeValidator(_plain),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"], "examples": ["制造业"]}),
]
Bound = Annotated[float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Wait = Annotated[Seconds, Field(ge=60)]
"""A duration of a minute or more."""
Note = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]


def exact(bound: float) -> Decimal:
    """A bound as it was written."""
    return Decimal(str(bound))
