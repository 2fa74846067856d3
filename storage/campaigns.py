"""Campaigns as they are kept: every version that was applied, what is wanted, what is so."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Select, and_, select, update

from campaigns.flow.flow import Flow
from campaigns.flow.kept import flows_of
from campaigns.flow.needs import Needs, needs_of
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from campaigns.spec.errors import SpecError, nearest
from campaigns.spec.schema import first_of
from storage.engine import Store
from storage.errors import NotThere, Refused, StorageError
from storage.leases import has_lapsed
from storage.tables.campaigns import CAMPAIGN_VERSIONS, CAMPAIGNS, LEASES
from storage.upsert import insert_into

ORDERED = frozenset({CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.STOPPED})
_C, _V = CAMPAIGNS.c, CAMPAIGN_VERSIONS.c


@dataclass(frozen=True, slots=True)
class Stored:
    """A campaign with its newest version. `why`: what its worker last said of its state; `flows`:
    the texts of the files of its flows and of those that they call, by name."""

    name: str
    version: int
    spec: Campaign
    yaml: str
    wanted: CampaignState
    actual: CampaignState
    why: str
    applied_at: datetime
    updated_at: datetime
    flows: Mapping[str, str]

    def needs(self) -> Needs | None:
        """In mode ivr, what its flow needs. Raises `Unreadable`."""
        return None if self.spec.flow is None else needs_of(self.spec.flow, self.read_flows())

    def inbound_needs(self) -> Needs | None:
        """What the flow of its lines needs. Raises `Unreadable`."""
        flow = self.spec.inbound_flow
        return None if flow is None else needs_of(flow, self.read_flows())

    def read_flows(self) -> dict[str, Flow]:
        """Its flow, that of its lines, and those that they call, by name. Raises `Unreadable`."""
        try:
            found = flows_of(self.flows)
        except SpecError:
            found = {}
        if lost := [name for name in self.spec.flow_names if name not in found]:
            raise Unreadable(
                f"Campaign '{self.name}', version {self.version}: its flow '{lost[0]}' was "
                "applied by another version of this program and cannot be read; apply it again"
            )
        return found


@dataclass(frozen=True, slots=True)
class Broken:
    """A campaign whose newest version this program cannot read. `why`: in words."""

    name: str
    version: int
    wanted: CampaignState
    actual: CampaignState
    why: str
    applied_at: datetime


class Unreadable(StorageError):
    """A stored campaign that this program cannot read; the text names the field."""


@dataclass(frozen=True, slots=True)
class Applied:
    """`changed` is False when the campaign means what it meant before."""

    version: int
    changed: bool


def apply(
    store: Store,
    campaign: Campaign,
    yaml: str,
    now: datetime,
    flows: Mapping[str, str] | None = None,
) -> Applied:
    """Keep a campaign; a new version only when its content, not just its text, has changed.

    `flows`: the texts of the files of its flows and of those that they call, by name; a change of
    theirs is one of the campaign's.
    """
    spec = campaign.model_dump(mode="json", by_alias=True)
    kept = dict(flows) if flows else None
    digest = _digest(spec, kept)
    with store.writing() as connection:
        last = _last_version(connection, campaign.name, now)
        if last is not None and (last.digest, last.spec, last.flows) == (digest, spec, kept):
            return Applied(last.version, False)
        version = 1 if last is None else last.version + 1
        content = {"yaml": yaml, "spec": spec, "digest": digest, "flows": kept}
        _add_version(connection, campaign.name, version, content, now)
    return Applied(version, True)


def _digest(spec: dict[str, Any], flows: dict[str, str] | None) -> str:
    """Of a campaign without flows as it always was."""
    content = [spec, flows] if flows else spec
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def get(store: Store, name: str) -> Stored:
    """A campaign. Raises `NotThere`, and `Unreadable` if this program cannot read it."""
    with store.reading() as connection:
        row = connection.execute(_newest().where(_C.name == name)).first()
        if row is None:
            raise _not_there(connection, name)
    return _stored(row)


def at_version(store: Store, name: str, version: int) -> Campaign:
    """A campaign as it was in one of its versions. Raises `NotThere`, `Unreadable`."""
    query = select(_V.campaign.label("name"), _V.version, _V.spec)
    with store.reading() as connection:
        row = connection.execute(query.where(_V.campaign == name, _V.version == version)).first()
    if row is None:
        raise NotThere(f"There is no version {version} of a campaign '{name}'")
    return _spec(row)


def require(store: Store, name: str) -> None:
    """Raises `NotThere` unless there is such a campaign, whether it can be read or not."""
    with store.reading() as connection:
        if connection.execute(select(_C.name).where(_C.name == name)).first() is None:
            raise _not_there(connection, name)


def newest_texts(store: Store, name: str) -> tuple[int, str, dict[str, str]]:
    """Number and text of a campaign's newest version, be it readable or not, and the texts of its
    flows by name. Raises `NotThere`."""
    with store.reading() as connection:
        row = connection.execute(_newest().where(_C.name == name)).first()
        if row is None:
            raise _not_there(connection, name)
    return row.version, row.yaml, row.flows or {}


def list_all(store: Store) -> list[Stored | Broken]:
    """Every campaign, by name; one that cannot be read hides no other."""
    with store.reading() as connection:
        return [_stored_or_broken(row) for row in connection.execute(_newest().order_by(_C.name))]


def dialled(store: Store) -> list[Stored]:
    """The campaigns that somebody dials now, whatever is wanted of them; none unreadable."""
    query = _newest().join(LEASES, LEASES.c.campaign == _C.name).where(~has_lapsed())
    with store.reading() as connection:
        found = [_stored_or_broken(row) for row in connection.execute(query.order_by(_C.name))]
    return [campaign for campaign in found if isinstance(campaign, Stored)]


def set_wanted(store: Store, name: str, state: CampaignState, now: datetime) -> None:
    """Say what a campaign is to do: run, pause or stop. Raises `NotThere`, `Refused`.

    Once this returns, no claim is agreed to unless `state` is running.
    """
    if state not in ORDERED:
        raise Refused(f"A campaign can be told to run, pause or stop, not to be '{state}'")
    with store.writing() as connection:
        found = connection.execute(
            update(CAMPAIGNS).where(_C.name == name).values(wanted=state.value, updated_at=now)
        )
        if found.rowcount == 0:
            raise _not_there(connection, name)


def wanted(store: Store, name: str) -> tuple[CampaignState, int]:
    """What a campaign is to do, and its newest version: what its worker polls."""
    with store.reading() as connection:
        row = connection.execute(select(_C.wanted, _C.version).where(_C.name == name)).first()
        if row is None:
            raise _not_there(connection, name)
    return CampaignState(row.wanted), row.version


def note_actual(
    store: Store, name: str, state: CampaignState, now: datetime, why: str = ""
) -> None:
    """Write down what a campaign's worker says of it.

    A finished campaign is wanted no more, unless somebody has ordered something else by then.
    """
    with store.writing() as connection:
        write_actual(connection, name, state, now, why)


def note_why(store: Store, name: str, why: str) -> None:
    """Write down why a campaign cannot be dialled; whatever else is known of it stays."""
    with store.writing() as connection:
        connection.execute(update(CAMPAIGNS).where(_C.name == name).values(why=why))


def write_actual(
    connection: Connection, name: str, state: CampaignState, now: datetime, why: str
) -> None:
    """`note_actual` within a transaction that is already there."""
    change = update(CAMPAIGNS).where(_C.name == name)
    connection.execute(change.values(actual=state.value, why=why, updated_at=now))
    if state is CampaignState.FINISHED:
        wanted = change.where(_C.wanted == CampaignState.RUNNING.value)
        connection.execute(wanted.values(wanted=state.value))


def go_on(connection: Connection, names: Collection[str], now: datetime) -> None:
    """Campaigns that were finished, since no lead was left, have one: they are to run again. What
    people have paused or stopped stays so."""
    finished = CampaignState.FINISHED.value
    for name in sorted(names):
        ended = update(CAMPAIGNS).where(_C.name == name, _C.wanted == finished)
        connection.execute(ended.values(wanted=CampaignState.RUNNING.value, updated_at=now))


def _last_version(connection: Connection, name: str, now: datetime) -> Any:
    """Lock the campaign, which is made when it is new; its newest version, if there is one."""
    draft = CampaignState.DRAFT.value
    first = {"name": name, "version": 0, "wanted": draft, "actual": draft, "why": ""}
    connection.execute(
        insert_into(connection, CAMPAIGNS)
        .values({**first, "created_at": now, "updated_at": now})
        .on_conflict_do_nothing(index_elements=["name"])
    )
    connection.execute(select(_C.name).where(_C.name == name).with_for_update())
    query = select(_V.version, _V.digest, _V.spec, _V.flows).where(_V.campaign == name)
    return connection.execute(query.order_by(_V.version.desc()).limit(1)).first()


def _add_version(
    connection: Connection,
    name: str,
    version: int,
    content: Mapping[str, Any],
    now: datetime,
) -> None:
    row = {"campaign": name, "version": version, "applied_at": now, **content}
    connection.execute(CAMPAIGN_VERSIONS.insert().values(row))
    connection.execute(
        update(CAMPAIGNS).where(_C.name == name).values(version=version, updated_at=now)
    )


def _newest() -> Select[Any]:
    newest = and_(_V.campaign == _C.name, _V.version == _C.version)
    return select(CAMPAIGNS, _V.yaml, _V.spec, _V.flows, _V.applied_at).join(
        CAMPAIGN_VERSIONS, newest
    )


def _stored(row: Any) -> Stored:
    return Stored(
        name=row.name,
        version=row.version,
        spec=_spec(row),
        yaml=row.yaml,
        wanted=CampaignState(row.wanted),
        actual=CampaignState(row.actual),
        why=row.why,
        applied_at=row.applied_at,
        updated_at=row.updated_at,
        flows=row.flows or {},
    )


def _stored_or_broken(row: Any) -> Stored | Broken:
    try:
        return _stored(row)
    except Unreadable as wrong:
        wanted, actual = CampaignState(row.wanted), CampaignState(row.actual)
        return Broken(row.name, row.version, wanted, actual, str(wrong), row.applied_at)


def _spec(row: Any) -> Campaign:
    try:
        return Campaign.model_validate_json(json.dumps(row.spec))
    except ValidationError as wrong:
        raise Unreadable(
            f"Campaign '{row.name}', version {row.version}, was applied by another version of "
            f"this program and cannot be read ({first_of(wrong)}); "
            "mend its YAML and apply it again"
        ) from None


def _not_there(connection: Connection, name: str) -> NotThere:
    known = connection.execute(select(_C.name)).scalars()
    what = nearest(name, known) or "apply its YAML file first"
    return NotThere(f"There is no campaign '{name}'; {what}")
