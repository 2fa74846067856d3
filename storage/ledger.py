"""Results on their way into the tables: read what they are about, decide, write it all at once.

Each result closes its attempt, moves its lead on (`campaigns.retry` says where to), tells the
customer's row, and leaves a line of history and a message in the outbox. Three queries read
and five statements write, whatever the number of results.

A result that was only inferred (`PBX_LOST`: a worker found the call gone) gives way to the one
that another worker saw and could tell only later. Its message is rewritten if nobody has taken
it for delivery yet; else a further one follows, its key ending in `:ended-corrected`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from campaigns.call_life import CallState
from campaigns.effects import AttemptDisposed, AttemptEnded
from campaigns.outcomes import Outcome
from campaigns.retry import Retrying, Wish, after, refiled, tried, wished
from campaigns.spec.campaign import Campaign, Mode
from storage import ledger_rows as rows
from storage.correcting import corrected
from storage.customers.changes import By, Change, write_changes
from storage.dnc import put
from storage.flow_results import answers_of
from storage.history import AGENT_LOST, Happened, write_history
from storage.messages import ENDED, ENDS, Message, about_attempt, disposed, key_of
from storage.outbox import write_messages
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import CUSTOMERS, LEADS, LeadState

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Ledger:
    """One batch of results, inside one transaction. `count`: what became of them; `listed`: the
    numbers that came to do-not-call by them; `by`: who tells them, as customers' changes say;
    `intents`: levels as they were before, of attempts of which one is told beside the results; that
    of the others comes from what they are filed under."""

    def __init__(
        self,
        connection: Connection,
        campaign: Campaign,
        attempts: list[UUID],
        by: By | None = None,
        intents: Mapping[UUID, str | None] | None = None,
    ) -> None:
        self._connection = connection
        self._campaign = campaign
        self._attempts = rows.read_attempts(connection, attempts)
        leads = {attempt["lead_id"] for attempt in self._attempts.values()}
        self._leads = rows.lock_leads(connection, leads)
        ivr = campaign.mode is Mode.IVR  # under the lock: an answer that a PBX posts waits for it
        self._answers = answers_of(connection, attempts) if ivr else None
        customers = {attempt["customer_id"] for attempt in self._attempts.values()}
        self._customers = rows.lock_customers(connection, customers)
        self._changed: dict[UUID, dict[str, Any]] = {}
        self._events: list[Happened] = []
        self._messages: list[Message] = []
        self._never_again: dict[str, str] = {}  # number: why
        self._of_customers: list[Change] = []
        self._by = by or By(f"campaign:{campaign.name}")
        self._intents = intents or {}
        self.listed: list[str] = []
        self.count: Counter[str] = Counter()

    @property
    def customers(self) -> set[UUID]:
        """Whom these results are about."""
        return set(self._customers)

    def end(self, ended: AttemptEnded) -> None:
        """The one result of an attempt; a second one is counted and passed over."""
        attempt = self._attempts.get(ended.attempt_id)
        if attempt is None:
            self.count["unknown"] += 1
            return
        ended = rows.with_talk(ended, attempt, self._campaign.default_disposition)
        if attempt["ended_at"] is None:
            self.count["ended"] += 1
            self._end(attempt, ended)
        elif rows.tells_more(ended, attempt):
            self.count["corrected"] += 1
            self._correct(attempt, ended)
        else:
            self.count["repeated"] += 1

    def file(self, filed: AttemptDisposed) -> None:
        """An agent's disposition: replaces the one before, and the retry is decided anew."""
        attempt = self._attempts.get(filed.attempt_id)
        if attempt is None or (attempt["disposed_at"] or _LONG_AGO) >= filed.at:
            self.count["unknown" if attempt is None else "repeated"] += 1
            return
        self.count["disposed"] += 1
        before = attempt["disposition"]
        was_filed = attempt["disposed_at"] is not None or self._is_filed_by_flow(attempt)
        attempt.update(rows.filing_of(filed))
        level = self._rate(attempt, before)
        self._changed[attempt["id"]] = attempt
        self._events.append(Happened(attempt["id"], filed.at, "disposed", filed.disposition))
        self._note_result(attempt, before if was_filed else "", level)
        if attempt["ended_at"] is not None:  # else its result, when it comes, finds this
            self._refile(attempt, before, filed.at)

    def write(self, token: int) -> None:
        """Write everything that has been told."""
        connection = self._connection
        rows.write_back(connection, ATTEMPTS, rows.RESULT, self._changed.values())
        rows.write_back(connection, LEADS, rows.STANDING, self._leads.values())
        rows.write_back(connection, CUSTOMERS, rows.PERSON, self._customers.values())
        for why in set(self._never_again.values()):
            numbers = [number for number, its in self._never_again.items() if its == why]
            self.listed += put(connection, numbers, max(e.at for e in self._events), why)
        if self._of_customers:
            at = max(event.at for event in self._events)
            write_changes(connection, self._of_customers, self._by, at)
        write_history(connection, token, self._events)
        write_messages(connection, self._messages)

    def _end(self, attempt: dict[str, Any], ended: AttemptEnded) -> None:
        attempt.update(rows.result_of(ended, attempt))
        lead = self._leads.get(attempt["lead_id"])
        if lead is not None:
            lead["tries"] = tried(lead["tries"], ended.outcome, attempt["disposition"])
        decided = self._decide(attempt, lead, ended.ended_at)
        connected = ended.outcome is Outcome.CONNECTED
        if self._is_filed_by_flow(attempt):
            self._note_result(attempt, "", self._rate(attempt, ""))
        self._events.append(
            Happened(attempt["id"], ended.ended_at, CallState.ENDED, attempt["disposition"])
        )
        if ended.agent_lost:
            self._events.append(Happened(attempt["id"], ended.ended_at, AGENT_LOST))
        self._tell("attempt.ended", attempt, lead, decided, key_of(attempt["id"], ENDED))
        self._tell_customer(attempt, decided, ended.connected_at if connected else None)

    def _is_filed_by_flow(self, attempt: dict[str, Any]) -> bool:
        """And not under what a conversation counts as until its agent files it."""
        chosen = attempt["disposed_at"] is None and attempt["outcome"] != Outcome.CONNECTED
        return chosen and attempt["disposition"] in {d.name for d in self._campaign.dispositions}

    def _correct(self, attempt: dict[str, Any], ended: AttemptEnded) -> None:
        """A result that tells more replaces the one before; the retry is decided anew."""
        before, filed_before = Outcome(attempt["outcome"]), attempt["disposition"]
        was_filed = filed_before if self._is_filed_by_flow(attempt) else ""
        attempt.update(rows.correction_of(ended, attempt))
        lead = self._leads.get(attempt["lead_id"])
        if lead is not None:
            tries = rows.untried(lead["tries"], before, filed_before)
            lead["tries"] = tried(tries, ended.outcome, attempt["disposition"])
        decided = self._decide(attempt, lead, ended.ended_at)
        self._events.append(
            Happened(attempt["id"], attempt["ended_at"], "corrected", attempt["disposition"])
        )
        if self._is_filed_by_flow(attempt):
            self._note_result(attempt, was_filed, self._rate(attempt, was_filed))
        self._tell_again(attempt, lead, decided)
        talked = ended.outcome is Outcome.CONNECTED and before is not Outcome.CONNECTED
        self._tell_customer(attempt, decided, ended.connected_at if talked else None)

    def _tell_again(
        self, attempt: dict[str, Any], lead: dict[str, Any] | None, decided: Retrying
    ) -> None:
        """In the place of the earlier result's message, or, if that may be out, after it."""
        keys = {key_of(attempt["id"], what) for what in ENDS}
        payload = self._payload(attempt, lead, decided)
        here = [n for n, message in enumerate(self._messages) if message.key in keys]
        if here:
            last = self._messages[here[-1]]
            self._messages[here[-1]] = replace(last, payload=payload)
            return
        about = (attempt["id"], attempt["disposed_at"], payload)
        if message := corrected(self._connection, "attempt.ended", *about):
            self._messages.append(message)

    def _refile(self, attempt: dict[str, Any], before: str, at: datetime) -> None:
        lead = self._leads.get(attempt["lead_id"])
        if lead is not None:
            outcome = Outcome(attempt["outcome"])
            lead["tries"] = refiled(lead["tries"], outcome, before, attempt["disposition"])
        decided = self._decide(attempt, lead, at)
        key = key_of(attempt["id"], disposed(at))
        self._tell("attempt.disposed", attempt, lead, decided, key)
        self._tell_customer(attempt, decided, None)

    def _decide(
        self, attempt: dict[str, Any], lead: dict[str, Any] | None, at: datetime
    ) -> Retrying:
        """What becomes of the lead; it is moved on, unless a later attempt speaks for it."""
        self._changed[attempt["id"]] = attempt
        tries, total = (lead["tries"], lead["attempts_total"]) if lead else ({}, 1)
        outcome, disposition = Outcome(attempt["outcome"]), attempt["disposition"]
        decided = after(self._campaign, outcome, disposition, tries=tries, total=total, now=at)
        decided = wished(self._campaign, decided, total, _wish_of(attempt))
        if decided.do_not_call:
            how = "opted out in a flow" if attempt["opted_out_at"] else f"disposition {disposition}"
            why = f"{how} of campaign {self._campaign.name}"
            self._never_again[attempt["number"]] = why
        if lead is not None and lead["last_attempt_id"] == attempt["id"]:
            lead["state"] = _state_after(decided)
            lead["next_at"] = decided.at or lead["next_at"]
            lead["callback_at"] = decided.at if decided.wished else None
            lead["last_outcome"], lead["last_disposition"] = outcome.value, disposition
        return decided

    def _tell(
        self,
        kind: str,
        attempt: dict[str, Any],
        lead: dict[str, Any] | None,
        decided: Retrying,
        key: str,
    ) -> None:
        self._messages.append(Message(kind, key, self._payload(attempt, lead, decided)))

    def _payload(
        self, attempt: dict[str, Any], lead: dict[str, Any] | None, decided: Retrying
    ) -> dict[str, Any]:
        given = None if self._answers is None else self._answers.get(attempt["id"], {})
        return about_attempt(self._campaign.name, attempt, lead, decided, given)

    def _tell_customer(
        self, attempt: dict[str, Any], decided: Retrying, contact_at: datetime | None
    ) -> None:
        customer = self._customers.get(attempt["customer_id"])
        if customer is not None:
            if decided.do_not_call and not customer["do_not_call"]:
                self._note(attempt, "do_not_call", False, True)
            rows.tell_customer(customer, attempt, decided.do_not_call, contact_at)

    def _rate(self, attempt: dict[str, Any], before: str) -> str | None:
        """The level that the campaign reads from a new disposition, unless one is told beside it;
        the one before."""
        if attempt["id"] in self._intents:
            return self._intents[attempt["id"]]
        was: str | None = attempt["intent"]
        level = self._campaign.intent_of(attempt["disposition"])
        if level is not None and (was is None or attempt["disposition"] != before):
            attempt["intent"] = level
            self._note(attempt, "intent", was, level)
        return was

    def _note_result(self, attempt: dict[str, Any], before: str, level: str | None) -> None:
        old = {"disposition": before, "intent": level}
        its = {"attempt_id": str(attempt["id"]), "campaign": self._campaign.name}
        new = {name: attempt[name] for name in ("disposition", "intent")}
        if old != new:
            self._note(attempt, "call_result", old if any(old.values()) else None, its | new)

    def _note(self, attempt: dict[str, Any], what: str, old: Any, new: Any) -> None:
        """For rules and adapters: of customers who are known here."""
        if attempt["customer_id"] in self._customers and old != new:
            self._of_customers.append(Change(attempt["customer_id"], what, old, new))


def _wish_of(attempt: dict[str, Any]) -> Wish:
    return Wish(attempt["opted_out_at"] is not None, attempt["callback_at"])


def _state_after(decided: Retrying) -> str:
    if decided.do_not_call:
        return LeadState.SUPPRESSED.value
    return LeadState.DONE.value if decided.final else LeadState.READY.value
