"""Telephone numbers on the command line; what is wrong with one is told with field and value."""

from typing import Annotated

import typer

from campaigns.numbers import BadNumber, check_region, normalise
from cli.errors import InputError

Region = Annotated[
    str | None,
    typer.Option(help="Where numbers without a country code are dialled from: US, DE, ..."),
]
_SHOWN = 40


def e164(given: str, field: str, region: str | None = None) -> str:
    """`given`, the value of `field`, in E.164. Raises `InputError`."""
    home = region_of(region)
    try:
        return normalise(given, home)
    except BadNumber as wrong:
        raise InputError(f"{field} {given!r:.{_SHOWN}}: {reason(wrong)}") from wrong


def region_of(region: str | None) -> str | None:
    """The region in capitals. Raises `InputError`."""
    try:
        return check_region(region) if region else None
    except BadNumber as wrong:
        raise InputError(f"--region: {wrong}") from wrong


def reason(wrong: BadNumber) -> str:
    """Why a number is none, and how a region is named here."""
    return str(wrong).replace("or name a region", "or name a region with --region, such as US")
