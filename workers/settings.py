"""The settings of a site, as models. `settings_file` reads them; secrets never show in a repr."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from connectors.calls import TOKEN
from workers.settings_api import EXPECTED_OF_API, ApiSettings
from workers.settings_crms import EXPECTED_OF_CRMS, RESERVED, CrmSettings
from workers.settings_numbers import EXPECTED_OF_NUMBERS, NumberCheckSettings
from workers.settings_part import Part, encrypted, whsec
from workers.settings_replica import EXPECTED_OF_REPLICA, ReplicaSettings
from workers.settings_speech import EXPECTED_OF_SPEECH, SpeechSettings

FILE_NAME = "dialplane.toml"
KEPT_DAYS = 90
TOLD = "told"  # the kind of error whose message is the sentence, and names the key itself

Token = Annotated[str, StringConstraints(pattern=rf"^{TOKEN.pattern}$")]
JOB_KEY = re.compile(r"[!-+\--~]{32,200}", re.ASCII)
Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]

EXPECTED: dict[str, str] = {
    "database_url": "an SQLAlchemy URL such as postgresql+psycopg://user:password@host/name",
    "redis_url": "redis://, rediss:// or unix:// with a host or a socket path, and the special "
    "characters of a password as %XX",
    "job_keys": "one or more keys of 32 to 200 characters each, without blanks or commas",
    "log_level": "one of debug, info, warning, error",
    "dial_workers": "a whole number from 1 to 64",
    "drain_seconds": "a number of seconds from 0 to 3600",
    "log_format": "text or json",
    "kept_days": "a whole number of days from 7 to 3650",
    "simulated_agents": "a whole number from 0 to 10000",
    "simulated_seed": "a whole number of 0 or more",
    "pbx": "a table of NAME = 'URL' (NAME: letters, digits, _ and -)",
    "recordings": "a folder",
    "webhook.url": "an https:// URL (http:// only together with allow_private = true)",
    "webhook.secret": "whsec_ and then at least 24 bytes in base64",
    "webhook.timeout": "a number of seconds from 1 to 60",
    "webhook.allow_private": "true or false",
    "webhook.results": "true or false",
    "webhook.customers": "true or false",
    "webhook.reminders": "true or false",
    "webhook.source": "a name of [api.keys]: letters, digits, _ and -",
    "endpoints": "tables [endpoints.NAME] with url and secret (NAME: letters, digits, _ and -)",
    "endpoints.url": "an https:// URL (http:// only together with allow_private = true)",
    "endpoints.secret": "whsec_ and then at least 24 bytes in base64",
    "endpoints.allow_private": "true or false",
    "web.host": "an address of this machine, such as 127.0.0.1",
    "web.port": "a whole number from 0 to 65535",
    "web.token": "at least 24 characters without spaces",
    "hooks.secrets": "one or more secrets: whsec_ and then at least 24 bytes in base64",
    "hooks.password": "at least 24 characters without spaces",
    "crm_table.url": "an SQLAlchemy URL such as postgresql+psycopg://user:password@host/name",
    "crm_table.table": "the name of a table",
    "crm_table.key": "the name of a column with a unique index",
    "crm_table.columns": "a table of FIELD = 'COLUMN'",
    **EXPECTED_OF_REPLICA,
    **EXPECTED_OF_API,
    **EXPECTED_OF_CRMS,
    **EXPECTED_OF_NUMBERS,
    **EXPECTED_OF_SPEECH,
}


class SettingsError(Exception):
    """A sentence that names the file or variable, the key, and what was expected."""


def is_job_key(text: str) -> bool:
    """Whether it is long enough to seal jobs with."""
    return JOB_KEY.fullmatch(text) is not None


class EndpointSettings(Part):
    """What a flow's `webhook` asks, by its name: posted to, signed as Standard Webhooks says.

    `allow_private` lets the address be loopback or private: for tests and for receivers in
    one's own network. Without it only global addresses over https are spoken to.
    """

    allow_private: bool = False
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]
    secret: SecretStr

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: str, info: ValidationInfo) -> str:
        return encrypted(url, info)

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        return whsec(secret)


class WebhookSettings(EndpointSettings):
    """Where each ended attempt is posted; `timeout` for each.

    `customers`: what changes of customers is posted too, but for what `source` has told itself.
    `reminders`: a follow-up whose time has come is posted.
    """

    timeout: float = Field(default=10, ge=1, le=60)
    results: bool = True
    customers: bool = False
    reminders: bool = False
    source: Token | None = None


class CrmTableSettings(Part):
    """A table of someone's CRM that each ended attempt is upserted into.

    `columns`: field of the result -> column of the table; empty: by equal names.
    `key`: the column that holds the idempotency key; it needs a unique index.
    """

    url: SecretStr
    table: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,126}$")]
    key: Column = "idempotency_key"
    columns: dict[Column, Column] = Field(default_factory=dict, validate_default=True)

    @field_validator("columns")
    @classmethod
    def _whole(cls, columns: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        from crm_sync.fields import wrong_columns  # noqa: PLC0415 - slow, and seldom needed

        key = info.data.get("key")  # not there: it was wrong itself
        if key and (wrong := wrong_columns(columns, key)):
            raise PydanticCustomError(TOLD, "{told}", {"told": wrong})
        return columns


class WebSettings(Part):
    """Where `dialplane serve` listens, and the token that lets others than this machine look."""

    host: Annotated[str, StringConstraints(min_length=1, max_length=253)] = "127.0.0.1"
    port: int = Field(default=8470, ge=0, le=65535)
    token: Annotated[SecretStr, Field(min_length=24)] | None = None

    @field_validator("token")
    @classmethod
    def _of_one_word(cls, token: SecretStr | None) -> SecretStr | None:
        return _word(token)


class HookSettings(Part):
    """What lets a PBX post to us: `dialplane serve` takes nothing without.

    `secrets`: those that posts may be signed with, as Standard Webhooks says; several while one is
    taken out of use. `password`: for what cannot sign, as HTTP Basic with the node's name.
    """

    secrets: tuple[SecretStr, ...] = ()
    password: Annotated[SecretStr, Field(min_length=24)] | None = None

    @field_validator("secrets")
    @classmethod
    def _long_enough(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        return tuple(map(whsec, secrets))

    @field_validator("password")
    @classmethod
    def _of_one_word(cls, password: SecretStr | None) -> SecretStr | None:
        return _word(password)


class Settings(Part):
    """Everything a process of this site needs to know before it can start."""

    home: Path
    database_url: SecretStr
    replica: ReplicaSettings | None = None  # for reads that may be late
    redis_url: SecretStr | None = None  # none: one found on the machine, else the embedded one
    job_keys: tuple[SecretStr, ...] = ()  # none: those of job.keys in the folder
    pbx: dict[Token, SecretStr] = Field(default_factory=lambda: {"main": SecretStr("fake://demo")})
    webhook: WebhookSettings | None = None
    endpoints: dict[Token, EndpointSettings] = Field(default_factory=dict)
    crm_table: CrmTableSettings | None = None
    crms: dict[Token, CrmSettings] = Field(default_factory=dict)
    web: WebSettings = WebSettings()
    speech: SpeechSettings = SpeechSettings()
    hooks: HookSettings = HookSettings()
    api: ApiSettings = ApiSettings()
    number_check: NumberCheckSettings | None = None
    recordings: Path
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    dial_workers: int = Field(default=16, ge=1, le=64)  # the most campaigns dialled at once here
    drain_seconds: float = Field(default=30, ge=0, le=3600)
    kept_days: int = Field(
        default=KEPT_DAYS, ge=7, le=3650
    )  # what was dealt with: storage.trimming
    simulated_agents: int = Field(default=0, ge=0, le=10_000)  # of each campaign; for trying out
    simulated_seed: int = Field(default=1, ge=0)

    @field_validator("crms")
    @classmethod
    def _no_other_receivers_name(cls, crms: dict[str, CrmSettings]) -> dict[str, CrmSettings]:
        if RESERVED & set(crms):
            raise ValueError("taken")
        return crms

    @field_validator("redis_url")
    @classmethod
    def _known_scheme(cls, url: SecretStr | None) -> SecretStr | None:
        """A special character of the password that was not quoted makes a port of its beginning."""
        parts = urlsplit(url.get_secret_value()) if url else None
        if parts and (parts.scheme not in {"redis", "rediss", "unix"} or parts.port == 0):
            raise ValueError("redis")
        return url

    @field_validator("job_keys", mode="before")
    @classmethod
    def _listed(cls, keys: object) -> object:
        """A variable holds them with commas between; a key therefore holds none."""
        return [key.strip() for key in keys.split(",")] if isinstance(keys, str) else keys

    @field_validator("job_keys")
    @classmethod
    def _long_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(is_job_key(key.get_secret_value()) for key in keys):
            raise ValueError("job_keys")
        return keys

    def late_reads(self) -> tuple[str | None, float]:
        """The replica's URL and how many seconds behind it may be, as `open_store` takes them."""
        if self.replica is None:
            return None, 0.0
        return self.replica.url.get_secret_value(), self.replica.most_behind

    def pbx_url(self, name: str) -> str:
        """The URL of a PBX node. Raises `SettingsError` where it has none."""
        if name not in self.pbx:
            raise SettingsError(
                f"{self.home / FILE_NAME}: pbx.{name}: no such PBX; expected an entry "
                f"{name} = 'ami://user:password@host:5038' under [pbx] "
                f"(there are: {', '.join(sorted(self.pbx)) or 'none'})"
            )
        return self.pbx[name].get_secret_value()


def _word(secret: SecretStr | None) -> SecretStr | None:
    """It is to be part of a header."""
    if secret and not re.fullmatch(r"[!-~]+", secret.get_secret_value()):
        raise ValueError("word")
    return secret
