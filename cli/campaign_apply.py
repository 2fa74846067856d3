"""`dialplane campaign apply`: a file becomes the campaign's new version."""

from campaigns.orders import CampaignState
from cli.bell import ring_workers
from cli.campaign_files import File, described, read_campaign
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import now, open_site
from storage import campaigns

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

    A file that means the same as the last version changes nothing. A campaign that is running
    takes the new version up within a second; calls in progress go on.
    """
    campaign, text = read_campaign(file)
    with open_site() as site:
        applied = campaigns.apply(site.store, campaign, text, now())
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
            }
        )
        return
    done = "applied as" if applied.changed else "unchanged since"
    say(f"{described(campaign)}: {done} version {applied.version}")
    if applied.changed and state in AT_WORK:
        say(f"It is {state.value}, and takes this version up within a second")
