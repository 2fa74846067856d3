"""The words that our YAML is made of: durations, shares, clock times, zones, tokens, numbers.

Each type says how it is read, and in the JSON Schema, for editors, how it is written.
"""

from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    WithJsonSchema,
)

from campaigns.spec import reading
from connectors.calls import E164, TOKEN


class Part(BaseModel):
    """A part of a file: frozen, closed to keys nobody declared, written back as it was read.

    How it is checked is worked out when the first one is read: most commands read few kinds.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        defer_build=True,
    )


def _schema(pattern: str, *examples: str, **number: Any) -> WithJsonSchema:
    """Text of a pattern; with `number`, the bounds of the numbers that may stand there as well."""
    text = {"type": "string", "pattern": pattern}
    if not number:
        return WithJsonSchema({**text, **({"examples": list(examples)} if examples else {})})
    either = [{"type": "number", **number}, text]
    return WithJsonSchema({"anyOf": either, "examples": list(examples)})


Seconds = Annotated[
    float,
    BeforeValidator(reading.seconds),
    Field(ge=0, le=366 * 86400),
    _schema(r"^\d+(\.\d+)?\s*[smhd]?$", "30s", "10m", "2h", "1d", minimum=0),
]
RungFor = Annotated[
    float,
    BeforeValidator(reading.seconds),
    AfterValidator(reading.rings_long_enough),
    Field(le=120),
    _schema(r"^\d+(\.\d+)?\s*[smhd]?$", "20s", minimum=reading.LEAST_RING),
]
Share = Annotated[
    float,
    BeforeValidator(reading.fraction),
    Field(ge=0, le=1),
    _schema(r"^\d+(\.\d+)?\s*%$", "3%", "0.03", minimum=0, maximum=1),
]
Date = Annotated[
    date,
    BeforeValidator(reading.calendar_date),
    PlainSerializer(date.isoformat),
    _schema(rf"^{reading.DATE.pattern}$", "2026-11-02"),
]
Clock = Annotated[
    time,
    BeforeValidator(reading.clock),
    PlainSerializer(reading.hh_mm),
    _schema(rf"^({reading.CLOCK.pattern})$", "09:00"),
]
ClockOrMidnight = Annotated[
    time | Literal["24:00"],
    BeforeValidator(reading.clock_or_midnight),
    PlainSerializer(reading.hh_mm),
    _schema(rf"^({reading.CLOCK.pattern}|24:00)$", "20:00", "24:00"),
]
Zone = Annotated[str, AfterValidator(reading.zone)]
Token = Annotated[str, BeforeValidator(reading.token), _schema(f"^{TOKEN.pattern}$")]
Number = Annotated[
    str, BeforeValidator(reading.number), _schema(f"^{E164.pattern}$", "+12125550100")
]
Count = Annotated[int, Strict()]
Real = Annotated[float, BeforeValidator(reading.real)]
Text = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(reading.paragraphs)]
Selecting = Annotated[str, StringConstraints(max_length=4000), AfterValidator(reading.selecting)]
Label = Annotated[str, StringConstraints(max_length=80), AfterValidator(reading.line)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ALL_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
