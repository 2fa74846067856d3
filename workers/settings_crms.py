"""The site's CRMs, as the settings name them: `[crms.NAME]`."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator

from connectors.calls import TOKEN
from workers.settings_part import Part, whsec

EXPECTED_OF_CRMS = {
    "crms": "tables [crms.NAME] with kind and url (NAME: letters, digits, _ and -, and no name of "
    "another section)",
    "crms.kind": "one of sql, rest, hubspot, salesforce, odoo, espocrm, tryton",
    "crms.url": "for kind sql an SQLAlchemy URL such as mysql://user:password@host/name, else an "
    "https:// URL (http:// only together with allow_private = true)",
    "crms.map": "the name of a map file in the site's folder; kinds sql and rest have none of "
    "their own",
    "crms.secrets": "a table of NAME = 'SECRET', or NAME = 'env:VARIABLE'",
    "crms.hook_secrets": "one or more secrets: whsec_ and then at least 24 bytes in base64",
    "crms.every": "a number of seconds from 1 to 86400, or 0: customers are not pulled",
    "crms.overlap": "a number of seconds from 0 to 86400",
    "crms.timeout": "a number of seconds from 1 to 25",
    "crms.results": "true or false",
    "crms.customers": "true or false",
    "crms.create": "true or false",
    "crms.allow_private": "true or false",
}
RESERVED = frozenset({"webhook", "crm_table"})
Kind = Literal["sql", "rest", "hubspot", "salesforce", "odoo", "espocrm", "tryton"]
Name = Annotated[str, StringConstraints(pattern=rf"^{TOKEN.pattern}$")]


class CrmSettings(Part):
    """One CRM. Its name is the source of the customers that it tells of.

    `results`: it gets what came of calls; `customers`: it gets what changes of customers here;
    `create`: those that it does not know are made there.
    `hook_secrets`: what it signs with that it posts by itself; several while one is taken out of
    use. `every`: seconds between two pulls; `overlap`: seconds that a pull begins before the end of
    the last one, for clocks that are apart and rows that are committed late.
    """

    kind: Kind
    allow_private: bool = False
    url: SecretStr
    map: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    secrets: dict[Name, SecretStr] = Field(default_factory=dict)
    every: float = Field(default=30, ge=0, le=86_400)
    overlap: float = Field(default=60, ge=0, le=86_400)
    hook_secrets: tuple[SecretStr, ...] = ()
    timeout: float = Field(default=10, ge=1, le=25)  # a batch has to be over within two minutes
    results: bool = True
    customers: bool = True
    create: bool = False

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        scheme = urlsplit(url.get_secret_value()).scheme
        plain = scheme == "http" and info.data.get("allow_private")
        if info.data.get("kind") != "sql" and scheme != "https" and not plain:
            raise ValueError("https")
        return url

    @field_validator("hook_secrets")
    @classmethod
    def _long_enough(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        return tuple(map(whsec, secrets))

    @field_validator("every")
    @classmethod
    def _not_without_pause(cls, every: float) -> float:
        if 0 < every < 1:
            raise ValueError("every")
        return every

    @field_validator("map")
    @classmethod
    def _of_the_folder(cls, name: str | None) -> str | None:
        if name is not None and "\0" in name:
            raise ValueError("map")
        return name
