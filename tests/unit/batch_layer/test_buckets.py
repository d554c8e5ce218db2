"""A large hour is cut into buckets: every row in exactly one, and all rows of an identity in the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from batch_layer.recount import plan_hours
from metering.arrow.listed import in_bucket
from metering.store.rotation import HourBefore, ListedFile

HOUR = datetime(2026, 11, 23, 21, tzinfo=UTC)


@given(st.lists(st.none() | st.text("abcdef0123", min_size=1, max_size=4), min_size=1), st.integers(2, 5))
def test_buckets_share_the_rows_out_by_identity(ids: list[str | None], buckets: int) -> None:
    table = pa.table({"event_id": pa.array(ids, pa.string()), "offset": pa.array(range(len(ids)), pa.int64())})

    chosen = [in_bucket(table, bucket, buckets).to_pylist() for bucket in range(buckets)]

    homes = [[bucket for bucket in range(buckets) if chosen[bucket][row]] for row in range(len(ids))]
    assert all(len(home) == 1 for home in homes)
    by_id = {name: {home[0] for one, home in zip(ids, homes, strict=True) if one == name} for name in ids if name}
    assert all(len(found) == 1 for found in by_id.values())


def test_an_hour_gets_as_many_plans_as_its_rows_need_and_knows_its_fresh_files() -> None:
    files = [ListedFile(HOUR, f"{name}.parquet", 40, generation, 1, HOUR) for name, generation in (("a", 3), ("b", 4))]

    plans = plan_hours(files, {HOUR: HourBefore(HOUR, published_generation=3, revision=1, known=True)}, rows_at_once=50)

    assert [(plan.bucket, plan.buckets) for plan in plans] == [(0, 2), (1, 2)]
    assert [(file.path, file.fresh) for file in plans[0].files] == [("a.parquet", False), ("b.parquet", True)]
