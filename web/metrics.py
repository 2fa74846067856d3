"""`/metrics`: the tables of families, filled in from one look at the site, for Prometheus."""

from collections.abc import Iterator

from fastapi import Request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from web.families import FAMILIES
from web.family import Family
from workers.overview import Lookout, Overview

KINDS = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}


def metrics(request: Request) -> Response:
    """In the text format that is asked for."""
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    return Response(
        encode(request.app.state.registry), media_type=None, headers={"content-type": kind}
    )


def registry_of(lookout: Lookout) -> CollectorRegistry:
    """What is exported of a site, and nothing of the process that serves it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Site(lookout))
    return registry


class _Site(Collector):
    def __init__(self, lookout: Lookout) -> None:
        self._lookout = lookout

    def describe(self) -> Iterator[Metric]:
        """The names alone: registering asks the database nothing."""
        return (_empty(family) for family in FAMILIES)

    def collect(self) -> Iterator[Metric]:
        seen = self._lookout.look()
        return (_filled(family, seen) for family in FAMILIES)


def _empty(family: Family) -> GaugeMetricFamily | CounterMetricFamily:
    made: GaugeMetricFamily | CounterMetricFamily = KINDS[family.kind](
        family.name, family.help, labels=family.labels
    )
    return made


def _filled(family: Family, seen: Overview) -> Metric:
    metric = _empty(family)
    for *labels, value in family.rows(seen):
        metric.add_metric([str(label) for label in labels], float(value))
    return metric
