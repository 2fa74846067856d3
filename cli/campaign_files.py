"""`dialplane campaign validate` and `schema`: the file alone, no site needed."""

from pathlib import Path
from typing import Annotated

import typer

from campaigns.spec.campaign import Campaign
from campaigns.spec.errors import Problem, SpecError
from campaigns.spec.file import load
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.schema import schema as campaign_schema
from cli.errors import ExitCode
from cli.files import Unreadable, read_bytes
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.problems import tell_problems

app = leaf_app()
File = Annotated[Path, typer.Argument(help="A campaign file (YAML).", metavar="FILE")]


@app.command(
    epilog=examples(
        "dialplane campaign validate spring.yaml",
        "dialplane campaign validate spring.yaml --json | jq '.problems[].path'",
    )
)
def validate(file: File, as_json: Json = False) -> None:
    """Check a campaign file.

    Every problem is told at once, each on a line FILE:LINE:COL: field: what was expected.
    Exit code 0: the file is right; 1: it is not.
    """
    try:
        campaign, _ = read_campaign(file)
    except SpecError as wrong:
        tell_problems(file, wrong.problems, as_json)
        raise typer.Exit(ExitCode.BAD_INPUT) from None
    except Unreadable as wrong:
        if not as_json:
            raise
        tell_problems(file, [Problem(str(file), 1, 1, "file", wrong.reason)], as_json)
        raise typer.Exit(ExitCode.BAD_INPUT) from None
    if as_json:
        emit({"file": str(file), "ok": True, "campaign": campaign.name, "problems": []})
    else:
        say(f"{file}: OK: {described(campaign)}")


@app.command(
    epilog=examples(
        "dialplane campaign schema > campaign.schema.json",
        "# then, on top of a campaign file:",
        "# yaml-language-server: $schema=./campaign.schema.json",
    )
)
def schema(as_json: Json = False) -> None:
    """Print the JSON Schema of campaign files.

    Editors that know JSON Schema complete and check campaign files with it.
    """
    del as_json  # it is JSON either way
    emit(campaign_schema())


def described(campaign: Campaign) -> str:
    """A campaign in a phrase."""
    channels = sum(t.channels for t in campaign.trunks)
    return (
        f"campaign '{campaign.name}', {campaign.mode.value}, list '{campaign.leads.list}', "
        f"{len(campaign.trunks)} trunk(s) with {channels} channels"
    )


def read_campaign(file: Path) -> tuple[Campaign, str]:
    """A campaign file's campaign, and its text. Raises `SpecError`, `InputError`."""
    source = read_bytes(file, MAX_BYTES)
    return load(source, str(file)), source.decode("utf-8-sig")
