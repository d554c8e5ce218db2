"""Samples of machines: percents by service and minute, with their peaks, and by machine and minute."""

from tests.lib.streams_told.shapes import Count, Cut, Field, Kind, Peak, RollupTold, Share, StreamTold, Sum

READINGS = ("cpu", "ram", "disk")
PERCENT = {"kind": Kind.PERCENT, "high": 100, "decimals": 3}

SERVICE_MINUTE = RollupTold(
    name="service_minute", window_s=60, window="time_stamp", dimensions=("service",),
    cuts=(Cut({"service": "service"}, {}),),
    measures=(
        *(Sum(name, of=name) for name in READINGS),
        *(Peak(f"max_{name}", f"max_{name}_time", of=name) for name in READINGS),
        Count("msg_num"),
        *(Count(f"{name}_known", of=name) for name in READINGS),
    ),
    realtime="service_minute_realtime", batch="service_minute_batch", merged="service_minute",
    hourly_batch="service_hour_batch", hourly_merged="service_hour")

MACHINE_MINUTE = RollupTold(
    name="machine_minute", window_s=60, window="minute", hour="hour", dimensions=("machine_id",),
    cuts=(Cut({"machine_id": "machine_id"}, {}),),
    measures=(
        Sum("cpu", of="cpu"),
        Sum("ram", of="ram"),
        Sum("cpu_percent_s", of="cpu", times="interval_s"),
        Sum("ram_percent_s", of="ram", times="interval_s"),
        Sum("sampled_s", of="interval_s", where="cpu"),
        Count("samples"),
    ),
    realtime="machine_minute_realtime", batch="machine_minute_batch", merged="machine_minute",
    hourly_batch="machine_hour_batch", hourly_merged="machine_hour")

RESOURCE_USAGE = StreamTold(
    topic="resource_usage",
    fields=(
        Field("machine_id", Kind.IDENTIFIER),
        Field("service", Kind.IDENTIFIER, must=False, default="default"),
        Field("timestamp", Kind.TIME, must=False),
        Field("cpu", **PERCENT, null_is_unknown=True, also=("cpu_usage",)),
        Field("ram", **PERCENT, null_is_unknown=True, also=("memory_usage",)),
        Field("disk", **PERCENT, must=False),
        Field("interval_s", Kind.WHOLE, low=1, high=3600, must=False, default=1),
    ),
    rollups=(SERVICE_MINUTE, MACHINE_MINUTE),
    equal=(
        (Share("service_minute", "cpu"), Share("machine_minute", "cpu")),
        (Share("service_minute", "ram"), Share("machine_minute", "ram")),
        (Share("service_minute", "msg_num"), Share("machine_minute", "samples")),
    ),
)
