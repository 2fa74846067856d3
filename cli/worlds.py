"""`--world`: a world of the fake PBX, as a URL."""

from urllib.parse import urlsplit

from cli.errors import InputError
from connectors.fake.presets import PRESETS
from connectors.fake.url import FakeUrl, read


def world_of(url: str) -> FakeUrl:
    """Raises `InputError`."""
    if urlsplit(url).scheme != "fake":
        known = ", ".join(f"fake://{name}" for name in PRESETS)
        raise InputError(f"--world: expected a world of the fake PBX, one of {known} (got {url!r})")
    try:
        return read(url)
    except ValueError as wrong:
        raise InputError(f"{url}: {wrong}") from wrong
