"""The map of a CRM in a SQL database: which tables, and which columns mean what."""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from campaigns.crm.mapping import CustomerMap
from campaigns.crm.model import CrmPart
from campaigns.crm.zones import known_zone
from campaigns.spec.form import Form
from campaigns.spec.loading import load_as
from crm_sync.fields import KEY

TableName = Annotated[str, StringConstraints(pattern=r"^[\w$]{1,64}(\.[\w$]{1,64})?$")]
Column = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class SqlCustomers(CustomerMap):
    """The table of customers: the places of a map are its columns."""

    table: TableName = Field(description="the table, with its schema where it needs one")
    key: Column | None = Field(
        default=None,
        description="a column with a unique index for our id of a customer who is made there",
    )


class SqlResults(CrmPart):
    """A table that each result of a call becomes a row of."""

    table: TableName = Field(description="the table, with its schema where it needs one")
    key: Column = Field(default=KEY, description="the column of the idempotency key, unique")
    zone: str = Field(default="", description="of times in columns that have none; left out: UTC")
    columns: dict[str, Column] = Field(
        default_factory=dict, description="field of a result: column; left out: by equal names"
    )

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        return known_zone(zone)


class SqlMap(CrmPart):
    """A CRM in a SQL database."""

    customers: SqlCustomers | None = Field(default=None, description="who its customers are")
    results: SqlResults | None = Field(default=None, description="where results of calls go")


SQL_MAP = Form(
    SqlMap,
    word="map of a SQL CRM",
    begins="customers:",
    hint="'dialplane crm map NAME --guess' prints one to start from",
)


def load(source: bytes, file: str) -> SqlMap:
    """What a map says. Raises `SpecError`."""
    return load_as(SQL_MAP, source, file, lambda _: ())
