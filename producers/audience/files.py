"""The audience as files: the service's own three CSV files, and the truth about the rule."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from metering.domain.customer import RECORD_FIELDS, Customer
from producers.audience.audience import Audience
from producers.audience.clicks import ADS
from producers.audience.clock_hours import local_s
from producers.audience.events import click_ids, play_ids
from producers.audience.people import ids, records, zip_code
from producers.audience.rule import INTERCEPT, WEIGHTS

TRACKS_HEADER = ("event_id", "customer_id", "track_id", "datetime", "ismobile", "listening_zip")
CLICKS_HEADER = ("event_id", "customer_id", "ad", "local_time")
CUSTOMERS_HEADER = ("customer_id", *RECORD_FIELDS)

Cells = Iterable[Iterable[object]]


def write_files(folder: Path, audience: Audience) -> None:
    """`customers.csv`, `tracks.csv`, `clicks.csv`, `truth.json` and `truth.parquet`, each put in place whole.

    Times are local, in the plan's zone. Repeating it writes the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_customers(folder / "customers.csv", records(audience.plan, audience.people))
    _write_csv(folder / "tracks.csv", TRACKS_HEADER, _track_cells(audience))
    _write_csv(folder / "clicks.csv", CLICKS_HEADER, _click_cells(audience))
    _write_truth(folder, audience)


def write_customers(path: Path, customers: Iterable[Customer]) -> None:
    """Only the customers; the folder must be there."""
    rows = ((int(one.id), one.name, int(one.age), *list(one.record.values())[2:]) for one in customers)
    _write_csv(path, CUSTOMERS_HEADER, rows)


def _track_cells(audience: Audience) -> Cells:
    plays = audience.plays
    return zip(
        play_ids(audience.plan.mark, 0, len(plays)), ids(plays.who).tolist(), plays.track.tolist(),
        _local_times(plays.time_s, audience.plan.zone), plays.is_mobile.astype(int).tolist(),
        map(zip_code, plays.zip.tolist()), strict=True)


def _click_cells(audience: Audience) -> Cells:
    clicks = audience.clicks
    return zip(
        click_ids(audience.plan.mark, 0, len(clicks)), ids(clicks.who).tolist(), [ADS[ad] for ad in clicks.ad.tolist()],
        _local_times(clicks.time_s, audience.plan.zone), strict=True)


def _local_times(time_s: NDArray[np.int64], zone: ZoneInfo) -> list[str]:
    """`2026-11-24 09:30:00`, by the zone's clock."""
    texts: list[str] = np.datetime_as_string(local_s(time_s, zone).astype("datetime64[s]")).tolist()
    return [text.replace("T", " ") for text in texts]


def _write_csv(path: Path, header: Iterable[str], rows: Cells) -> None:
    """Texts quoted, numbers not, lines end with a newline."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    part.replace(path)


def _write_truth(folder: Path, audience: Audience) -> None:
    plan, drawn = audience.plan, audience.drawn
    everybody = np.arange(plan.customers)
    pq.write_table(pa.table({
        "customer_id": [str(number) for number in ids(everybody).tolist()], "plays": audience.counts,
        **drawn.features, "chance": drawn.chance, "clicked": audience.clicked,
    }), folder / "truth.parquet", compression="zstd")  # fmt: skip
    found = {
        "seed": plan.seed, "customers": plan.customers, "plays": plan.plays, "clicks": len(audience.clicks),
        "from": _utc(plan.from_s), "to": _utc(plan.to_s), "zone": plan.zone.key,
        "rule": {"intercept": INTERCEPT, "weights": WEIGHTS}, "figures": asdict(audience.figures),
    }  # fmt: skip
    (folder / "truth.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _utc(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat().replace("+00:00", "Z")
