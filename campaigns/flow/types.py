"""The words that a flow's YAML is made of, each with how it is read and how editors see it."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from campaigns.flow import reading, texts
from campaigns.spec.reading import line, number
from campaigns.spec.types import Part, Seconds, Token
from connectors.calls import E164

LONGEST_TEXT = 1000
LONGEST_VALUE = 200


def _text(pattern: str, *examples: str, kinds: str | list[str] = "string") -> WithJsonSchema:
    return WithJsonSchema({"type": kinds, "pattern": f"^{pattern}$", "examples": [*examples]})


AS_WRITTEN = ["string", "number"]
"""What editors take for a text that may look like a number: it is read as it is written."""


class FlowPart(Part):
    """A part of a flow."""


Name = Annotated[str, BeforeValidator(reading.name), _text(texts.NAME.pattern, "amount")]
"""A variable's name; of a survey, the question's."""
Ref = Annotated[
    str,
    BeforeValidator(texts.reference),
    _text(rf"\{{{texts.NAME.pattern}\}}", "{amount}"),
]
"""A variable within braces; held as its name."""
Keys = Annotated[str, BeforeValidator(reading.pressed), _text(reading.PRESSED.pattern, "1")]
"""Keys of a telephone."""
Whole = Annotated[int, BeforeValidator(reading.whole), WithJsonSchema({"type": "integer"})]
Number = Annotated[float, BeforeValidator(reading.number), WithJsonSchema({"type": "number"})]
Sound = Annotated[str, BeforeValidator(reading.sound), _text(reading.FILE.pattern, "hello.wav")]
Language = Annotated[
    str, BeforeValidator(reading.language), _text(reading.LANGUAGE.pattern, "en-US")
]
Pattern = Annotated[
    str,
    BeforeValidator(reading.pattern),
    _text(reading.PATTERN.pattern, "49XXXXXXXX", kinds=AS_WRITTEN),
]
Phone = Annotated[
    str,
    BeforeValidator(number),
    _text(E164.pattern, "+12125550100", kinds=AS_WRITTEN),
]
Value = Annotated[
    str,
    BeforeValidator(reading.value),
    StringConstraints(max_length=LONGEST_VALUE),
    AfterValidator(line),
    WithJsonSchema({"type": AS_WRITTEN, "maxLength": LONGEST_VALUE}),
]
"""A text in one line."""
Filled = Annotated[Value, AfterValidator(texts.text)]
"""The same, with variables in it."""
Speech = Annotated[
    str,
    BeforeValidator(reading.speech),
    StringConstraints(min_length=1, max_length=LONGEST_TEXT),
    AfterValidator(line),
    AfterValidator(texts.text),
]
"""What a voice says, with variables in it."""
Wait = Annotated[Seconds, Field(ge=1, le=60)]
Goto = Token
"""The name of a step, or `return` to go back to the flow that called this one."""
