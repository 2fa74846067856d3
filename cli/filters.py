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
from cli.output import warn
from cli.problems import tell_warnings
from storage.customers import definitions
from storage.engine import Store
from storage.selection.counting import checked
from storage.selection.missing import missing_lists, missing_tags

_NO_TAG = "there is no tag '{}' yet, so nobody has it"


def filter_of(store: Store, text: str) -> Filter:
    """A filter of the command line; of tags that there are not yet it warns. Raises
    `InputError`."""
    try:
        filter_ = checked(store, text)
    except BadFilter as wrong:
        raise InputError(f"--filter: {wrong}") from None
    for each in missing_tags(store, filter_):
        warn(f"warning: --filter: character {each.at}: {_NO_TAG.format(each.path)}")
    return filter_


def require_answerable(store: Store, read: CampaignFile, file: Path) -> None:
    """That the site knows what a campaign file's filter asks, and the levels of intent that its
    dispositions tell. Raises `SpecError`, with the places."""
    found = [*_unknown_levels(store, read), *_unanswerable(store, read.campaign.leads.filter)]
    if found:
        raise SpecError(placed(CAMPAIGN, read.text, str(file), found))


def warn_of_missing(store: Store, read: CampaignFile, file: Path) -> None:
    """Tags and lists that a campaign file names and that there are not: they may come yet."""
    tell_warnings(placed(CAMPAIGN, read.text, str(file), _missing(store, read)))


def _missing(store: Store, read: CampaignFile) -> Iterator[Finding]:
    leads = read.campaign.leads
    if leads.filter is not None:
        for each in missing_tags(store, checked(store, leads.filter)):
            told = f"at character {each.at} of the filter, {_NO_TAG.format(each.path)}"
            yield Finding(("leads", "filter"), told)
    for name in missing_lists(store, leads.mix):
        told = f"no lead is on a list '{name}' yet; until then the others give its share"
        yield Finding(("leads", "mix", name), told, at_key=True)


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
