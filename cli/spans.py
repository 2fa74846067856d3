"""From when until when: the options of commands that tell of a span of time."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.site import now

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Since = Annotated[datetime | None, typer.Option(formats=FORMATS, help="From then on (UTC).")]
Until = Annotated[datetime | None, typer.Option(formats=FORMATS, help="Until then (UTC).")]


def span(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime]:
    """Both in UTC; without an end: until now."""
    start = since.replace(tzinfo=UTC) if since else None
    return start, until.replace(tzinfo=UTC) if until else now()
