"""`dialplane dialplan check`: a rendering, as a real Asterisk reads it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.dialplan_files import Pbx, rendered, require_asterisk
from cli.errors import ExitCode
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from dialplan_templates.lines import contexts_of, differences
from lab.asterisk import AsteriskNode
from lab.dialplan import loaded, unknown

app = leaf_app()


@dataclass(frozen=True, slots=True)
class Read:
    """What an Asterisk has made of a rendering. `problems`: one sentence each."""

    version: str
    lines: int
    problems: list[str]


@app.command(
    epilog=examples(
        "dialplane dialplan check survey.yaml --pbx asterisk",
        "DIALPLANE_ASTERISK=/usr/sbin/asterisk dialplane dialplan check survey.yaml --pbx asterisk",
    )
)
def check(
    file: Annotated[Path, typer.Argument(help="A flow file (YAML).", metavar="FILE")],
    pbx: Pbx,
    as_json: Json = False,
) -> None:
    """Have a real Asterisk read a flow's dialplan.

    Starts an Asterisk of its own, which knows no trunk and takes no calls, has it load the
    rendering, and compares what it has read with what was written, line by line. Which one:
    the program that DIALPLANE_ASTERISK names, else one that is fetched once. Your own PBX is left
    alone. Exit code 0: all is as it was written; 1: it is not.
    """
    require_asterisk(pbx, "check")
    made = rendered(file)
    read = _read(made.files)
    if as_json:
        emit({"file": str(file), "flow": made.flow.name, "pbx": pbx.value, "ok": not read.problems,
              "version": read.version, "lines": read.lines, "problems": read.problems})  # fmt: skip
    for problem in () if as_json else read.problems:
        say(f"{file}: {problem}")
    if read.problems:
        raise typer.Exit(ExitCode.BAD_INPUT)
    if not as_json:
        where = f"{read.lines} lines in {len(made.files)} files"
        say(f"{file}: OK: Asterisk {read.version} has read {where}")


def _read(files: dict[str, str]) -> Read:
    """Raises `LabError` where no Asterisk can be had."""
    contexts = contexts_of(files.values())
    lines = [line for held in contexts.values() for ext in held.values() for line in ext]
    with AsteriskNode("check", "pbx", {}) as node:
        node.write({"peers.conf": "; none\n", **files})
        node.start()
        has = loaded(node, contexts)
        with node.ami() as session:
            missing = unknown(session, {application for _, application, _ in lines})
        version = ".".join(map(str, node.build.version))
    lacks = [f"this Asterisk has not loaded the application {name}" for name in missing]
    return Read(version, len(lines), [*differences(contexts, has), *lacks])
