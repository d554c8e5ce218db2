"""Charges and credits of companies, in windows of five seconds that are fired as panes."""

from tests.lib.streams_told.shapes import Count, Cut, Field, Kind, RollupTold, StreamTold, Sum

BILLING = StreamTold(
    topic="billing",
    fields=(
        Field("company", Kind.IDENTIFIER),
        Field("cost", Kind.MONEY, low=-(10**9), high=10**9, decimals=6),
        Field("currency", Kind.IDENTIFIER, must=False, default="EUR"),
        Field("timestamp", Kind.TIME),
    ),
    rollups=(
        RollupTold(
            name="company_window", window_s=5, window="window_start", hour="hour", dimensions=("company", "currency"),
            cuts=(Cut({"company": "company", "currency": "currency"}, {}),),
            measures=(Sum("cost", of="cost"), Count("events")),
            realtime="company_window_realtime", batch="company_window_batch", merged="company_window",
            hourly_batch="company_hour_batch", hourly_merged="company_hour"),
    ),
    panes=True,
)
