"""Plays of a music service with the decision that was made on each, and clicks on ads; windows of five minutes."""

from tests.lib.streams_told.shapes import Count, Cut, Field, Kind, RollupTold, StreamTold, Sum

RECORD = (
    "name", "age", "gender", "zip", "address", "sign_date", "status", "level", "campaign", "linked_with_apps")
DECISION = ("send_event", "reason", "probability", "model_version", "score_age_s", "features")

LISTENS = StreamTold(
    topic="listens",
    fields=(
        Field("customer_id", Kind.IDENTIFIER),
        Field("track_id", Kind.IDENTIFIER),
        Field("timestamp", Kind.TIME, also=("datetime",)),
        Field("is_mobile", Kind.WHOLE, high=1, also=("ismobile",)),
        Field("listening_zip", Kind.IDENTIFIER),
    ),
    rollups=(
        RollupTold(
            name="level_listens", window_s=300, window="timestamp", dimensions=("level",),
            cuts=(Cut({"level": "level"}, {}),),
            measures=(Count("listens"), Sum("offers", of="send_event")),
            realtime="level_listens_realtime", batch="level_listens_batch", merged="level_listens",
            hourly_batch="level_listens_hourly_batch", hourly_merged="level_listens_hourly"),
    ),
    added=(*RECORD, *DECISION),
    recent="play",
)

CLICKS = StreamTold(
    topic="clicks",
    fields=(
        Field("customer_id", Kind.IDENTIFIER),
        Field("ad", Kind.IDENTIFIER),
        Field("timestamp", Kind.TIME, also=("local_time",)),
    ),
    rollups=(
        RollupTold(
            name="ad_clicks", window_s=300, window="timestamp", dimensions=("ad",),
            cuts=(Cut({"ad": "ad"}, {}),), measures=(Count("clicks"),),
            realtime="ad_clicks_realtime", batch="ad_clicks_batch", merged="ad_clicks",
            hourly_batch="ad_clicks_hourly_batch", hourly_merged="ad_clicks_hourly"),
    ),
)
