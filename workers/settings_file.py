"""Reads the settings of a site: `dialplane.toml` in its home folder, the environment on top.

Every error is one sentence that names the file (or the variable), the key, and what was expected;
values are never echoed, because some of them are secrets.
"""

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from workers.settings import (
    EXPECTED,
    FILE_NAME,
    TOLD,
    CrmTableSettings,
    EndpointSettings,
    HookSettings,
    Settings,
    SettingsError,
    WebhookSettings,
    WebSettings,
)
from workers.settings_api import ApiSettings
from workers.settings_crms import CrmSettings
from workers.settings_numbers import NumberCheckSettings
from workers.settings_speech import SpeechSettings

# Variable -> where its value goes. `DIALPLANE_PBX_<NAME>` is besides these.
VARIABLES: dict[str, tuple[str, ...]] = {
    "DIALPLANE_DATABASE_URL": ("database_url",),
    "DIALPLANE_REPLICA_URL": ("replica", "url"),
    "DIALPLANE_REPLICA_MOST_BEHIND": ("replica", "most_behind"),
    "DIALPLANE_REDIS_URL": ("redis_url",),
    "DIALPLANE_JOB_KEYS": ("job_keys",),
    "DIALPLANE_RECORDINGS": ("recordings",),
    "DIALPLANE_LOG_LEVEL": ("log_level",),
    "DIALPLANE_LOG_FORMAT": ("log_format",),
    "DIALPLANE_DIAL_WORKERS": ("dial_workers",),
    "DIALPLANE_DRAIN_SECONDS": ("drain_seconds",),
    "DIALPLANE_KEPT_DAYS": ("kept_days",),
    "DIALPLANE_SIMULATED_AGENTS": ("simulated_agents",),
    "DIALPLANE_SIMULATED_SEED": ("simulated_seed",),
    "DIALPLANE_WEB_HOST": ("web", "host"),
    "DIALPLANE_WEB_PORT": ("web", "port"),
    "DIALPLANE_WEB_TOKEN": ("web", "token"),
    "DIALPLANE_SPEECH_ENGINE": ("speech", "engine"),
    "DIALPLANE_SPEECH_PROGRAM": ("speech", "program"),
    "DIALPLANE_SPEECH_URL": ("speech", "url"),
    "DIALPLANE_SPEECH_SECRET": ("speech", "secret"),
    "DIALPLANE_SPEECH_CACHE": ("speech", "cache"),
    "DIALPLANE_WEBHOOK_URL": ("webhook", "url"),
    "DIALPLANE_WEBHOOK_SECRET": ("webhook", "secret"),
    "DIALPLANE_CRM_TABLE_URL": ("crm_table", "url"),
    "DIALPLANE_CRM_TABLE_TABLE": ("crm_table", "table"),
}
PBX_PREFIX = "DIALPLANE_PBX_"


def find_home(environ: Mapping[str, str] | None = None) -> Path:
    """DIALPLANE_HOME, else ./.dialplane where there is one, else the user's data folder."""
    env = os.environ if environ is None else environ
    if env.get("DIALPLANE_HOME"):
        return Path(env["DIALPLANE_HOME"]).expanduser().resolve()
    if Path(".dialplane").is_dir():
        return Path(".dialplane").resolve()
    return _user_data_folder(env) / "dialplane"


def load_settings(home: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the site at `home`; a missing file means the defaults.

    Raises `SettingsError`, with every problem on a line of its own.
    """
    env = os.environ if environ is None else environ
    folder = find_home(env) if home is None else home.expanduser().resolve()
    values = _read_file(folder / FILE_NAME)
    origins = _overlay(values, env)
    values.setdefault("database_url", f"sqlite:///{folder / 'dialplane.db'}")
    values.setdefault("recordings", str(folder / "recordings"))
    values["home"] = folder
    try:
        return Settings.model_validate(values)
    except ValidationError as wrong:
        raise SettingsError(_explain(wrong, folder / FILE_NAME, origins)) from None


def _user_data_folder(env: Mapping[str, str]) -> Path:
    if env.get("XDG_DATA_HOME"):
        return Path(env["XDG_DATA_HOME"])
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path.home() / ".local" / "share"


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise SettingsError(f"{path}: not a TOML file: {broken}") from broken
    except OSError as unreadable:
        raise SettingsError(f"{path}: cannot be read: {unreadable.strerror}") from unreadable


def _overlay(values: dict[str, Any], env: Mapping[str, str]) -> dict[str, str]:
    """Put the environment on top of `values`; tell which variable each changed key came from."""
    origins: dict[str, str] = {}
    for variable, value in env.items():
        where = _target(variable, values)
        if where is None:
            continue
        part = values
        for key in where[:-1]:
            part = part.setdefault(key, {})
            if not isinstance(part, dict):
                raise SettingsError(f"{FILE_NAME}: {key}: expected a table [{key}]")
        part[where[-1]] = value
        origins[".".join(where)] = variable
    return origins


def _target(variable: str, values: dict[str, Any]) -> tuple[str, ...] | None:
    if variable.startswith(PBX_PREFIX) and variable != PBX_PREFIX:
        return ("pbx", _pbx_name(variable.removeprefix(PBX_PREFIX), values))
    return VARIABLES.get(variable)


def _pbx_name(spelt: str, values: dict[str, Any]) -> str:
    """Variables are upper case and know no dash: `DIALPLANE_PBX_EAST_1` may mean `east-1`."""
    known = values.get("pbx")
    for name in known if isinstance(known, dict) else ():
        if name.replace("-", "_").upper() == spelt.upper():
            return str(name)
    return spelt.lower()


def _explain(wrong: ValidationError, path: Path, origins: dict[str, str]) -> str:
    return "\n".join(_line(error, path, origins) for error in wrong.errors())


def _line(error: Any, path: Path, origins: dict[str, str]) -> str:
    key = ".".join(str(part) for part in error["loc"] if part != "[key]")
    place = f"{path}: {key}"
    if key in origins:
        place = f"environment variable {origins[key]}"
    if error["type"] == TOLD:
        return f"{path}: {key.rpartition('.')[0]}.{error['msg']}"
    if error["type"] == "extra_forbidden":
        return f"{place}: no such key; expected one of {', '.join(_keys_beside(key))}"
    missing = "missing; " if error["type"] == "missing" else ""
    known = _unnamed(key)
    expected = EXPECTED.get(known) or EXPECTED.get(known.rpartition(".")[0]) or error["msg"]
    return f"{place}: {missing}expected {expected}"


def _unnamed(key: str) -> str:
    """Some have names of people's choice: endpoints.slots.url is said of as endpoints.url."""
    first, *rest = key.split(".")
    return ".".join([first, *rest[1:]]) if first in ("endpoints", "crms") else key


def _keys_beside(key: str) -> list[str]:
    parents: dict[str, type[BaseModel]] = {
        "web": WebSettings,
        "speech": SpeechSettings,
        "webhook": WebhookSettings,
        "hooks": HookSettings,
        "api": ApiSettings,
        "number_check": NumberCheckSettings,
        "crm_table": CrmTableSettings,
        "endpoints": EndpointSettings,
        "crms": CrmSettings,
    }
    model = parents.get(_unnamed(key).rpartition(".")[0], Settings)
    return sorted(name for name in model.model_fields if name != "home")
