"""Antenna events: bytes of users, apps and antennas, in windows of five minutes."""

from tests.lib.streams_told.shapes import Cut, Field, Kind, RollupTold, Share, StreamTold, Sum

TYPES = {"antenna_total_bytes": "antenna_id", "user_total_bytes": "id", "app_total_bytes": "app"}

DEVICES = StreamTold(
    topic="devices",
    fields=(
        Field("timestamp", Kind.TIME),
        Field("id", Kind.IDENTIFIER),
        Field("antenna_id", Kind.IDENTIFIER),
        Field("app", Kind.IDENTIFIER),
        Field("bytes", Kind.WHOLE, high=2**42),
    ),
    rollups=(
        RollupTold(
            name="bytes", window_s=300, window="timestamp", dimensions=("type", "id"),
            cuts=tuple(Cut({"id": field}, {"type": kind}) for kind, field in TYPES.items()),
            measures=(Sum("value", of="bytes"),),
            realtime="bytes", batch="bytes_batch", merged="usage", hourly_batch="bytes_hourly",
            hourly_merged="usage_hourly"),
    ),
    equal=(tuple(Share("bytes", "value", (("type", kind),)) for kind in TYPES),),
)
