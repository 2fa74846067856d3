"""What a job may be: the whole list, and what may stand in one."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any

DIAL = "dial"
SHORT = "short"
QUEUES = (DIAL, SHORT)

# The whole list of what a job may be: its name in Redis -> module:function.
JOBS: Mapping[str, str] = {
    "run_campaign": "workers.dial:run_campaign",
    "deliver": "workers.deliver:deliver",
    "join_recordings": "workers.recordings:join_recordings",
    "heed_hooks": "workers.heeding:heed_hooks",
    "heed_changes": "workers.changes:heed_changes",
    "clean_numbers": "workers.cleaning:clean_numbers",
    "check_numbers": "workers.cleaning:check_numbers",
    "pull_crm": "workers.pulling:pull_crm",
    "make_months": "workers.months:make_months",
    "trim_dealt_with": "workers.trimming:trim_dealt_with",
    "remind_owners": "workers.reminding:remind_owners",
}
QUEUE_OF: Mapping[str, str] = {
    "run_campaign": DIAL,
    "deliver": SHORT,
    "join_recordings": SHORT,
    "heed_hooks": SHORT,
    "heed_changes": SHORT,
    "clean_numbers": SHORT,
    "check_numbers": SHORT,
    "pull_crm": SHORT,
    "make_months": SHORT,
    "trim_dealt_with": SHORT,
    "remind_owners": SHORT,
}
KIND: Mapping[str, str] = {
    "run_campaign": "dial",
    "deliver": "deliver",
    "join_recordings": "join",
    "heed_hooks": "hooks",
    "heed_changes": "changes",
    "clean_numbers": "clean",
    "check_numbers": "check",
    "pull_crm": "pull",
    "make_months": "months",
    "trim_dealt_with": "trim",
    "remind_owners": "remind",
}  # how its id begins

TAKES: Mapping[str, int] = {
    "run_campaign": 1,
    "deliver": 0,
    "join_recordings": 0,
    "heed_hooks": 0,
    "heed_changes": 0,
    "clean_numbers": 0,
    "check_numbers": 0,
    "pull_crm": 1,
    "make_months": 0,
    "trim_dealt_with": 0,
    "remind_owners": 0,
}  # so many ids

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


class Reason(StrEnum):
    """Why a job was not run, in the words it is counted and told in."""

    ID = "its id cannot be read"
    PAYLOAD = "it holds no payload of ours"
    SEAL = "it was not sealed with a key of this site"
    QUEUE = "it is no job of this queue"
    CALLBACKS = "it brings callbacks or webhooks"
    UNKNOWN = "it is not on the list of jobs"
    ARGUMENTS = "it has not the arguments of its job"
    EXPIRED = "it is older than an hour"


class JobRefused(Exception):
    """A job that was not run, or not sent. `reason` is one of a few; the text adds no payload."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def function_of(name: str) -> Callable[..., Any]:
    """The function of our own list. Raises `JobRefused`."""
    if name not in JOBS:
        raise JobRefused(Reason.UNKNOWN)
    module, function = JOBS[name].split(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def check_arguments(name: str, args: object, kwargs: object) -> None:
    """A job takes ids, as many as `TAKES` says, and nothing else. Raises `JobRefused`."""
    if name not in TAKES:
        raise JobRefused(Reason.UNKNOWN)
    if kwargs or not isinstance(args, list | tuple):
        raise JobRefused(Reason.ARGUMENTS)
    if len(args) != TAKES[name] or not all(_is_id(arg) for arg in args):
        raise JobRefused(Reason.ARGUMENTS)


def _is_id(arg: object) -> bool:
    return isinstance(arg, str) and _ID.fullmatch(arg) is not None
