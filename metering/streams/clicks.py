"""Clicks on ads in a music service."""

from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Field, Kind, Stream

AD_CLICKS = Rollup(
    name="ad_clicks",
    window_s=300,
    window_column="timestamp",
    key=("timestamp", "ad"),
    cuts=(Cut(takes={"ad": "ad"}),),
    measures=(Measure("clicks", MeasureKind.COUNT),),
    realtime="ad_clicks_realtime",
    batch="ad_clicks_batch",
    merged="ad_clicks",
    hourly_batch="ad_clicks_hourly_batch",
    hourly_merged="ad_clicks_hourly",
)

CLICKS = Stream(
    topic="clicks",
    fields=(
        Field("customer_id", Kind.IDENTIFIER),
        Field("ad", Kind.IDENTIFIER),
        Field("timestamp", Kind.TIME, unit="s", also=("local_time",)),
    ),
    subject="customer_id",
    rollups=(AD_CLICKS,),
)
