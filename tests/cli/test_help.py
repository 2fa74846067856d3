"""Every command's help: present, with examples that parse, and quick to show."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from cli.lazy import LazyGroup, load
from cli.main import app

HEAVY = ("sqlalchemy", "sqlmodel", "alembic", "rq", "redis", "phonenumbers", "ruamel", "pydantic")


def groups(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every group of commands, by its path."""
    if hasattr(command, "commands"):
        yield path, command
        table = command.table if isinstance(command, LazyGroup) else {}
        for name, lazy in table.items():
            yield from groups(load(lazy), (*path, name))


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, by its path."""
    if isinstance(command, LazyGroup):
        for name, lazy in command.table.items():
            yield from walk(load(lazy), (*path, name))
    elif hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from walk(inner, (*path, name))
    else:
        yield path, command


ROOT = get_command(app)
COMMANDS = dict(walk(ROOT))
GROUPS = dict(groups(ROOT))
EXAMPLES = [
    (path, line.strip())
    for path, command in {**GROUPS, **COMMANDS}.items()
    for line in command.epilog.partition("Exit codes")[0].splitlines()[1:]
    if line.strip().startswith(("dialplane", "DIALPLANE"))
]


def test_the_commands_are_those_that_were_asked_for() -> None:
    asked = """
        init doctor up worker simulate bench demo
        campaign:validate|schema|plan|apply|start|pause|resume|stop|list|status|watch|report
        leads:import|list|show|why agent:add|login|ready|pause|logout|list|hangup|accept|skip
        attempts:list|show dnc:add|import|check|remove pbx:ping|calls|originate|events
        flow:check|try|graph|schema dialplan:render|check
    """
    for word in asked.split():
        group, _, names = word.partition(":")
        for name in names.split("|"):
            assert (group, name) in COMMANDS or (group,) in COMMANDS, word


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_a_sentence_and_an_example(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert re.match(r"[A-Z].*\.", command.help)
    assert command.epilog.startswith("[bold]Examples[/bold]")
    assert f"dialplane {' '.join(path)}" in command.epilog.replace("--home /srv/dialplane ", "")


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_every_group_has_examples(path: tuple[str, ...]) -> None:
    assert GROUPS[path].epilog.startswith("[bold]Examples[/bold]")
    assert f"dialplane {' '.join(path)}" in GROUPS[path].epilog


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_speaks_json(path: tuple[str, ...]) -> None:
    options = {option for p in COMMANDS[path].params for option in p.opts}
    assert "--json" in options


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_and_argument_is_explained(path: tuple[str, ...]) -> None:
    for parameter in COMMANDS[path].params:
        assert parameter.help, (path, parameter.name)


@pytest.mark.parametrize(("path", "line"), EXAMPLES, ids=lambda value: str(value)[:60])
def test_every_example_is_one_that_can_be_typed(path: tuple[str, ...], line: str) -> None:
    first = re.split(r" \| | > | && ", line.replace("\\[", "["))[0]
    words = shlex.split(first)
    while "=" in words[0]:
        del words[0]
    assert words[0] == "dialplane"
    if words[1] == "--home":
        del words[1:3]
    assert tuple(words[1 : 1 + len(path)]) == path
    path = next(tuple(words[1:n]) for n in (2, 3, 4) if tuple(words[1:n]) in COMMANDS)
    COMMANDS[path].make_context(" ".join(path), words[1 + len(path) :])


def test_listings_say_what_the_commands_themselves_say() -> None:
    def check(group: LazyGroup) -> None:
        for name, lazy in group.table.items():
            command = load(lazy)
            assert command.help.split("\n\n")[0] == lazy.help, name
            if isinstance(command, LazyGroup):
                check(command)

    assert isinstance(ROOT, LazyGroup)
    check(ROOT)


def test_the_list_of_commands_loads_none_of_them() -> None:
    code = (
        "import sys, cli.main\n"
        "try: cli.main.app(['--help'], prog_name='dialplane')\n"
        "except SystemExit: pass\n"
        f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stderr
    assert all(name in done.stdout for name in ("campaign", "leads", "doctor", "Exit codes"))


def test_what_starts_workers_leaves_the_dialling_to_them() -> None:
    """It starts sooner by a quarter."""
    dialling = ("workers.dialling", "numpy", "httpx", "jinja2")
    code = f"import sys, cli.worker; print([m for m in {dialling!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_help_loses_a_word_in_brackets() -> None:
    """Rich takes `[word]` for markup, and shows nothing."""
    texts = [
        (" ".join(path), text)
        for path, command in walk(ROOT)
        for text in (command.help, *(getattr(each, "help", "") for each in command.params))
    ]
    assert [where for where, text in texts if re.search(r"(?<!\\)\[[a-z_.]+\]", text or "")] == []
