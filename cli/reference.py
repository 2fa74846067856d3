"""Writes docs/reference/: the commands from their own help, the files from their models.

python -m cli.reference docs/reference
"""

import json
import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from cli.lazy import LazyGroup, load
from cli.main import COMMANDS, EXIT_CODES, app
from cli.markdown import MADE, table
from cli.reference_campaign import campaign_page
from cli.reference_crm import crm_page
from cli.reference_filter import filter_page
from cli.reference_flow import flow_page
from cli.reference_mapping import mapping_page
from cli.reference_pbx import pbx_page
from cli.reference_rules import rules_page
from web.app import bare_app

JSON = (
    "Every command takes `--help`. With `--json` there is one JSON object, or one a line, on "
    "standard output and nothing else; sentences about what went wrong are on standard error. "
    "Commands that list print one object a line: of an empty list, nothing."
)
_MARKUP = re.compile(r"\[/?bold\]")


def pages() -> dict[str, str]:
    """Each page of the reference by its file's name."""
    return {
        "cli.md": cli_page(),
        "campaign.md": campaign_page(),
        "flow.md": flow_page(),
        "pbx.md": pbx_page(),
        "crm.md": crm_page(),
        "rules.md": rules_page(),
        "filter.md": filter_page(),
        "mapping.md": mapping_page(),
        "openapi.json": api_document(),
    }


def api_document() -> str:
    """The OpenAPI document of the REST API."""
    return json.dumps(bare_app().openapi(), ensure_ascii=False, indent=1) + "\n"


def cli_page() -> str:
    """Every command, with its options and examples."""
    parts = [MADE, "# Commands", get_command(app).help or ""]
    parts.append(table(("command", "what it does"), _listing()))
    parts.append(JSON)
    parts.append("## Exit codes\n\n" + table(("code", "meaning"), _exit_codes()))
    for name, lazy in COMMANDS.items():
        parts.extend(_sections(load(lazy), ("dialplane", name)))
    return "\n\n".join(parts) + "\n"


def main(folder: str = "docs/reference") -> None:
    """Write every page into `folder`."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (target / name).write_text(text, encoding="utf-8")


def _listing() -> list[tuple[str, str]]:
    return [(f"[`{name}`](#dialplane-{name})", lazy.help) for name, lazy in COMMANDS.items()]


def _exit_codes() -> list[tuple[str, str]]:
    lines = (line.strip() for line in EXIT_CODES.splitlines()[1:])
    return [(code, meaning) for code, _, meaning in (line.partition("  ") for line in lines)]


def _sections(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    """A command's section; of a group, its own and those of its commands."""
    head = f"## {' '.join(path)}" if len(path) == 2 else f"### {' '.join(path)}"
    if not isinstance(command, TyperGroup):
        yield f"{head}\n\n{_described(command, path)}"
        return
    yield f"{head}\n\n{command.help}\n\n{_examples(command)}"
    lazy = command.table if isinstance(command, LazyGroup) else None
    for name, inner in command.commands.items():
        yield from _sections(load(lazy[name]) if lazy else inner, (*path, name))


def _described(command: Any, path: tuple[str, ...]) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    words = [*path, *(_shown(a) for a in arguments), "[OPTIONS]"]
    parts = [f"```\n{' '.join(words)}\n```", command.help, _parameters(command)]
    return "\n\n".join([*(part for part in parts if part), _examples(command)])


def _examples(command: Any) -> str:
    examples = [line.strip() for line in command.epilog.splitlines()[1:]]
    told = "\n".join(_MARKUP.sub("", line).replace("\\[", "[") for line in examples)
    return f"```sh\n{told}\n```"


def _parameters(command: Any) -> str:
    rows = [
        (f"`{_shown(p)}`", _default(p), p.help) for p in command.params if "--help" not in p.opts
    ]
    return table(("argument or option", "default", "meaning"), rows)


def _shown(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = str(parameter.metavar or parameter.name.upper())
        return name if parameter.required or name.startswith("[") else f"[{name}]"
    value = "" if parameter.is_flag else f" {_choices(parameter) or 'VALUE'}"
    return f"{parameter.opts[0]}{value}"


def _choices(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    known = isinstance(kind, type) and issubclass(kind, Enum)
    return "|".join(str(member.value) for member in kind) if known else ""


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    plain = None if getattr(parameter, "is_flag", False) else parameter.default
    return "" if plain in (None, "", []) else f"`{getattr(plain, 'value', plain)}`"


if __name__ == "__main__":
    main(*sys.argv[1:])
