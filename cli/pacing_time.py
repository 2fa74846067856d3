"""The campaign's clock, by which its days and the times that people tell are meant."""

from datetime import datetime, time, tzinfo

from cli.errors import InputError


def moment(told: str, zone: tzinfo, now: datetime, option: str) -> datetime:
    """A time of today, or a date and time, by the campaign's clock. Raises `InputError`."""
    try:
        found = datetime.combine(now.astimezone(zone).date(), time.fromisoformat(told))
    except ValueError:
        try:
            found = datetime.fromisoformat(told)
        except ValueError:
            raise InputError(
                f"{option}: expected a time such as 14:30, or a date and time such as "
                f"2026-11-20T14:30 (got {told!r})"
            ) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)
