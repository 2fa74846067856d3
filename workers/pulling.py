"""The RQ job that pulls customers of a CRM.

Retried: a pull that fails, after a wait that doubles, from the last page that was kept. Given up:
nothing. Running it twice at once is harmless: one has the turn. A row that is told twice changes
nothing the second time.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from campaigns.crm.conflicts import CUSTOM, FACTS, Claim, Wins, takes
from campaigns.crm.mapping import CustomerMap, Pulled
from campaigns.numbers import BadNumber, normalise
from crm_sync.adapter import AdapterError
from crm_sync.crm import Crm
from crm_sync.marks import AHEAD, Mark, earlier, is_before
from storage import pulls
from storage.customers import gone, told_times
from storage.customers.changes import By
from storage.customers.definitions import read
from storage.customers.forbidding import forbid_refused, forbid_told
from storage.customers.given import CheckedCustomer, GivenCustomer
from storage.customers.records import last_told_by
from storage.customers.requests import Request
from storage.customers.sync import Came, sync
from storage.customers.untold import as_it_knows_them
from storage.engine import Store
from storage.errors import StorageError
from workers.context import current
from workers.crms import crm_of
from workers.pull_report import Report

log = logging.getLogger(__name__)

PAGE = 200  # customers in one transaction
NONE: frozenset[str] = frozenset()


def pull_crm(source: str) -> None:
    """Pull what has changed."""
    context = current()
    if source not in context.settings.crms:
        return  # it was taken out of the settings
    every, overlap = context.settings.crms[source].every, context.settings.crms[source].overlap
    try:
        crm = crm_of(context.settings, context.store, source)
    except AdapterError as lacking:
        if pulls.hold(context.store, source):
            pulls.failed(context.store, source, every, str(lacking))
        log.warning("customers of %s cannot be pulled: %s", source, lacking)
        return
    try:
        report = pull(context.store, crm, every, overlap)
    except AdapterError as away:
        log.warning("customers of %s cannot be pulled: %s", source, away)
        return
    finally:
        crm.close()
    if report is not None and report.refused:
        log.warning("customers of %s: %s", source, report.sentence)


def pull(
    store: Store, crm: Crm, every: float, overlap: float, again: bool = False
) -> Report | None:
    """Pull what has changed; None: somebody else does. `again`: everything. Raises `AdapterError`
    and `StorageError`, with all pages before kept."""
    held = pulls.hold(store, crm.name, again)
    if held is None:
        return None
    report = Report()
    try:
        _pull(store, crm, held, overlap, report)
        _look_for_gone(store, crm, report, whole=again)
    except AdapterError as away:
        pulls.failed(store, crm.name, every, str(away), away.wait)
        raise
    except StorageError as away:
        pulls.failed(store, crm.name, every, str(away))
        raise
    except BaseException:
        pulls.failed(store, crm.name, every, "the pull was broken off")
        raise
    pulls.done(store, crm.name, every, report.sentence if report.rows else None, held.now)
    return report


def _pull(store: Store, crm: Crm, held: pulls.Progress, overlap: float, report: Report) -> None:
    """The mark only goes forward, though reading begins before it. Once a pull began that it had
    not moved for longer than the overlap, no row can be late any more, and none is read twice."""
    if crm.customers is None:
        raise AdapterError(f"crms.{crm.name}: its map says nothing of customers")
    mark = Mark(held.mark_at, held.mark_id)
    settled = held.quiet is not None and held.quiet > overlap
    for page in crm.pull(mark if settled else earlier(mark, overlap), PAGE):
        keep(store, crm.name, crm.customers, page.rows, report)
        further = page.mark is not None and not is_before(page.mark, mark)
        told = (page.mark.at[:120], page.mark.id[:120]) if page.mark and further else None
        pulls.moved(store, crm.name, len(page.rows), told)


def _look_for_gone(store: Store, crm: Crm, report: Report, whole: bool) -> None:
    """No mark shows what is deleted: so it is asked who is still there, of some with each pull.
    `whole`: of all."""
    ids = gone.to_ask(store, crm.name, PAGE)
    while ids and (there := crm.there(ids)) is not None:
        lost = set(ids) - set(there)
        report.gone += gone.note(store, crm.name, lost, there, datetime.now(UTC))
        pulls.moved(store, crm.name, 0, None)
        ids = gone.to_ask(store, crm.name, PAGE) if whole and len(ids) == PAGE else []


def keep(
    store: Store,
    source: str,
    mapped: CustomerMap,
    rows: Sequence[Pulled],
    report: Report,
    request: Request | None = None,
) -> None:
    """Put customers as a CRM tells of them where they belong, by the rules of its map. `request`:
    by which one that comes again is known, and changes nothing."""
    report.rows += len(rows)
    until = datetime.now(UTC) + AHEAD
    report.ahead = next(
        (row.external_id for row in rows if row.at and row.at > until), report.ahead
    )
    missing = [row.external_id for row in rows if row.gone]
    if missing:
        report.gone += gone.note(store, source, missing, (), datetime.now(UTC))
    good = [row for row in rows if not row.wrong and not row.gone]
    for row in rows:
        if row.wrong:
            report.refuse(row.external_id, row.wrong)
    if request is not None:
        good = _in_time(store, source, good, report)
    by = By(f"crm:{source}", origin=source)
    forbid_told(store, source, _prohibitions(rows, mapped), by, datetime.now(UTC))
    ids = [row.external_id for row in good]
    theirs, known = last_told_by(store, source, ids), as_it_knows_them(store, source, ids)
    if not good:
        return
    given = [
        given_by(
            mapped, row, report, theirs.get(row.external_id, NONE), known.get(row.external_id, {})
        )
        for row in good
    ]
    _leave_undeclared(given, read(store).fields, report)
    came = sync(store, source, given, by, datetime.now(UTC), request)
    for told in came:
        if told["came"] == Came.REFUSED:
            report.refuse(told["external_id"], told["why"])
        else:
            report.came[told["came"]] += 1
    forbid_refused(store, source, given, came, by, datetime.now(UTC))
    times = {row.external_id: row.at for row in good if row.at and row.at <= until}
    told_times.note(store, source, times)


def _prohibitions(rows: Sequence[Pulled], mapped: CustomerMap) -> list[GivenCustomer]:
    """What rows that cannot be taken say of whom not to call."""
    return [
        GivenCustomer(
            row.external_id,
            numbers=tuple(row.fields.get("numbers", ())),
            region=row.fields.get("region") or mapped.region,
            do_not_call=True,
        )
        for row in rows
        if row.wrong and row.fields.get("do_not_call") is True
    ]


def _in_time(store: Store, source: str, rows: Sequence[Pulled], report: Report) -> list[Pulled]:
    """Posts may come in another order than they were sent: what has changed since is left out. A
    pull reads what is so now."""
    known = told_times.told_at(store, source, [row.external_id for row in rows])
    left = [row for row in rows if row.at is None or row.at >= known.get(row.external_id, row.at)]
    report.came[Came.UNCHANGED] += len(rows) - len(left)
    return left


def _leave_undeclared(
    given: list[GivenCustomer], declared: Collection[str], report: Report
) -> None:
    """A field that is gone from the CRM file is no reason to hear nothing more of anybody."""
    for n, each in enumerate(given):
        unknown = each.fields.keys() - declared
        if unknown:
            report.undeclared |= unknown
            fields = {name: value for name, value in each.fields.items() if name in declared}
            given[n] = replace(each, fields=fields)


def given_by(
    mapped: CustomerMap,
    row: Pulled,
    report: Report,
    theirs: frozenset[str],
    known: Mapping[str, Any],
) -> GivenCustomer:
    """What a CRM tells of a customer, as any source would tell it."""
    told = {name: value for name, value in row.fields.items() if name not in FACTS}
    region = told.get("region") or mapped.region
    numbers = [n for n in told.get("numbers", ()) if _is_number(n, region)]
    report.left_out += len(told.get("numbers", ())) - len(numbers)
    return GivenCustomer(
        row.external_id,
        name=told.get("name") or None,
        company=told.get("company") or None,
        numbers=tuple(numbers),
        region=region,
        emails=tuple(told.get("emails", ())),
        stage=told.get("stage"),
        owner=told.get("owner"),
        tags=tuple(told.get("tags", ())),
        untag=tuple(told.get("untag", ())),
        fields={n.removeprefix(CUSTOM): v for n, v in told.items() if n.startswith(CUSTOM)},
        do_not_call=bool(told.get("do_not_call")),
        sift=partial(sifted, mapped, row.at, theirs, known),
    )


def sifted(
    mapped: CustomerMap,
    at: datetime | None,
    theirs: frozenset[str],
    known: Mapping[str, Any],
    ours: Mapping[str, Any],
    each: CheckedCustomer,
) -> CheckedCustomer:
    """What is taken of a customer as a CRM tells of one, by the rules of its map. `theirs`: what it
    has changed last itself, so that no clock is asked who was later; `known`: what it says because
    it has not heard yet what changed here."""
    given, own = each.given, ours["fields"] or {}
    left_out: dict[str, Any] = {
        name: None
        for name, since in (("name", ""), ("company", ""), ("stage", "stage_at"),
                            ("owner", "owned_at"))
        if _is_old(mapped.rule(name), known, name, getattr(given, name))
        or not takes(mapped.rule(name), Claim(getattr(given, name), at),
                     Claim(ours[name], None if name in theirs else ours.get(since)))
    }  # fmt: skip
    fields = {
        name: value
        for name, value in each.fields.items()
        if takes(mapped.rule(CUSTOM + name), Claim(value, at), Claim(own.get(name)))
    }
    return replace(each, given=replace(given, **left_out), fields=fields)


def _is_old(rule: Wins, known: Mapping[str, Any], name: str, value: str | None) -> bool:
    """Its row has changed since, and perhaps by what we told it of a call: not this of it."""
    return rule is Wins.LATEST and name in known and (value or None) == known[name]


def _is_number(raw: str, region: str | None) -> bool:
    try:
        normalise(raw, region)
    except BadNumber:
        return False
    return True
