"""The part `[replica]` of the settings: a copy of the database to read from."""

from pydantic import Field, SecretStr, field_validator

from storage.replica import MOST_BEHIND
from workers.settings_part import Part

EXPECTED_OF_REPLICA: dict[str, str] = {
    "replica.url": "a postgresql:// URL of a server that follows the one of database_url",
    "replica.most_behind": "a number of seconds from 0.1 to 3600",
}


class ReplicaSettings(Part):
    """Where reads go that may be late, as long as it is no more than `most_behind` seconds so."""

    url: SecretStr
    most_behind: float = Field(default=MOST_BEHIND, ge=0.1, le=3600)

    @field_validator("url")
    @classmethod
    def _of_postgresql(cls, url: SecretStr) -> SecretStr:
        if not url.get_secret_value().startswith(("postgres://", "postgresql://", "postgresql+")):
            raise ValueError("postgresql")
        return url
