"""The site's voice: what says texts here, and where what was said is kept."""

from speech.cache import Cache
from speech.sounds import Sounds, open_sounds
from workers.settings import Settings
from workers.settings_speech import DAY


def sounds_of(settings: Settings) -> Sounds:
    """What `[speech]` has chosen. Nothing is run, and nobody asked, before the first text."""
    return open_sounds(settings.speech.chosen, cache_of(settings), settings.speech.played_from)


def cache_of(settings: Settings) -> Cache:
    """The folder of what was said."""
    folder = settings.speech.cache or settings.home / "speech"
    bytes_, seconds = settings.speech.megabytes * 10**6, settings.speech.days * DAY
    return Cache(folder.expanduser(), bytes_, life=seconds)
