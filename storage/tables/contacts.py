"""How customers are reached, and what others call them.

No foreign keys, here and in all that hangs on customers, so that a site with very many of them
can have these tables partitioned.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, SmallInteger, String, UniqueConstraint, text
from sqlmodel import Field

from campaigns.crm.validity import Verdict
from storage.columns import KEY, TOKEN_TEXT, UTC_TIME, WORD, ZONES, Row, table_of
from storage.ids import new_id

_GONE = text("gone_at IS NOT NULL")
ADDRESS = String(190)  # four bytes a character: as long as MySQL may have unique


class ContactKind(StrEnum):
    PHONE = "phone"  # E.164
    EMAIL = "email"


class ContactPoint(Row, table=True):
    """A number or address, and whose it is: one customer's. `score`: how sure it is that somebody
    can be reached there, of 100."""

    __tablename__ = "contact_points"
    __table_args__ = (
        UniqueConstraint("kind", "value"),
        Index("ix_contact_points_customer_id", "customer_id"),
        Index("ix_contact_points_verdict", "verdict", "checked_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_id: UUID
    kind: str = Field(sa_type=WORD)
    value: str = Field(sa_type=ADDRESS)
    line_type: str = Field(default="", sa_type=WORD)  # mobile, fixed_line, ...; empty: not known
    region: str = Field(default="", sa_type=WORD)  # ISO 3166, such as CN
    carrier: str = Field(default="", sa_type=TOKEN_TEXT)
    zones: str = Field(default="", sa_type=ZONES)  # IANA names, sorted, with commas between
    score: int | None = Field(default=None, sa_type=SmallInteger)
    verdict: str = Field(default=Verdict.UNKNOWN, sa_type=WORD)
    why: str = Field(default="", sa_type=TOKEN_TEXT)  # syntax, sip_404, answered, ...
    checked_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    told: str = Field(default="", sa_type=WORD, sa_column_kwargs={"server_default": text("''")})
    told_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    created_at: datetime = Field(sa_type=UTC_TIME)


class CustomerRef(Row, table=True):
    """What one source, such as a CRM, calls a customer: its external id there. `gone_at`: since
    when it is known that the source has none of that id any more. `told_at`: when it had changed
    there as it was told of last, by the source's clock."""

    __tablename__ = "customer_refs"
    __table_args__ = (
        Index("ix_customer_refs_customer_id", "customer_id"),
        Index(
            "ix_customer_refs_gone",
            "source",
            "gone_at",
            postgresql_where=_GONE,
            sqlite_where=_GONE,
        ),
    )

    source: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    external_id: str = Field(primary_key=True, sa_type=KEY)
    customer_id: UUID
    created_at: datetime = Field(sa_type=UTC_TIME)
    gone_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    told_at: datetime | None = Field(default=None, sa_type=UTC_TIME)


CONTACT_POINTS = table_of(ContactPoint)
CUSTOMER_REFS = table_of(CustomerRef)
