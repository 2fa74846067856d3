"""What a told customer changes in one that is known: only what is told, and never a prohibition."""

from uuid import UUID

from storage.columns import FreeText
from storage.customers.changing import Changing
from storage.customers.given import CheckedCustomer


def made(pen: Changing, each: CheckedCustomer) -> UUID:
    """A new customer with what was told, as by `merge`; nothing of it is sifted."""
    given = each.given
    columns = {
        "number": next(iter(each.numbers), None),
        "name": FreeText.shorten((given.name or "").strip()),
        "company": FreeText.shorten((given.company or "").strip()),
        "stage": given.stage,
        "owner": given.owner,
    }
    customer = pen.add_told(columns, each.fields)
    if given.do_not_call:
        pen.forbid(customer)
    return customer


def merge(pen: Changing, customer: UUID, each: CheckedCustomer) -> None:
    """Put what was told into the customer's row. The first number told is the main one."""
    each = _sifted(pen, customer, each)
    given = each.given
    for name in ("name", "company"):
        text = getattr(given, name)
        if text is not None:
            pen.put(customer, name, FreeText.shorten(text.strip()) or _nothing(name))
    if each.numbers:
        pen.put(customer, "number", next(iter(each.numbers)))
    if given.stage is not None:
        pen.put_stage(customer, given.stage or None)
    if given.owner is not None:
        pen.put_owner(customer, given.owner or None)
    for name, value in each.fields.items():
        pen.put_field(customer, name, value)
    if given.do_not_call:
        pen.forbid(customer)


def _nothing(name: str) -> str | None:
    return "" if name == "name" else None


def _sifted(pen: Changing, customer: UUID, each: CheckedCustomer) -> CheckedCustomer:
    sift = each.given.sift
    return each if sift is None else sift(pen.rows[customer], each)
