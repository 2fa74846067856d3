"""`dialplane prompts check`: which sounds of a flow a PBX lacks."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import FLOW, Flow
from campaigns.spec.errors import Finding, Problem, SpecError
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import load_as
from cli.errors import ExitCode
from cli.files import read_bytes
from cli.flow_world import read_flow
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.prompt_sounds import SoundsFolder, sounds_folder
from speech.prompts import missing
from speech.sounds import Sounds
from workers.settings_file import load_settings
from workers.speaking import sounds_of

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane prompts check survey.yaml",
        "dialplane prompts check survey.yaml --sounds /mnt/pbx/sounds --json",
    )
)
def check(
    file: Annotated[Path, typer.Argument(help="A flow file (YAML).", metavar="FILE")],
    sounds: SoundsFolder = None,
    as_json: Json = False,
) -> None:
    """Say which of a flow's prompts a PBX has no sound of.

    Those of the flows that it calls are looked for as well. A question without a sound takes all
    its tries for silence, within milliseconds. Exit code 0: all are there; 1: they are not.
    """
    folder = sounds_folder(sounds)
    flow, called = read_flow(file)
    flows = [(flow, file), *((each, file.parent / f"{name}.yaml") for name, each in called.items())]
    voice = sounds_of(load_settings())
    problems = [p for each, path in flows for p in _problems(each, path, folder, voice)]
    if as_json:
        emit({"file": str(file), "flow": flow.name, "sounds": str(folder), "ok": not problems,
              "problems": [asdict(problem) for problem in problems]})  # fmt: skip
    for problem in () if as_json else problems:
        say(str(problem))
    if problems:
        raise typer.Exit(ExitCode.BAD_INPUT)
    if not as_json:
        count = sum(len(each.prompts) for each, _ in flows)
        say(f"{file}: OK: all {count} prompts have their sounds in {folder}")


def _problems(flow: Flow, path: Path, root: Path, voice: Sounds) -> Iterator[Problem]:
    """Each prompt that lacks its sound, with its line."""
    lacks = missing(flow, path.parent, root, voice)
    found = [Finding(("prompts", name), why, at_key=True) for name, why in lacks]
    try:
        load_as(FLOW, read_bytes(path, MAX_BYTES), str(path), lambda _: found)
    except SpecError as told:
        yield from told.problems
