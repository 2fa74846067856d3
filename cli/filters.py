"""Filters that people give, checked against the site."""

from pathlib import Path

from campaigns.selection.problems import BadFilter
from campaigns.selection.words import Filter
from campaigns.spec.errors import Finding, SpecError
from campaigns.spec.loading import placed
from campaigns.spec.schema import CAMPAIGN
from cli.campaign_files import CampaignFile
from cli.errors import InputError
from storage.engine import Store
from storage.selection.counting import checked

LOC = ("leads", "filter")


def filter_of(store: Store, text: str) -> Filter:
    """A filter of the command line. Raises `InputError`."""
    try:
        return checked(store, text)
    except BadFilter as wrong:
        raise InputError(f"--filter: {wrong}") from None


def require_answerable(store: Store, read: CampaignFile, file: Path) -> None:
    """That the site can answer a campaign file's filter. Raises `SpecError`, with its place."""
    text = read.campaign.leads.filter
    if text is None:
        return
    try:
        checked(store, text)
    except BadFilter as wrong:
        found = Finding(LOC, f"at character {wrong.at} of the filter, {wrong.message}", wrong.hint)
        raise SpecError(placed(CAMPAIGN, read.text, str(file), [found])) from None
