"""The campaigns that rules name, as they are now."""

from collections.abc import Iterable
from contextlib import suppress

from campaigns.crm.rules.model import AddToCampaign, Rule
from campaigns.spec.campaign import Campaign
from storage import campaigns
from storage.engine import Store
from storage.errors import NotThere


def campaigns_of(store: Store, rules: Iterable[Rule]) -> dict[str, Campaign]:
    """Those that are there and can be read; a rule that names another one says so as it acts."""
    named = {act.campaign for rule in rules for act in rule.do if isinstance(act, AddToCampaign)}
    found = dict[str, Campaign]()
    for name in sorted(named):
        with suppress(NotThere, campaigns.Unreadable):
            found[name] = campaigns.get(store, name).spec
    return found
