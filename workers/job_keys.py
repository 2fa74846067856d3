"""The keys that seal jobs: who can write to Redis and has none of them makes no worker do a thing.

They stand in `job_keys` of the settings, or in a file of the site's folder that `dialplane init`
makes. The first one seals, each of them is accepted: so a new one takes over without a pause. The
database remembers which one seals (a digest of it), so that two machines of a site with different
keys are told of it, rather than refusing each other's jobs.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from storage.engine import Store
from storage.memo import recall, remember
from workers.settings import FILE_NAME, Settings, SettingsError, is_job_key

KEYS_NAME = "job.keys"
JOB_KEY = "job_key"
HEAD = "# Keys that seal jobs: the first one seals, each is accepted. For nobody else's eyes.\n"


@dataclass(frozen=True, slots=True)
class Keys:
    """At least one. `accepted` begins with the one that seals."""

    accepted: tuple[bytes, ...] = field(repr=False)

    @property
    def signing(self) -> bytes:
        return self.accepted[0]


def derived(*secrets_: str) -> Keys:
    """A site's secrets are used through a key of this one purpose each."""
    return Keys(tuple(_digest(secret.encode(), b"dialplane job seal 1") for secret in secrets_))


def read_keys(settings: Settings) -> Keys:
    """The keys of this machine. Raises `SettingsError` where there are none, or not such."""
    if settings.job_keys:
        return derived(*(key.get_secret_value() for key in settings.job_keys))
    return derived(*_read_file(settings.home / KEYS_NAME))


def set_up_keys(settings: Settings, store: Store, new: bool = False) -> list[str]:
    """Make keys where the site has none yet, or a `new` one before them; what was made.

    Raises `SettingsError`: for keys that cannot be used, and where the site's own are elsewhere.
    """
    path = settings.home / KEYS_NAME
    there = settings.job_keys or path.exists()
    if new and settings.job_keys:
        raise SettingsError(
            f"{settings.home / FILE_NAME}: job_keys: this site's keys stand here, or in "
            "DIALPLANE_JOB_KEYS; put a new one before them by hand"
        )
    if new or not (there or recall(store, JOB_KEY)):
        before = _read_file(path) if path.exists() else []
        _write_file(path, [secrets.token_urlsafe(32), *before])
        remember(store, JOB_KEY, _mark(read_keys(settings)))
        return [KEYS_NAME]
    require_keys(settings, store)
    return []


def require_keys(settings: Settings, store: Store) -> Keys:
    """This machine's keys, if they are the site's: it will seal jobs. Raises `SettingsError`."""
    keys = site_keys(settings, store)
    if recall(store, JOB_KEY) != _mark(keys):
        remember(store, JOB_KEY, _mark(keys))
    return keys


def site_keys(settings: Settings, store: Store) -> Keys:
    """This machine's keys, if they are the site's. Raises `SettingsError`."""
    keys = read_keys(settings)
    known = recall(store, JOB_KEY)
    if known is not None and known not in {_mark(Keys((key,))) for key in keys.accepted}:
        raise SettingsError(
            f"{settings.home / KEYS_NAME}: this site's jobs are sealed with a key that this "
            "machine has not; copy the file (or job_keys) from another machine of the site, or, "
            "if it is lost, run: dialplane init --new-job-key"
        )
    return keys


def _read_file(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: not there, so that no job can be sealed; run: dialplane init, or copy it "
            "from another machine of this site"
        ) from None
    except (OSError, UnicodeDecodeError) as unreadable:
        why = getattr(unreadable, "strerror", None) or "it is no text"
        raise SettingsError(f"{path}: cannot be read: {why}") from unreadable
    found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not found or not all(is_job_key(line) for line in found):
        raise SettingsError(f"{path}: expected one key a line, each of 32 to 200 characters")
    return found


def _write_file(path: Path, keys: list[str]) -> None:
    """In one step: whoever reads finds the old ones or the new ones."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(HEAD + "".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _mark(keys: Keys) -> str:
    """What may be known of the key that seals."""
    return _digest(keys.signing, b"mark").hex()[:16]


def _digest(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()
