"""Time zones that maps and mappings name."""

from zoneinfo import available_timezones

from pydantic_core import PydanticCustomError


def known_zone(zone: str) -> str:
    """The same, if there is such a zone, or none is named."""
    if zone and zone not in available_timezones():
        raise PydanticCustomError("zone", f"an IANA time zone, not {zone[:40]!r}")
    return zone
