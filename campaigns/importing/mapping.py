"""What the columns of a file of customers are: a mapping, as YAML or guessed from the header."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from campaigns.crm.zones import known_zone
from campaigns.spec.form import Form
from campaigns.spec.types import Part, Share, Token

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(max_length=200)]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
TagPath = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Then(StrEnum):
    """What becomes of a row whose customer is there already."""

    UPDATE = "update"
    SKIP = "skip"


class ThenSimilar(StrEnum):
    """What becomes of a row that is like another customer."""

    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"


class MappingPart(Part):
    """A part of a mapping."""


class NumberColumn(MappingPart):
    """A column of telephone numbers."""

    column: Column = Field(description="its name in the header")
    type: Literal["mobile", "fixed_line"] | None = Field(
        default=None, description="what its numbers are, where the number itself does not tell"
    )


class ConsentColumn(MappingPart):
    """A column that says what a customer has allowed: yes or no."""

    column: Column = Field(description="its name in the header")
    channel: Token = Field(default="call", description="what is allowed: call, sms, email, ...")
    purpose: Token = Field(default="any", description="what for: any, or a word such as sales")


class Columns(MappingPart):
    """Which column of the file holds what; the others are not imported."""

    external_id: Column | None = Field(default=None, description="what the source calls them")
    name: Column | None = Field(default=None, description="the customer's name")
    company: Column | None = Field(default=None, description="the company")
    numbers: tuple[NumberColumn, ...] = Field(
        default=(), max_length=20, description="telephone numbers, the main one first"
    )
    region: Column | None = Field(
        default=None, description="the country of the row's numbers, as CN; else the file's"
    )
    emails: tuple[Column, ...] = Field(default=(), max_length=20, description="e-mail addresses")
    stage: Column | None = Field(default=None, description="the stage, by its name or label")
    owner: Column | None = Field(default=None, description="whose the customer is")
    tags: tuple[Column, ...] = Field(
        default=(), max_length=20, description="tags, with ; or a comma between several"
    )
    do_not_call: Column | None = Field(
        default=None, description="yes: never to be called again; no takes nothing back"
    )
    consent: tuple[ConsentColumn, ...] = Field(
        default=(), max_length=20, description="what was allowed, and what not"
    )
    fields: dict[Token, Column] = Field(
        default_factory=dict, description="the site's own fields, by the names of the CRM file"
    )


class Similar(MappingPart):
    """Rows whose name and company are like those of a customer."""

    then: ThenSimilar = Field(description="what becomes of such a row; each is told")
    at_least: Share = Field(
        default=0.9, ge=0.5, description="how alike name and company have to be, each by itself"
    )


class Duplicates(MappingPart):
    """What becomes of a row whose customer is there already, or was in the file before."""

    external_id: Then = Field(default=Then.UPDATE, description="known by the external id")
    number: Then = Field(default=Then.UPDATE, description="known by a number")
    email: Then = Field(
        default=Then.UPDATE, description="known by an address, where a row has nothing else"
    )
    similar: Similar | None = Field(
        default=None, description="by name and company; without it nobody looks"
    )


class Mapping(MappingPart):
    """How a file of customers is imported."""

    source: Token = Field(
        default="file", description="the system it is from: external ids are kept under it"
    )
    region: Region | None = Field(
        default=None, description="where numbers without a country code are dialled from"
    )
    zone: str = Field(
        default="",
        description="of times that have none, such as Asia/Shanghai; left out: they are refused",
    )
    columns: Columns = Field(description="which column holds what")
    stages: dict[Words, Token] = Field(
        default_factory=dict, description="words of the file, and the stages that they mean"
    )
    owners: dict[Words, Token] = Field(
        default_factory=dict, description="names in the file, and the owners that they mean"
    )
    tags: tuple[TagPath, ...] = Field(default=(), max_length=50, description="tags for every row")
    duplicates: Duplicates | None = Field(
        default=None, description="rows whose customer is there already; else as the CRM file says"
    )

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        return known_zone(zone)


MAPPING = Form(
    Mapping,
    word="mapping",
    begins="columns:",
    hint="'dialplane customers import FILE --save-mapping MAP.yaml --dry-run' writes one",
)
