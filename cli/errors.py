"""Exit codes, and the one place where an exception becomes a sentence for people."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from cli.text import plain
from storage.masking import masked


class ExitCode(IntEnum):
    """What a command's exit code means."""

    OK = 0
    BAD_INPUT = 1  # a file, number or setting is wrong; or a check found something wrong
    USAGE = 2  # the command line is wrong
    NOT_SO = 3  # what was named does not exist, or is not in a state for this
    UNREACHABLE = 4  # database, Redis, PBX or another part does not answer
    INTERNAL = 5  # a fault of ours


class InputError(Exception):
    """What was given is wrong; the text says how."""


class StateError(Exception):
    """What was named does not exist, or is in no state for this; the text says what to do."""


class AwayError(Exception):
    """A part that is not ours does not answer; the text says which."""


CODES: dict[str, ExitCode] = {
    "cli.errors.InputError": ExitCode.BAD_INPUT,
    "cli.errors.StateError": ExitCode.NOT_SO,
    "cli.errors.AwayError": ExitCode.UNREACHABLE,
    "dialplan_templates.generations.Broken": ExitCode.NOT_SO,
    "campaigns.spec.errors.SpecError": ExitCode.BAD_INPUT,
    "campaigns.numbers.BadNumber": ExitCode.BAD_INPUT,
    "workers.settings.SettingsError": ExitCode.BAD_INPUT,
    "workers.main.SiteBusy": ExitCode.NOT_SO,
    "web.serve.CannotListen": ExitCode.NOT_SO,
    "workers.demo.DemoFailed": ExitCode.UNREACHABLE,
    "workers.bench.rounds.BenchFailed": ExitCode.UNREACHABLE,
    "workers.shot.StrangeSnapshot": ExitCode.UNREACHABLE,
    "workers.redis_binary.NoRedis": ExitCode.UNREACHABLE,
    "storage.campaigns.Unreadable": ExitCode.NOT_SO,
    "storage.errors.NotThere": ExitCode.NOT_SO,
    "storage.errors.Refused": ExitCode.NOT_SO,
    "storage.errors.LeaseLost": ExitCode.NOT_SO,
    "storage.errors.DatabaseTooOld": ExitCode.NOT_SO,
    "storage.errors.DatabaseTooNew": ExitCode.NOT_SO,
    "storage.backup.errors.CannotRestore": ExitCode.NOT_SO,
    "storage.backup.errors.NoLongerFollowed": ExitCode.NOT_SO,
    "storage.backup.errors.BackupError": ExitCode.BAD_INPUT,
    "storage.errors.StorageError": ExitCode.UNREACHABLE,
    "connectors.pbx.CommandRefused": ExitCode.BAD_INPUT,
    "connectors.pbx.PbxError": ExitCode.UNREACHABLE,
    "speech.errors.BadText": ExitCode.BAD_INPUT,
    "speech.errors.BadSound": ExitCode.BAD_INPUT,
    "speech.errors.SpeechError": ExitCode.UNREACHABLE,
    "lab.errors.LabError": ExitCode.UNREACHABLE,
    "redis.exceptions.RedisError": ExitCode.UNREACHABLE,
}
"""Known exceptions by name, so that none of their modules is loaded for it; the nearest class of
an exception's ancestry decides."""


@contextmanager
def told() -> Iterator[None]:
    """Run a command; what it raises is told in words on stderr, and ends with an exit code."""
    try:
        yield
    except Exception as error:
        code = code_of(error)
        if code is None:
            raise
        if os.environ.get("DIALPLANE_TRACE"):
            traceback.print_exception(error)
        sys.stderr.write(sentence(error, code) + "\n")
        raise typer.Exit(int(code)) from None


def code_of(error: Exception) -> ExitCode | None:
    """The exit code of an exception; None for those that Typer itself knows what to do with."""
    names = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    known = next((CODES[name] for name in names if name in CODES), None)
    if known is not None:
        return known
    if any(name.startswith(("typer.", "click.")) for name in names):
        return None
    if isinstance(error, OSError) and error.filename is not None:
        return ExitCode.BAD_INPUT
    return None if isinstance(error, BrokenPipeError) else ExitCode.INTERNAL


def sentence(error: Exception, code: ExitCode) -> str:
    """What is told: an exception's own words, or, of an unknown one, what to do about it."""
    words = masked(_words(error))
    if code is not ExitCode.INTERNAL:
        return "\n".join(plain(line) for line in words.splitlines())
    detail = plain(words.splitlines()[0])[:200] if words else "no details"
    return (
        f"An internal error ({type(error).__name__}: {detail}); "
        "run it again with DIALPLANE_TRACE=1 to see where, and please report it"
    )


def _words(error: Exception) -> str:
    """Python's own words for a file that cannot be opened begin with a number."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
