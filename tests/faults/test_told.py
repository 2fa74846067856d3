from faults.told import ami, esl

EVENT = b"Event: Hangup\r\nUniqueid: 1\r\n\r\n"
LISTED = b"Event: CoreShowChannel\r\nActionID: x:1\r\nUniqueid: 1\r\n\r\n"
ANSWER = b"Response: Success\r\nActionID: x:1\r\n\r\n"
BODY = b'{"Event-Name":"CHANNEL_HANGUP"}'
HEARD = b"Content-Length: %d\nContent-Type: text/event-json\n\n" % len(BODY) + BODY
REPLY = b"Content-Type: command/reply\nReply-Text: +OK\n\n"


def test_of_ami_only_events_that_nobody_asked_for_may_be_told_again() -> None:
    data = EVENT + LISTED + ANSWER + EVENT[:9]
    told = [(EVENT, True), (LISTED, False), (ANSWER, False), (EVENT[:9], False)]
    assert ami(data) == told


def test_of_esl_only_events() -> None:
    data = REPLY + HEARD + REPLY + HEARD[:60]
    told = [(REPLY, False), (HEARD, True), (REPLY, False), (HEARD[:60], False)]
    assert esl(data) == told


def test_nothing_is_added_and_nothing_lost() -> None:
    for data in (EVENT + ANSWER[:5], LISTED, b"Asterisk Call Manager/11.0.0\r\n", b""):
        assert b"".join(part for part, _ in ami(data)) == data
    for data in (REPLY + HEARD[:5], HEARD, b"Content-Type: auth/request\n\n", b""):
        assert b"".join(part for part, _ in esl(data)) == data
