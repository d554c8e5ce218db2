"""Antenna events: who moved how many bytes with which app through which antenna."""

from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Field, Kind, Quota, Stream

USER = "user_total_bytes"
APP = "app_total_bytes"
ANTENNA = "antenna_total_bytes"

BYTES = Rollup(
    name="bytes",
    window_s=300,
    window_column="timestamp",
    key=("type", "timestamp", "id"),
    cuts=(
        Cut(takes={"id": "antenna_id"}, constants={"type": ANTENNA}),
        Cut(takes={"id": "id"}, constants={"type": USER}),
        Cut(takes={"id": "app"}, constants={"type": APP}),
    ),
    measures=(Measure("value", MeasureKind.SUM, of="bytes"),),
    realtime="bytes",
    batch="bytes_batch",
    merged="usage",
    hourly_batch="bytes_hourly",
    hourly_merged="usage_hourly",
)

DEVICES = Stream(
    topic="devices",
    fields=(
        Field("timestamp", Kind.TIME, unit="s"),
        Field("id", Kind.IDENTIFIER),
        Field("antenna_id", Kind.IDENTIFIER),
        Field("app", Kind.IDENTIFIER),
        Field("bytes", Kind.INTEGER, unit="B", low=0, high=2**42),
    ),
    subject="id",
    rollups=(BYTES,),
    equal_sums=("bytes",),
    quota=Quota(rollup="bytes", cut_type=USER, table="user_quota_limit"),
)
