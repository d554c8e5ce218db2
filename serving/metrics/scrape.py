"""The metrics as text for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from serving.metrics.names import METRICS, Metric
from serving.queries.snapshot import one_snapshot
from serving.queries.streams import declared_relations

_FAMILY = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}


class _FromPostgresql(Collector):
    """One statement a family, all of one moment."""

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        with one_snapshot():
            yield from [_family(metric) for metric in METRICS]


def scrape() -> bytes:
    """All metrics in Prometheus's text format. Reads only."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_FromPostgresql())
    return generate_latest(registry)


def _family(metric: Metric) -> GaugeMetricFamily | CounterMetricFamily:
    family = _FAMILY[metric.kind](metric.name, metric.meaning, labels=metric.labels)
    with connection.cursor() as cursor:
        cursor.execute(_statement(metric.name), _parameters())
        for *labels, value in cursor.fetchall():
            family.add_metric([str(label) for label in labels], float(value))
    return family


@cache
def _statement(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _parameters() -> dict[str, list[str]]:
    declared = declared_relations()
    return {"tables": _tables(), "declared": list(declared), "topics": list(declared.values())}


def _tables() -> list[str]:
    return [model._meta.db_table for model in apps.get_app_config("schema").get_models() if model._meta.managed]
