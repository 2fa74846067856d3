"""For how long a PBX is waited for, in seconds."""

CONNECT_SECONDS = 5.0
BOOT_SECONDS = 15.0  # one that has just been started loads its modules first
ANSWER_SECONDS = 5.0  # to one question

ENTER_SECONDS = CONNECT_SECONDS + BOOT_SECONDS + 2 * ANSWER_SECONDS
"""A log-in that fails has told why by then."""

PING, SILENCE = 0.4, 1.2  # between signs of life; without an answer to one, until the link is lost
"""Together below the two seconds after which a node that has gone silent takes no more calls."""
