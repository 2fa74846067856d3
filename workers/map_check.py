"""A CRM's map held against the site: fields that nobody has declared, customers who would not come.

What the CRM itself can say of its map, it has said (`Crm.check`); nothing is written.
"""

from collections.abc import Sequence
from dataclasses import replace

from campaigns.crm.conflicts import CUSTOM
from campaigns.crm.mapping import CustomerMap, Pulled
from crm_sync.crm import Crm, Finding, Page
from crm_sync.marks import Mark
from storage.customers.definitions import Definitions, read
from storage.customers.given import BadCustomer, check
from storage.engine import Store
from workers.pull_report import Report, not_declared
from workers.pulling import given_by

SAMPLE = 200  # customers who are looked at
TOLD = 5  # of those who would not come


def as_they_would_come(store: Store, crm: Crm, found: Sequence[Finding]) -> list[Finding]:
    """What the CRM has found, and what would become of its first customers here. Raises
    `AdapterError`."""
    if crm.customers is None or not all(each.ok for each in found):
        return list(found)
    known = read(store)
    names = [*crm.customers.fields, *crm.customers.writes]
    own = dict.fromkeys(n.removeprefix(CUSTOM) for n in names if n.startswith(CUSTOM))
    lacking = [Finding(False, not_declared(name)) for name in own if name not in known.fields]
    first = next(iter(crm.pull(Mark(), SAMPLE)), Page(()))
    wrong = {
        row.external_id: why for row in first.rows if (why := _why_not(crm.customers, row, known))
    }
    told = [Finding(False, f"{who or 'a row'}: {why}") for who, why in wrong.items()]
    fine = [
        _with_numbers(each, crm.customers)
        for each in found
        if each.row is None or each.row.external_id not in wrong
    ]
    return [*fine, *lacking, *told[:TOLD]]


def _with_numbers(each: Finding, mapped: CustomerMap) -> Finding:
    """What is said of a customer, and how many of her numbers are none."""
    report = Report()
    if each.row is not None:
        given_by(mapped, each.row, report, frozenset(), {})
    if not report.left_out:
        return each
    return replace(each, words=f"{each.words}; {report.left_out} of the numbers is none")


def _why_not(mapped: CustomerMap, row: Pulled, known: Definitions) -> str:
    """Why a customer would be refused; empty: she would come."""
    if row.wrong or row.gone:
        return row.wrong
    given = given_by(mapped, row, Report(), frozenset(), {})
    declared = {name: value for name, value in given.fields.items() if name in known.fields}
    try:
        check(replace(given, fields=declared), known)
    except BadCustomer as wrong:
        return str(wrong)
    return ""
