"""What the variables of a channel that is over say of its call."""

from connectors.fake.wire.esl.causes import Q850
from connectors.fake.wire.esl.channel import Channel
from connectors.fake.wire.esl.codec import Headers


def account(one: Channel) -> Headers:
    """Why it ended, and its times."""
    start, end = one.times["Created"], one.times["Hangup"]
    answer = one.times.get("Answered")
    talked = (end - answer).total_seconds() if answer else 0.0
    return {
        "hangup_cause": one.cause,
        "hangup_cause_q850": str(Q850.get(one.cause, 31)),
        "start_stamp": start.strftime("%Y-%m-%d %H:%M:%S"),
        "end_stamp": end.strftime("%Y-%m-%d %H:%M:%S"),
        "start_epoch": str(int(start.timestamp())),
        "answer_epoch": str(int(answer.timestamp())) if answer else "0",
        "end_epoch": str(int(end.timestamp())),
        "duration": str(round((end - start).total_seconds())),
        "billsec": str(round(talked)),
        "billmsec": str(round(talked * 1000)),
    }
