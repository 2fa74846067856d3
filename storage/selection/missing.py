"""What a filter or a campaign names and nobody has put there yet: tags and lists are made by use,
so naming one is no mistake, though often a slip."""

from collections.abc import Collection

from sqlalchemy import select

from campaigns.selection.words import Filter, Tagged, leaves
from storage.engine import Store
from storage.tables.crm import TAGS
from storage.tables.people import LEADS


def missing_tags(store: Store, filter_: Filter) -> list[Tagged]:
    """Where the filter asks for a tag that has never been given, nor one below it."""
    asked = [leaf for leaf in leaves(filter_) if isinstance(leaf, Tagged)]
    query = select(TAGS.c.path).where(TAGS.c.path.in_({leaf.path for leaf in asked}))
    with store.looking() as connection:
        there = set(connection.execute(query).scalars()) if asked else set()
    return [leaf for leaf in asked if leaf.path not in there]


def missing_lists(store: Store, names: Collection[str]) -> list[str]:
    """Those that no lead is on."""
    first = {name: select(LEADS.c.id).where(LEADS.c.list_name == name).limit(1) for name in names}
    with store.looking() as connection:
        return [name for name in names if connection.execute(first[name]).first() is None]
