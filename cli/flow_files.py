"""`dialplane flow check` and `schema`: the files alone, no site needed."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import FLOW, Flow
from campaigns.spec.errors import Problem, SpecError
from campaigns.spec.form import schema_of
from cli.errors import ExitCode
from cli.files import Unreadable
from cli.flow_limits import warnings_of
from cli.flow_world import read_flow
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.problems import tell_problems, tell_warnings

app = leaf_app()
Files = Annotated[list[Path], typer.Argument(help="Flow files (YAML).", metavar="FILE...")]


@app.command(
    epilog=examples(
        "dialplane flow check survey.yaml",
        "dialplane flow check flows/payment.yaml flows/identify.yaml --json",
    )
)
def check(files: Files, as_json: Json = False) -> None:
    """Check flow files.

    Every problem is told at once, each on a line FILE:LINE:COL: field: what was expected. Flows
    that a flow calls are read from the same folder, NAME.yaml, and are checked with it; sound
    files are looked for from there. What the dialplan of one kind of PBX cannot hold is a warning
    that names it. Exit code 0: all files are right; 1: one is not.
    """
    wrong = [file for file in files if not _check(file, as_json)]
    if wrong:
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command(
    epilog=examples(
        "dialplane flow schema > flow.schema.json",
        "# then, on top of a flow file:",
        "# yaml-language-server: $schema=./flow.schema.json",
    )
)
def schema(as_json: Json = False) -> None:
    """Print the JSON Schema of flow files.

    Editors that know JSON Schema complete and check flow files with it.
    """
    del as_json  # it is JSON either way
    emit(schema_of(FLOW))


def _check(file: Path, as_json: bool) -> bool:
    """Whether the file is right; it is told either way."""
    try:
        flow, called = read_flow(file)
    except SpecError as wrong:
        tell_problems(file, wrong.problems, as_json)
        return False
    except Unreadable as wrong:
        tell_problems(file, [Problem(str(file), 1, 1, "file", wrong.reason)], as_json)
        return False
    inner = [(each, file.parent / f"{name}.yaml") for name, each in called.items()]
    warnings = [w for each, path in [(flow, file), *inner] for w in warnings_of(each, path)]
    if as_json:
        emit({"file": str(file), "ok": True, "flow": flow.name, "problems": [],
              "warnings": [asdict(each) for each in warnings]})  # fmt: skip
    else:
        tell_warnings(warnings)
        say(f"{file}: OK: {_described(flow)}")
    return True


def _described(flow: Flow) -> str:
    called = ", ".join(sorted({step.flow for _, step in flow.calls()}))
    more = f", calls {called}" if called else ""
    has = f"{_many(len(flow.steps), 'step')}, {_many(len(flow.prompts), 'prompt')}"
    return f"flow '{flow.name}', {has}{more}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
