"""`customers`: load customers from a CSV file into PostgreSQL, and all of PostgreSQL's into Redis for the stream."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from django.db import connection, transaction

from metering.domain import customer as domain
from metering.domain.errors import ServiceAway
from metering.redis.connection import connect
from metering.redis.customers import save_customers
from metering.settings import Settings
from serving.csv_file import read_bytes
from serving.customer_list import read_customer_list
from serving.database import reaching_postgresql
from serving.schema.models import Customer

REDIS_TIMEOUT_S = 10.0
"""A command may wait longer than a slice."""


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Load the file, where one is named, and tell what changed; then give Redis every customer."""
    if options.file:
        customers = read_customer_list(read_bytes(options.file))
        with reaching_postgresql():
            added, changed = load_customers(customers)
        print(f"added {added}, changed {changed}, unchanged {len(customers) - added - changed}", flush=True)
    try:
        with reaching_postgresql():
            saved = copy_to_redis(str(settings.redis_url))
    except ServiceAway as error:
        raise ServiceAway(f"{error}; run `python -m serving customers --to-redis` when it is back") from error
    print(f"in Redis {saved}")


@transaction.atomic
def load_customers(customers: Iterable[domain.Customer]) -> tuple[int, int]:
    """Add or change `customers` by id; gives how many were added and changed."""
    _keep_others_from_writing()
    kept = {one.id: one for one in _kept()}
    new = [one for one in customers if kept.get(one.id) != one]
    Customer.objects.bulk_create(
        (Customer(**vars(one)) for one in new), batch_size=5000,
        update_conflicts=True, unique_fields=["id"], update_fields=domain.RECORD_FIELDS)
    changed = sum(one.id in kept for one in new)
    return len(new) - changed, changed


@transaction.atomic
def copy_to_redis(redis_url: str) -> int:
    """Save every customer to Redis; gives their number. Raises ServiceAway; some may be saved by then.

    No other load can come between the reading and the saving, so the later one's customers are those that stay.
    """
    _keep_others_from_writing()
    with connect(redis_url, timeout_s=REDIS_TIMEOUT_S) as client:
        return save_customers(client, _kept())


def _keep_others_from_writing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE customer IN SHARE ROW EXCLUSIVE MODE")


def _kept() -> Iterable[domain.Customer]:
    columns = ("id", *domain.RECORD_FIELDS)
    rows = Customer.objects.values_list(*columns).iterator(chunk_size=1000)
    return (domain.Customer(**dict(zip(columns, row, strict=True))) for row in rows)
