"""The site's CRMs, opened."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from campaigns.spec.errors import SpecError
from crm_sync.adapter import AdapterError
from crm_sync.crm import Crm, Opening, open_crm
from storage.customers.records import records
from storage.customers.referring import refer
from storage.engine import Store
from workers.settings import Settings
from workers.settings_crms import CrmSettings

LONGEST_MAP = 1_000_000
_ENV = "env:"


def crm_of(settings: Settings, store: Store, name: str, mapped: bool = True) -> Crm:
    """The CRM of that name. Raises `AdapterError`, with what is lacking or wrong. `mapped`: by the
    map of the settings; else as if there were none yet."""
    if name not in settings.crms:
        known = ", ".join(sorted(settings.crms)) or "none"
        raise AdapterError(f"there is no [crms.{name}] in the settings (there are: {known})")
    part = settings.crms[name]
    file = settings.home / part.map if part.map and mapped else None
    opening = Opening(
        name,
        part.kind,
        part.url.get_secret_value(),
        _read(file) if file else None,
        str(file or f"the map of {part.kind}"),
        lambda ids: records(store, ids),
        lambda customer, external_id: refer(store, name, external_id, customer),
        part.create and mapped,
        _secrets(name, part.secrets),
        part.timeout,
        part.allow_private,
    )
    try:
        return open_crm(opening)
    except SpecError as wrong:
        raise AdapterError("; ".join(map(str, wrong.problems))) from wrong


def pulled_ones(settings: Settings) -> dict[str, CrmSettings]:
    """Those whose customers are pulled by themselves."""
    return {name: part for name, part in settings.crms.items() if part.every}


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            text = opened.read(LONGEST_MAP + 1)
    except OSError as unreadable:
        raise AdapterError(f"{file}: cannot be read: {unreadable.strerror}") from unreadable
    if len(text) > LONGEST_MAP:
        raise AdapterError(f"{file}: a map has at most {LONGEST_MAP:,} bytes")
    return text


def _secrets(name: str, given: Mapping[str, SecretStr]) -> dict[str, str]:
    found = {}
    for key, secret in given.items():
        text = secret.get_secret_value()
        if text.startswith(_ENV):
            variable = text.removeprefix(_ENV)
            if variable not in os.environ:
                raise AdapterError(
                    f"crms.{name}.secrets.{key}: there is no variable {variable[:64]} in the "
                    "environment of this process"
                )
            text = os.environ[variable]
        found[key] = text
    return found
