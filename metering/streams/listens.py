"""Plays of a music service, each with the customer's record and the decision whether to send the offer."""

from metering.domain.customer import RECORD_FIELDS, UNKNOWN_LEVEL
from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Field, Kind, Stream

LEVEL_LISTENS = Rollup(
    name="level_listens",
    window_s=300,
    window_column="timestamp",
    key=("timestamp", "level"),
    cuts=(Cut(takes={"level": "level"}),),
    measures=(
        Measure("listens", MeasureKind.COUNT),
        Measure("offers", MeasureKind.SUM, of="send_event"),
    ),
    realtime="level_listens_realtime",
    batch="level_listens_batch",
    merged="level_listens",
    hourly_batch="level_listens_hourly_batch",
    hourly_merged="level_listens_hourly",
)


def _added(name: str, kind: Kind = Kind.TEXT, default: str | None = None) -> Field:
    return Field(name, kind, required=False, default=default)


LISTENS = Stream(
    topic="listens",
    fields=(
        Field("customer_id", Kind.IDENTIFIER),
        Field("track_id", Kind.IDENTIFIER),
        Field("timestamp", Kind.TIME, unit="s", also=("datetime",)),
        Field("is_mobile", Kind.INTEGER, high=1, also=("ismobile",)),
        Field("listening_zip", Kind.IDENTIFIER),
    ),
    subject="customer_id",
    rollups=(LEVEL_LISTENS,),
    added=(
        *(_added(name, default=UNKNOWN_LEVEL if name == "level" else None) for name in RECORD_FIELDS),
        _added("send_event", Kind.INTEGER),
        Field("reason", Kind.TEXT),
        _added("probability", Kind.REAL),
        _added("model_version", Kind.INTEGER),
        _added("score_age_s", Kind.REAL),
        _added("features"),
    ),
    recent="play",
)
