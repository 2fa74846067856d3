"""What a session has asked to be told: `event`, `nixevent`, `noevents`, `filter`.

Read from mod_event_socket's own answers: after CUSTOM every word is a subclass; several filters
are OR-ed, one whose value begins with `-` takes out what it fits, and filters that only take out
let nothing through.
"""

from connectors.fake.wire.esl.event import Event

_NAMES = """
    CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER
    CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD
    CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA
    CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID
    API LOG INBOUND_CHAN OUTBOUND_CHAN STARTUP SHUTDOWN PUBLISH UNPUBLISH TALK NOTALK SESSION_CRASH
    MODULE_LOAD MODULE_UNLOAD DTMF MESSAGE PRESENCE_IN NOTIFY_IN PRESENCE_OUT PRESENCE_PROBE
    MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC BACKGROUND_JOB DETECTED_SPEECH DETECTED_TONE
    PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE RE_SCHEDULE RELOADXML
    NOTIFY PHONE_FEATURE PHONE_FEATURE_SUBSCRIBE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS
    CHANNEL_DATA GENERAL COMMAND SESSION_HEARTBEAT CLIENT_DISCONNECTED SERVER_DISCONNECTED
    SEND_INFO RECV_INFO RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE CALL_SECURE NAT RECORD_START RECORD_STOP
    PLAYBACK_START PLAYBACK_STOP CALL_UPDATE FAILURE SOCKET_DATA MEDIA_BUG_START MEDIA_BUG_STOP
    CONFERENCE_DATA_QUERY CONFERENCE_DATA CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE
    TEXT SHUTDOWN_REQUESTED
"""
NAMES = frozenset(_NAMES.split())
MOST = 1_000  # names, subclasses and filters that one session may ask for

Filter = tuple[str, str]


class Wants:
    """One session's wishes."""

    def __init__(self) -> None:
        self.form = "plain"
        self._names: set[str] = set()
        self._subclasses: set[str] = set()
        self._all = False
        self._filters: list[Filter] = []

    def add(self, words: list[str]) -> bool:
        """False where none of the words names an event."""
        names, subclasses, everything = _read(words)
        self._all |= everything
        self._names = set(sorted(self._names | names)[:MOST])
        self._subclasses = set(sorted(self._subclasses | subclasses)[:MOST])
        return bool(names or subclasses or everything)

    def drop(self, words: list[str]) -> bool:
        names, subclasses, everything = _read(words)
        if everything:
            self.clear()
        if self._all and names:
            self._all, self._names = False, set(NAMES)
        self._names -= names
        self._subclasses -= subclasses
        return bool(names or subclasses or everything)

    def clear(self) -> None:
        self._names, self._subclasses, self._all = set(), set(), False

    def filter(self, header: str, value: str) -> None:
        if len(self._filters) < MOST:
            self._filters.append((header, value))

    def unfilter(self, header: str, value: str) -> None:
        """Take back the filters of a header, of one value where there is one, or all of them."""
        self._filters = [
            one
            for one in self._filters
            if not (header.lower() in ("all", one[0].lower()) and value in ("", one[1]))
        ]

    def kind(self, name: str, subclass: str) -> bool:
        """Whether events of a kind are told at all."""
        if self._all:
            return True
        return subclass in self._subclasses if subclass else name in self._names

    def fits(self, event: Event) -> bool:
        if not self.kind(event.name, event.subclass):
            return False
        if not self._filters:
            return True
        good = [one for one in self._filters if not one[1].startswith("-")]
        bad = [(header, value[1:]) for header, value in self._filters if value.startswith("-")]
        return any(_is(event, *one) for one in good) and not any(_is(event, *one) for one in bad)


def _read(words: list[str]) -> tuple[set[str], set[str], bool]:
    upper = [word.upper() for word in words]
    custom = upper.index("CUSTOM") if "CUSTOM" in upper else len(words)
    names, subclasses = {*upper[:custom]} & NAMES, {*words[custom + 1 :]}
    if custom < len(words) and not subclasses:
        names.add("CUSTOM")
    return names, subclasses, "ALL" in upper[:custom]


def _is(event: Event, header: str, value: str) -> bool:
    return event.headers.get(header, "").lower() == value.lower()
