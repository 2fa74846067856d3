"""Any CRM in a SQL database, by reflection and a map of columns.

PostgreSQL, MySQL, MariaDB and SQLite.
Customers are pulled in the order of (updated_at, id) and written by their ids; results are rows of
a table of their own (`sql_table`). Nothing else of the database is touched.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    String,
    Table,
    Text,
    and_,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from campaigns.crm.mapping import is_gone, pulled
from crm_sync.adapter import AdapterError, Failed
from crm_sync.crm import Finding, Opening, Page, sampled
from crm_sync.fields import to_column
from crm_sync.marks import Mark, possible
from crm_sync.sql_engine import LONGEST, connected, is_of_the_row, open_engine, sentence
from crm_sync.sql_guess import guess
from crm_sync.sql_map import SqlCustomers, SqlMap, SqlResults, load
from crm_sync.sql_rows import (
    Reading,
    all_tables,
    as_number,
    as_text,
    columns_of,
    key_value,
    reflected,
    refusal,
    row_of,
)
from crm_sync.sql_table import SqlTable, is_unique
from crm_sync.telling import Item, customer_of, items, whole
from storage.outbox import Taken


class SqlCrm:
    """One database, both ways."""

    at_most = 200

    def __init__(self, opening: Opening, mapped: SqlMap) -> None:
        """Raises `AdapterError`."""
        self.name = opening.name
        self.customers = mapped.customers
        self._opening = opening
        self._section = f"crms.{opening.name}"
        self._engine = open_engine(opening.url, self._section)
        self._table: Table | None = None
        self._results = _results(opening, mapped.results)
        if opening.create and (mapped.customers is None or mapped.customers.key is None):
            raise AdapterError(
                f"{self._section}.create: its map names no column for our id: customers.key"
            )

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        """See `Adapter.push`."""
        if self.customers is None and self._results is None:
            return dict.fromkeys((m.id for m in batch), Failed(f"{self._section} needs a map"))
        told = items(batch, self.name, self.customers, self._opening.records)
        results = [each.message for each in told if each.is_result]
        failed = self._results.push(results) if self._results else {}
        made = self._opening.create
        left = [
            each
            for each in told
            if (each.values or (made and each.unknown)) and each.message.id not in failed
        ]
        return {**failed, **self._put_all(left)} if left else failed

    def pull(self, mark: Mark, limit: int) -> Iterator[Page]:
        """See `Crm.pull`."""
        given = self._asked()
        if not isinstance(given.updated_at, str):
            raise AdapterError(f"{self._section}: its map has to name one column as updated_at")
        while True:
            with self._reading() as connection:
                rows = self._page(connection, given, mark, limit)
            if not rows:
                return
            marks = [Mark(as_text(row[given.updated_at]), as_text(row[given.id])) for row in rows]
            mark, upto = marks[-1], possible(marks)
            yield Page([pulled(given, row.get) for row in rows], upto[-1] if upto else None)
            if len(rows) < limit:
                return

    def there(self, ids: Sequence[str]) -> set[str]:
        """See `Crm.there`."""
        given = self._asked()
        with self._reading() as connection:
            table = self._find(connection, given)
            key = table.c[given.id]
            wanted = [value for each in ids if (value := key_value(key, each)) is not None]
            columns = [key, *([table.c[given.gone.at]] if given.gone else [])]
            rows = connection.execute(select(*columns).where(key.in_(wanted))).mappings()
            return {as_text(row[given.id]) for row in rows if not is_gone(given, row.get)}

    def check(self) -> list[Finding]:
        """See `Crm.check`."""
        found = []
        if self.customers is not None:
            given = self.customers
            with self._reading() as connection:
                self._find(connection, given)
                one = isinstance(given.updated_at, str)
                sample = self._page(connection, given, Mark(), 3) if one else []
                lacking = self._without_time(connection, given) if one else 0
            found.append(Finding(True, f"table {given.table} has every column of the map"))
            found += [sampled(pulled(given, row.get)) for row in sample]
            if lacking:
                words = f"{lacking} row(s) have no {given.updated_at}, and are never pulled"
                found.append(Finding(False, words))
        if self._results:
            found.append(Finding(True, self._results.check()))
        return found

    def guess(self) -> str:
        """See `Crm.guess`."""
        with self._reading() as connection:
            return guess(all_tables(connection))

    def close(self) -> None:
        """See `Adapter.close`."""
        self._engine.dispose()
        if self._results:
            self._results.close()

    def _asked(self) -> SqlCustomers:
        if self.customers is None:
            raise AdapterError(f"{self._section}: its map says nothing of customers")
        return self.customers

    def _reading(self) -> Any:
        return Reading(self._engine)

    def _find(self, connection: Connection, given: SqlCustomers) -> Table:
        if self._table is None:
            table = reflected(connection, given)
            if self._opening.create and not is_unique(connection, table, str(given.key)):
                raise AdapterError(
                    f"the column {given.key} of the table {given.table} has no unique index, so a "
                    "customer could be made twice; create one"
                )
            self._table = table
        return self._table

    def _page(
        self, connection: Connection, given: SqlCustomers, mark: Mark, limit: int
    ) -> list[Mapping[str, Any]]:
        table = self._find(connection, given)
        at, key = self._as_told(table.c[str(given.updated_at)]), table.c[given.id]
        query = select(*[self._as_told(table.c[name]) for name in columns_of(given)])
        query = query.where(at.is_not(None)).order_by(at, key).limit(limit)
        if mark.at:
            since = to_column(at.type, as_number(at, mark.at))
            after = at >= since
            if mark.id:
                same = and_(at == since, key > to_column(key.type, as_number(key, mark.id)))
                after = or_(at > since, same)
            query = query.where(after)
        return [dict(row) for row in connection.execute(query).mappings()]

    def _without_time(self, connection: Connection, given: SqlCustomers) -> int:
        table = self._find(connection, given)
        lacking = table.c[str(given.updated_at)].is_(None)
        query = select(func.count()).select_from(table).where(lacking)
        return int(connection.execute(query).scalar_one())

    def _as_told(self, column: Column[Any]) -> Any:
        """SQLite keeps times as texts, in whatever form its CRM writes them."""
        if self._engine.dialect.name != "sqlite" or isinstance(column.type, String):
            return column
        if "DATE" not in str(column.type).upper() and "TIME" not in str(column.type).upper():
            return column
        return type_coerce(column, Text()).label(column.name)

    def _put_all(self, told: Sequence[Item]) -> dict[UUID, Failed]:
        try:
            with connected(self._engine, LONGEST) as connection:
                table = self._find(connection, self._asked())
                connection.rollback()
                return {
                    each.message.id: failed
                    for each in told
                    if (failed := self._put(connection, table, each))
                }
        except AdapterError as lacking:
            return {each.message.id: Failed(str(lacking)) for each in told}
        except SQLAlchemyError as away:
            self._table = None
            return {each.message.id: Failed(sentence(away)) for each in told}

    def _put(self, connection: Connection, table: Table, each: Item) -> Failed | None:
        """Change one row. Raises `SQLAlchemyError` where it is not about this row."""
        given = self._asked()
        key, values = table.c[given.id], dict[str, Any]()
        try:
            if each.unknown:
                self._make(connection, table, each)
                return None
            values = row_of(given, table, each.values)
            mine = key == to_column(key.type, as_number(key, str(each.external_id)))
            with connection.begin():
                found = connection.execute(update(table).where(mine).values(values)).rowcount
        except ValueError as wrong:
            return Failed(f"table {given.table}: {wrong}", for_good=True)
        except SQLAlchemyError as refused:
            if not is_of_the_row(refused):
                raise
            return Failed(refusal(refused, table, [values]), for_good=True)
        if not found:
            why = f"table {given.table}: the customer is not there any more"
            return Failed(why, for_good=True, gone=True)
        return None

    def _make(self, connection: Connection, table: Table, each: Item) -> None:
        """Make a customer there, once: our id says whether it is there already."""
        given, ours = self._asked(), str(customer_of(each.message))
        key, mine = table.c[given.id], table.c[str(given.key)]
        query = select(key).where(mine == to_column(mine.type, ours))
        values = {**whole(given, each.record), mine.name: ours}
        row = row_of(given, table, values)
        with connection.begin():
            found = connection.execute(query).scalar()
            if found is None:
                connection.execute(insert(table).values(row))
                found = connection.execute(query).scalar_one()
        self._opening.refer(UUID(ours), as_text(found))


def open_crm(opening: Opening) -> SqlCrm:
    """Raises `AdapterError`, and `SpecError` for its map."""
    if opening.map_text is None:
        return SqlCrm(opening, SqlMap())
    return SqlCrm(opening, load(opening.map_text, opening.map_file))


def _results(opening: Opening, told: SqlResults | None) -> SqlTable | None:
    if told is None:
        return None
    section = f"{opening.map_file}: results"
    return SqlTable(opening.url, told.table, told.key, told.columns, section, told.zone)
