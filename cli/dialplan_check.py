"""`dialplane dialplan check`: a rendering, as a real PBX reads it."""

from collections.abc import Callable
from dataclasses import dataclass

import typer

from cli.dialplan_files import KINDS, Pbx, PbxKind, Source, rendered
from cli.errors import ExitCode
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.problems import problems_as_json
from connectors.freeswitch.dialplan import applications
from dialplan_templates.lines import Contexts, contexts_of, differences
from lab.asterisk import AsteriskNode
from lab.dialplan import loaded, unknown
from lab.freeswitch import FreeswitchReader
from workers.dialects import xml_contexts

app = leaf_app()
DIALPLANS = "extensions.d/"


@dataclass(frozen=True, slots=True)
class Read:
    """What a PBX has made of a rendering. `problems`: one sentence each."""

    title: str
    version: str
    lines: int
    problems: list[str]


@app.command(
    epilog=examples(
        "dialplane dialplan check survey.yaml --pbx asterisk",
        "DIALPLANE_ASTERISK=/usr/sbin/asterisk dialplane dialplan check survey.yaml --pbx asterisk",
        "dialplane dialplan check survey.yaml --pbx freeswitch",
    )
)
def check(
    file: Source,
    pbx: Pbx,
    as_json: Json = False,
) -> None:
    """Have a real Asterisk or FreeSWITCH read the dialplan of a flow, or of a campaign.

    Starts a PBX of its own, which knows no trunk and takes no calls, has it load the rendering,
    and compares what it has read with what was written, line by line. Which one: the program that
    DIALPLANE_ASTERISK or DIALPLANE_FREESWITCH names; else an Asterisk that is fetched once, or the
    FreeSWITCH that this machine has. Your own PBX is left alone. Exit code 0: all is as it was
    written; 1: it is not.
    """
    with problems_as_json(file, as_json):
        made = rendered(file, pbx)
    read = READS[pbx](made.files) if made.files else Read("", "", 0, [])
    if as_json:
        emit({"file": str(file), **made.named, "pbx": pbx.value, "ok": not read.problems,
              "version": read.version, "lines": read.lines, "problems": read.problems})  # fmt: skip
    for problem in () if as_json else read.problems:
        say(f"{file}: {problem}")
    if read.problems:
        raise typer.Exit(ExitCode.BAD_INPUT)
    if not as_json:
        files = "1 file" if len(made.files) == 1 else f"{len(made.files)} files"
        where = f"{read.title} {read.version} has read {read.lines} lines in {files}"
        say(f"{file}: OK: {where if made.files else KINDS[pbx].calls_by}")


def _by_asterisk(files: dict[str, str]) -> Read:
    """Raises `LabError` where no Asterisk can be had."""
    contexts = contexts_of(text for name, text in files.items() if name.startswith(DIALPLANS))
    lines = [line for held in contexts.values() for ext in held.values() for line in ext]
    with AsteriskNode("check", "pbx", {}) as node:
        node.write({"peers.conf": "; none\n", **files})
        node.start()
        has = loaded(node, contexts)
        with node.ami() as session:
            missing = unknown(session, {application for _, application, _ in lines})
        version = ".".join(map(str, node.build.version))
    return _read("Asterisk", version, contexts, has, missing)


def _by_freeswitch(files: dict[str, str]) -> Read:
    """Raises `LabError` where no FreeSWITCH can be had."""
    contexts = xml_contexts(files.values())
    wanted = {name for text in files.values() for name in applications(text)}
    with FreeswitchReader() as node:
        node.write(files)
        node.start()
        has, missing, version = node.loaded(contexts), node.unknown(wanted), node.version
    return _read("FreeSWITCH", version, contexts, has, missing)


def _read(title: str, version: str, wrote: Contexts, has: Contexts, missing: list[str]) -> Read:
    lacks = [f"this {title} has not loaded the application {name}" for name in missing]
    count = sum(len(ext) for held in wrote.values() for ext in held.values())
    return Read(title, version, count, [*differences(wrote, has), *lacks])


READS: dict[PbxKind, Callable[[dict[str, str]], Read]] = {
    PbxKind.ASTERISK: _by_asterisk,
    PbxKind.FREESWITCH: _by_freeswitch,
}
