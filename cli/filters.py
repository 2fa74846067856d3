"""Filters that people give, checked against the site."""

from collections.abc import Iterator
from pathlib import Path

from campaigns.selection.problems import BadFilter
from campaigns.selection.words import Filter
from campaigns.spec.errors import Finding, SpecError
from campaigns.spec.loading import placed
from campaigns.spec.schema import CAMPAIGN
from cli.campaign_files import CampaignFile
from cli.errors import InputError
from storage.customers import definitions
from storage.engine import Store
from storage.selection.counting import checked


def filter_of(store: Store, text: str) -> Filter:
    """A filter of the command line. Raises `InputError`."""
    try:
        return checked(store, text)
    except BadFilter as wrong:
        raise InputError(f"--filter: {wrong}") from None


def require_answerable(store: Store, read: CampaignFile, file: Path) -> None:
    """That the site knows what a campaign file's filter asks, and the levels of intent that its
    dispositions tell. Raises `SpecError`, with the places."""
    found = [*_unknown_levels(store, read), *_unanswerable(store, read.campaign.leads.filter)]
    if found:
        raise SpecError(placed(CAMPAIGN, read.text, str(file), found))


def _unanswerable(store: Store, text: str | None) -> Iterator[Finding]:
    if text is None:
        return
    try:
        checked(store, text)
    except BadFilter as wrong:
        message = f"at character {wrong.at} of the filter, {wrong.message}"
        yield Finding(("leads", "filter"), message, wrong.hint)


def _unknown_levels(store: Store, read: CampaignFile) -> Iterator[Finding]:
    told = [(n, d.intent) for n, d in enumerate(read.campaign.dispositions) if d.intent is not None]
    levels = definitions.read(store).intents if told else ()
    for n, level in told:
        if levels and level not in levels:
            message = f"expected one of the CRM file's levels of intent (got '{level}')"
            hint = f"there are: {', '.join(levels)}"
            yield Finding(("dispositions", n, "intent"), message, hint)
