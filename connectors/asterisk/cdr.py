"""A line of Asterisk's `Master.csv`, made a call's detail record.

Times are UTC, with `usegmtime = yes`, and the unique id is there, with `loguniqueid = yes`: as
`dialplane pbx files` sets both in cdr.conf. A record names no cause, only one of five ends.
"""

import csv
from datetime import UTC, datetime
from uuid import UUID

from connectors.detail import CallDetail
from connectors.linked.channels import CALL_ACCOUNT

ACCOUNT, ANSWERED_AT, ENDED_AT, DISPOSITION, UNIQUE_ID = 0, 10, 11, 14, 16  # fields of a line
FORM = "%Y-%m-%d %H:%M:%S"
CAUSES = {
    "ANSWERED": "16",
    "NO ANSWER": "19",
    "BUSY": "17",
    "CONGESTION": "34",
    "FAILED": "41",
}
"""Asterisk's ends, as Q.850 has them."""


def detail_of(line: str) -> CallDetail | None:
    """The record of a call that Dialplane has placed; None: it is another's, or no record."""
    try:
        [fields] = csv.reader([line], strict=True)
        if fields[ACCOUNT] != CALL_ACCOUNT:
            return None
        call_id, cause = UUID(fields[UNIQUE_ID]), CAUSES[fields[DISPOSITION]]
        answered = _moment(fields[ANSWERED_AT]) if fields[ANSWERED_AT] else None
        return CallDetail(call_id, _moment(fields[ENDED_AT]), answered, cause)
    except (ValueError, IndexError, KeyError, csv.Error):
        return None


def _moment(text: str) -> datetime:
    return datetime.strptime(text, FORM).replace(tzinfo=UTC)
