"""`dialplane campaign apply`: a file becomes the campaign's new version."""

from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from cli import nodes
from cli.bell import ring_workers
from cli.campaign_files import CampaignFile, File, described, read_campaign
from cli.errors import StateError
from cli.filters import require_answerable, warn_of_missing
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say, warn
from cli.problems import tell_warnings
from cli.site import Site, now, open_site
from storage import campaigns
from storage.errors import NotThere
from storage.lines import served_already

app = leaf_app()
AT_WORK = (CampaignState.RUNNING, CampaignState.PAUSED)


@app.command(
    epilog=examples(
        "dialplane campaign apply spring.yaml",
        "dialplane campaign apply spring.yaml && dialplane campaign start spring",
    )
)
def apply(file: File, as_json: Json = False) -> None:
    """Store a campaign file as the campaign's new version.

    A file that means the same as the last version changes nothing. Its flows are stored
    with it, and those that they call. A campaign that is running
    takes the new version up within a second; calls in progress go on. A PBX node that the
    settings do not know is warned of; a campaign at work is not given such a version.
    """
    read = read_campaign(file)
    campaign = read.campaign
    tell_warnings(read.warnings())
    with open_site() as site:
        require_answerable(site.store, read, file)
        warn_of_missing(site.store, read, file)
        unknown = nodes.unknown(campaign.pbx, site.settings)
        if unknown:
            _warn(site, campaign, nodes.why_unknown(unknown, site.settings))
        if taken := served_already(site.store, campaign):
            _warn(site, campaign, taken)
        _warn_of_endpoints(site, read)
        texts = read.flows.texts if read.flows is not None else None
        applied = campaigns.apply(site.store, campaign, read.text, now(), texts)
        if applied.changed:
            ring_workers(site, campaign.name)
        state = campaigns.get(site.store, campaign.name).actual
    if as_json:
        emit(
            {
                "campaign": campaign.name,
                "version": applied.version,
                "changed": applied.changed,
                "state": state.value,
                "pbx_unknown": unknown,
            }
        )
        return
    done = "applied as" if applied.changed else "unchanged since"
    say(f"{described(campaign)}: {done} version {applied.version}")
    if applied.changed and state in AT_WORK:
        say(f"It is {state.value}, and takes this version up within a second")


def _warn_of_endpoints(site: Site, read: CampaignFile) -> None:
    asked = read.flows.endpoints if read.flows is not None else frozenset()
    for name in sorted(asked - site.settings.endpoints.keys()):
        warn(
            f"Its flow asks the endpoint '{name}', and the settings have no [endpoints.{name}]: "
            "calls take 'fallback' there"
        )


def _warn(site: Site, campaign: Campaign, why: str) -> None:
    """Raises `StateError` where the campaign is at work, and would be no more."""
    try:
        wanted, _ = campaigns.wanted(site.store, campaign.name)
    except NotThere:
        wanted = CampaignState.DRAFT
    if wanted in AT_WORK:
        raise StateError(
            f"Campaign '{campaign.name}' is {wanted.value}, and could not be dialled any more: "
            f"{why}; nothing was applied"
        )
    warn(f"Campaign '{campaign.name}' cannot be started yet: {why}")
