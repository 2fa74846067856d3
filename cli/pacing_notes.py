"""What a replay cannot show of a campaign's day, in words."""

from campaigns.spec.campaign import Campaign
from workers.replay import Day, replayable


def notes(day: Day, changed: Campaign) -> list[str]:
    """What the two replays leave out of this day."""
    was = day.campaign
    facts = (
        (was == changed, "The file says what the campaign was: both replays are the same."),
        (
            was.windows.timezone == "customer" or changed.windows.timezone == "customer",
            "Where each customer's clock decides, the replay takes every window for open.",
        ),
        (replayable(was).pbx != was.pbx, "All lines are taken to be on one PBX node."),
        (
            changed.amd.enabled and not was.amd.enabled,
            "Nobody listened for machines that day: how often that errs is assumed.",
        ),
        (
            changed.ring > was.ring,
            f"Nothing is known of answers after {was.ring:g} s: the replay has none.",
        ),
    )
    return [words for is_so, words in facts if is_so]
