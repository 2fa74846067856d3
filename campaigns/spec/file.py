"""The text of a campaign file, made a `Campaign`; or everything that is wrong with it, at once."""

from campaigns.spec.campaign import Campaign
from campaigns.spec.checks import findings
from campaigns.spec.loading import load_as
from campaigns.spec.schema import CAMPAIGN


def load(source: bytes | str, file: str = "campaign.yaml") -> Campaign:
    """The campaign that `source` describes. Raises `SpecError` with every problem found.

    `file` is the name that the problems are told with.
    """
    return load_as(CAMPAIGN, source, file, findings)
