"""Groups of commands that are imported when they are used: `dialplane --help` loads none of them.

A group is a table of names, each with where its command lives and one line of help. The line is
the first of the command's own help; a test holds the two together.
"""

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from cli.errors import told


@dataclass(frozen=True, slots=True)
class Lazy:
    """`target`: a module with an `app`, or `module:command` for one command of that app."""

    target: str
    help: str


class LazyGroup(TyperGroup):
    """Knows its commands by name, and loads the one that is called."""

    table: Mapping[str, Lazy] = {}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, stub, rest = super().resolve_command(ctx, args)
        return name, stub if stub is None else load(self.table[str(name)]), rest

    def invoke(self, ctx: Any) -> Any:
        with told():
            return super().invoke(ctx)


def lazy_app(table: Mapping[str, Lazy], **settings: Any) -> typer.Typer:
    """A Typer app whose commands are those of `table`."""
    group = type("Group", (LazyGroup,), {"table": table})
    app = leaf_app(cls=group, no_args_is_help=True, **settings)
    for name, lazy in table.items():
        app.command(name, help=lazy.help)(_stub)
    return app


def leaf_app(**settings: Any) -> typer.Typer:
    """A Typer app as all of ours are."""
    ours = {"add_completion": False, "rich_markup_mode": "rich", "pretty_exceptions_enable": False}
    return typer.Typer(**{**ours, **settings})


def load(lazy: Lazy) -> Any:
    """The command itself, or the group of them."""
    module, _, command = lazy.target.partition(":")
    with _nothing_collected():
        found = get_command(import_module(module).app)
    for each in (found, *getattr(found, "commands", {}).values()):
        each.help = _unwrapped(each.help or "")
    return found.commands[command] if command and isinstance(found, TyperGroup) else found


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What is imported stays: looking through it for what may go takes a tenth of the time."""
    known, collects = len(sys.modules), gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > known:
            gc.freeze()
        if collects:
            gc.enable()


def _unwrapped(text: str) -> str:
    """A docstring whose paragraphs are lines, for terminals to wrap."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _stub() -> None:
    """Stands in the listing for a command that is not loaded yet."""
