"""Customers of a CRM that are looked at before any is pulled, as a pull would take them."""

from collections.abc import Sequence
from dataclasses import replace

from crm_sync.crm import Crm, Finding
from storage.customers.definitions import Definitions, read
from storage.customers.given import BadCustomer, check
from storage.engine import Store
from workers.pulling import NONE, Report, given_of


def look(store: Store, crm: Crm) -> list[Finding]:
    """What the CRM's map and some of its customers are worth, by what this site knows of stages
    and fields. Raises `AdapterError`."""
    found: Sequence[Finding] = crm.check()
    known = read(store)
    return [_judged(each, crm, known) for each in found]


def _judged(each: Finding, crm: Crm, known: Definitions) -> Finding:
    if each.row is None or crm.customers is None:
        return each
    report = Report()
    given = given_of(crm.customers, each.row, report, NONE, {})
    try:
        check(given, known)
    except BadCustomer as wrong:
        return Finding(False, f"{each.row.external_id}: {wrong}", each.row)
    if not report.left_out:
        return each
    return replace(each, words=f"{each.words}; {report.left_out} of the numbers is none")
