"""Customers of a site that has declared stages and fields, in both databases."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from campaigns.crm.file import load
from storage.customers.changes import By
from storage.customers.definitions import apply
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.engine import Store

CRM = """\
stages:
  - {name: new, label: 新线索}
  - {name: potential, label: 潜在客户}
  - {name: high-intent, label: 高意向}
  - {name: won, label: 成交, closed: true}
intents: [A, B, C]
fields:
  - {name: industry, label: 行业, type: choice, choices: [制造业, 零售], indexed: true}
  - {name: budget, label: 预算, type: number, indexed: true}
  - {name: visited, type: date, indexed: true}
  - {name: remark, label: 备注, type: text}
"""
BY = By("api:crm", "crm")

Told = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def site(store: Store, now: datetime) -> Store:
    """A database with the stages, levels and fields of `CRM`."""
    apply(store, load(CRM), now)
    return store


@pytest.fixture
def tell(site: Store, now: datetime) -> Told:
    """`tell(GivenCustomer(...), ...)`: what came of each row."""

    def told(*given: GivenCustomer, source: str = "crm", at: datetime = now) -> Any:
        return sync(site, source, given, By(f"api:{source}", source), at)

    return told


@pytest.fixture
def wang(tell: Told) -> UUID:
    """A customer with a number, a stage and a tag."""
    given = GivenCustomer(
        "C-1",
        name="王小明",
        company="常州精密机械",
        numbers=("+8613912345678",),
        stage="new",
        tags=("制造业/设备采购/预算已确认",),
        fields={"budget": 120000},
    )
    [row] = tell(given)
    assert row["came"] == "created"
    return UUID(row["customer_id"])
