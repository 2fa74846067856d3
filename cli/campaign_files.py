"""`dialplane campaign validate` and `schema`: the file alone, no site needed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import Flow
from campaigns.flow.needs import Needs
from campaigns.spec.campaign import Campaign
from campaigns.spec.errors import Problem, SpecError
from campaigns.spec.file import load
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.schema import CAMPAIGN
from campaigns.spec.schema import schema as campaign_schema
from cli.campaign_flows import Flows, flows_of
from cli.errors import ExitCode
from cli.file_kinds import require_kind
from cli.files import Unreadable, read_bytes
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.problems import tell_problems, tell_warnings

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

    Every problem is told at once, each on a line FILE:LINE:COL: field: what was expected. The files
    of its flows are checked as well (that of mode ivr, that of callers), and those of the flows
    that they call; what the dialplan of one kind of PBX cannot hold is a warning that names it.
    Exit code 0: the file is right; 1: it is not.
    """
    try:
        found = read_campaign(file)
    except SpecError as wrong:
        tell_problems(file, wrong.problems, as_json)
        raise typer.Exit(ExitCode.BAD_INPUT) from None
    except Unreadable as wrong:
        if not as_json:
            raise
        tell_problems(file, [Problem(str(file), 1, 1, "file", wrong.reason)], as_json)
        raise typer.Exit(ExitCode.BAD_INPUT) from None
    if as_json:
        emit({"file": str(file), "ok": True, "campaign": found.campaign.name, "problems": [],
              "warnings": [asdict(each) for each in found.warnings()]})  # fmt: skip
    else:
        tell_warnings(found.warnings())
        say(f"{file}: OK: {described(found.campaign)}")


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
    flow = f" with flow '{campaign.flow}'" if campaign.flow is not None else ""
    if campaign.inbound_flow is not None:
        flow += f", callers in flow '{campaign.inbound_flow}'"
    return (
        f"campaign '{campaign.name}', {campaign.mode.value}{flow}, list {listed(campaign)}, "
        f"{len(campaign.trunks)} trunk(s) with {channels} channels"
    )


def listed(campaign: Campaign) -> str:
    """The lists that it calls from, each in quotes."""
    return ", ".join(f"'{name}'" for name in campaign.leads.lists)


@dataclass(frozen=True, slots=True)
class CampaignFile:
    """A campaign with its file's text and its flows."""

    campaign: Campaign
    text: str
    flows: Flows | None

    @property
    def by_name(self) -> Mapping[str, Flow] | None:
        """Its flows, and those that they call."""
        return self.flows.by_name if self.flows is not None else None

    def warnings(self) -> list[Problem]:
        """What of its flow some PBX's dialplan cannot hold."""
        return self.flows.warnings() if self.flows is not None else []

    @property
    def needs(self) -> Needs | None:
        """What the flow of answered calls needs."""
        return self.flows.needs if self.flows is not None else None

    @property
    def inbound_needs(self) -> Needs | None:
        """What the flow of callers needs."""
        return self.flows.inbound_needs if self.flows is not None else None


def read_campaign(file: Path) -> CampaignFile:
    """A campaign file, with the files of its flows. Raises `SpecError`, `InputError`."""
    require_kind(file, CAMPAIGN.word)
    source = read_bytes(file, MAX_BYTES)
    campaign = load(source, str(file))
    return CampaignFile(campaign, source.decode("utf-8-sig"), flows_of(campaign, file, source))
