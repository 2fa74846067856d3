"""A call's detail record: what a PBX tells of a call of ours once it is over, by another way than
its control link (a webhook, a file). Its times are by the PBX's own clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CallDetail:
    """`cause`: as the PBX names it, `17` (Q.850) or `USER_BUSY`. `sip`: the answer that ended the
    call, as in `486`; empty where there was none. Times in UTC."""

    call_id: UUID
    ended_at: datetime
    answered_at: datetime | None = None
    cause: str = ""
    sip: str = ""
