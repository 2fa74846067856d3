"""The numbers that must not be called."""

from datetime import datetime

from sqlmodel import Field

from storage.columns import FREE_TEXT, NUMBER_TEXT, TOKEN_TEXT, UTC_TIME, Row, table_of

EVERYWHERE = "*"  # no campaign can have this name


class DoNotCall(Row, table=True):
    """A number not to be called: by any campaign, or by the one named in `scope`."""

    __tablename__ = "do_not_call"

    number: str = Field(primary_key=True, sa_type=NUMBER_TEXT)
    scope: str = Field(default=EVERYWHERE, primary_key=True, sa_type=TOKEN_TEXT)
    source: str = Field(default="", sa_type=FREE_TEXT)
    added_at: datetime = Field(sa_type=UTC_TIME)
    stored_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # by the database's clock
    expires_at: datetime | None = Field(default=None, sa_type=UTC_TIME)


DO_NOT_CALL = table_of(DoNotCall)
