"""What one writes first in Spark: rows made distinct by `row_number`, then a group-by for each dimension."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from benchmarks.archived import Archived
from benchmarks.bench import timed
from metering.streams.devices import BYTES


@dataclass
class SparkGroups:
    """Three group-bys by five minutes; what each turn found is given to `check`. No hours: it has less to do."""

    session: SparkSession
    files: Archived
    check: Callable[[pa.Table], None]

    def each_by_itself(self) -> float:
        """Seconds where each group-by reads the files and makes them distinct."""
        return self._turn(self._groups)

    def kept(self) -> float:
        """Seconds where the distinct rows are kept in memory for all three."""
        return self._turn(self._groups_of_kept)

    def _turn(self, work: Callable[[], pa.Table]) -> float:
        found: list[pa.Table] = []
        seconds = timed(lambda: found.append(work()))
        self.check(found[0])
        return seconds

    def _groups(self) -> pa.Table:
        return pa.concat_tables([self._group(self._firsts(), place) for place in range(len(BYTES.cuts))])

    def _groups_of_kept(self) -> pa.Table:
        firsts = self._firsts().persist()
        try:
            return pa.concat_tables([self._group(firsts, place) for place in range(len(BYTES.cuts))])
        finally:
            firsts.unpersist(blocking=True)

    def _firsts(self) -> DataFrame:
        hour = F.date_trunc("hour", F.col("timestamp"))
        of_identity = Window.partitionBy(hour, "event_id").orderBy("ingest_time", "partition", "offset")
        rows = self.session.read.parquet(*self.files.paths)
        numbered = rows.withColumn("place", F.row_number().over(of_identity))
        return numbered.where("place = 1").select("timestamp", "id", "antenna_id", "app", "bytes")

    def _group(self, firsts: DataFrame, place: int) -> pa.Table:
        cut = BYTES.cuts[place]
        window = F.window("timestamp", "5 minutes")["start"].alias("timestamp")
        summed = firsts.groupBy(window, F.col(cut.takes["id"]).alias("id")).agg(F.sum("bytes").alias("value"))
        return summed.select(F.lit(cut.constants["type"]).alias("type"), "timestamp", "id", "value").toArrow()
