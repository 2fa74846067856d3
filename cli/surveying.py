"""Judging all leads of a campaign, with a bar that tells how far it is: of millions, minutes."""

from datetime import datetime

from campaigns.spec.campaign import Campaign
from cli.progress import bar
from storage import leads
from storage.engine import Store
from storage.survey import Survey, survey


def surveyed(store: Store, campaign: Campaign, at: datetime, quiet: bool) -> Survey:
    """The `survey`. Reads only."""
    with bar(quiet) as progress:
        total = None
        if not progress.disable:
            total = sum(sum(leads.counts(store, name).values()) for name in campaign.leads.lists)
        task = progress.add_task("leads judged", total=total)
        return survey(store, campaign, at, lambda judged: progress.advance(task, judged))
