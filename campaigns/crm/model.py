"""A CRM file: what a site says of its customers. Stages, levels of intent, fields of its own."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from campaigns.crm.values import FieldType
from campaigns.importing.mapping import Duplicates
from campaigns.spec.form import Form
from campaigns.spec.types import Label, Part, Token

Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class CrmPart(Part):
    """A part of a CRM file."""


class Stage(CrmPart):
    """Where a customer is on the way to a sale."""

    name: Token = Field(description="its name, for rules and CRMs")
    label: Label = Field(default="", description="how people see it")
    closed: bool = Field(default=False, description="nothing more is to be done there")


class CustomField(CrmPart):
    """A field of the site's own."""

    name: Token = Field(description="its name, for filters, rules and CRMs")
    label: Label = Field(default="", description="how people see it")
    type: FieldType = Field(description="what it holds")
    choices: tuple[Word, ...] = Field(
        default=(), max_length=500, description="of a choice: what may be chosen"
    )
    indexed: bool = Field(default=False, description="whether customers are found by it")

    @model_validator(mode="after")
    def _choices_of_a_choice(self) -> "CustomField":
        if (self.type is FieldType.CHOICE) != bool(self.choices):
            raise PydanticCustomError(
                "choices", "choices for a field of type choice, and for no other"
            )
        return self


class Crm(CrmPart):
    """What a site says of its customers."""

    stages: tuple[Stage, ...] = Field(
        default=(), max_length=100, description="of the pipeline, in their order"
    )
    intents: tuple[Token, ...] = Field(
        default=(), max_length=50, description="levels of intent, the highest first; none: any word"
    )
    fields: tuple[CustomField, ...] = Field(
        default=(), max_length=200, description="fields of the site's own"
    )
    duplicates: Duplicates | None = Field(
        default=None,
        description="rows of an import whose customer is there already",
    )


CRM_FILE = Form(
    Crm,
    word="CRM file",
    begins="stages:",
    hint="docs/crm.md has an example to start from",
)
