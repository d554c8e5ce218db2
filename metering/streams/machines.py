"""Samples of machines: how much of its processor, memory and disk a machine used, and for which service."""

from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Field, Kind, Stream

PERCENT_DECIMALS = 3


def _reading(name: str, *also: str, required: bool = True) -> Field:
    return Field(
        name, Kind.DECIMAL, unit="%", high=100, decimals=PERCENT_DECIMALS, required=required, nullable=required,
        also=also)


def _sum(column: str, of: str, weight: str | None = None) -> Measure:
    return Measure(column, MeasureKind.SUM, of=of, weight=weight, decimals=PERCENT_DECIMALS)


def _peak(of: str) -> tuple[Measure, Measure]:
    return (
        Measure(f"max_{of}_time", MeasureKind.MAX_TIME, of=of),
        Measure(f"max_{of}", MeasureKind.MAX, of=of, decimals=PERCENT_DECIMALS),
    )


SERVICE_MINUTE = Rollup(
    name="service_minute",
    window_s=60,
    window_column="time_stamp",
    key=("time_stamp", "service"),
    cuts=(Cut(takes={"service": "service"}),),
    measures=(
        _sum("cpu", of="cpu"),
        _sum("ram", of="ram"),
        _sum("disk", of="disk"),
        *_peak("cpu"),
        *_peak("ram"),
        *_peak("disk"),
        Measure("msg_num", MeasureKind.COUNT),
        *(Measure(f"{of}_known", MeasureKind.COUNT, of=of) for of in ("cpu", "ram", "disk")),
    ),
    realtime="service_minute_realtime",
    batch="service_minute_batch",
    merged="service_minute",
    hourly_batch="service_hour_batch",
    hourly_merged="service_hour",
    parquet_by="service",
)

MACHINE_MINUTE = Rollup(
    name="machine_minute",
    window_s=60,
    window_column="minute",
    key=("minute", "machine_id"),
    cuts=(Cut(takes={"machine_id": "machine_id"}),),
    measures=(
        _sum("cpu", of="cpu"),
        _sum("ram", of="ram"),
        _sum("cpu_percent_s", of="cpu", weight="interval_s"),
        _sum("ram_percent_s", of="ram", weight="interval_s"),
        Measure("sampled_s", MeasureKind.SUM, of="interval_s", given="cpu"),
        Measure("samples", MeasureKind.COUNT),
    ),
    realtime="machine_minute_realtime",
    batch="machine_minute_batch",
    merged="machine_minute",
    hourly_batch="machine_hour_batch",
    hourly_merged="machine_hour",
    hourly_window_column="hour",
)

RESOURCE_USAGE = Stream(
    topic="resource_usage",
    fields=(
        Field("machine_id", Kind.IDENTIFIER),
        Field("service", Kind.IDENTIFIER, required=False, default="default"),
        Field("timestamp", Kind.TIME, unit="s", required=False),
        _reading("cpu", "cpu_usage"),
        _reading("ram", "memory_usage"),
        _reading("disk", required=False),
        Field("interval_s", Kind.INTEGER, unit="s", required=False, low=1, high=3600, default=1),
    ),
    subject="machine_id",
    rollups=(SERVICE_MINUTE, MACHINE_MINUTE),
    day_files=True,
)
