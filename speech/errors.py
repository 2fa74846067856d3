"""What goes wrong with voices and sounds, each as a sentence for people."""


class SpeechError(Exception):
    """A voice did not say what it was to say: why, and what to do."""


class BadText(SpeechError):
    """A text that no voice may be given."""


class BadSound(SpeechError):
    """What was to be a sound is none, or is of no use on a telephone."""
