"""Whether the texts of flows can be said while callers wait."""

from collections.abc import Iterable, Iterator

from campaigns.flow.flow import Flow
from campaigns.orders import CampaignState
from cli.health import Finding, Verdict
from speech.errors import SpeechError
from storage.campaigns import Broken, Stored, Unreadable
from workers.settings import FILE_NAME, Settings
from workers.speaking import sounds_of
from workers.voice import languages_of


def voice(known: Iterable[Stored | Broken], settings: Settings) -> Iterator[Finding]:
    """Nothing is found where no campaign that is to run has texts with variables.

    The voice is tried out, and what it says kept nowhere: the folder is the worker's.
    """
    run = [c for c in known if isinstance(c, Stored) and c.wanted is CampaignState.RUNNING]
    flows = [flow for campaign in run for flow in _flows(campaign)]
    languages = sorted(set().union(*map(languages_of, flows)))
    if languages:
        yield _finding(languages, settings)


def _flows(campaign: Stored) -> list[Flow]:
    """None where they cannot be read: that is told of the campaign itself."""
    try:
        return [*campaign.read_flows().values()]
    except Unreadable:
        return []


def _finding(languages: list[str], settings: Settings) -> Finding:
    sounds = sounds_of(settings)
    try:
        for language in languages:
            sounds.try_out(language, keep=False)
    except SpeechError as wrong:
        mend = f"mend [speech] in {settings.home / FILE_NAME}, or install what is missing"
        words = f"texts of flows are heard without their variables: {wrong}"
        return Finding("voice", Verdict.WARNING, words, mend)
    words = f"{settings.speech.engine} speaks {', '.join(languages)}"
    return Finding("voice", Verdict.OK, words)
