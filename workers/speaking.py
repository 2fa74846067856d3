"""The site's voice: what says texts here, and where what was said is kept."""

from speech.cache import Cache
from speech.sounds import Sounds, open_sounds
from workers.settings import Settings


def sounds_of(settings: Settings) -> Sounds:
    """What `[speech]` has chosen. Nothing is run, and nobody asked, before the first text."""
    return open_sounds(settings.speech.chosen, cache_of(settings), settings.speech.played_from)


def cache_of(settings: Settings) -> Cache:
    """The folder of what was said."""
    folder = settings.speech.cache or settings.home / "speech"
    return Cache(folder.expanduser(), settings.speech.megabytes * 10**6)
