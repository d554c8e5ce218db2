"""The kinds of bad samples."""

from __future__ import annotations

from producers.generate.bad import (
    MISTIMED,
    OVERSIZED,
    BadKind,
    Maker,
    as_json,
    having,
    ill_named,
    kinds,
    renamed,
    twice,
    unreadable,
    without,
)


def _under_both(name: str, other: str) -> Maker:
    return lambda fields: as_json({**fields, other: fields[name]})


_SCHEMA = kinds(
    "SCHEMA",
    text_for_a_percent=having("cpu", "12.5"),
    text_for_a_time=having("timestamp", "2021-02-19T21:00:00Z"),
    true_for_a_percent=having("ram", True),
    object_for_a_percent=having("disk", {"percent": 1}),
    number_for_text=having("service", 7),
    array_for_text=having("machine_id", ["x"]),
    text_for_the_interval=having("interval_s", "5"),
    key_given_twice=twice("cpu"),
    cpu_under_both_of_its_names=_under_both("cpu", "cpu_usage"),
    ram_under_both_of_its_names=_under_both("ram", "memory_usage"),
)
_REQUIRED = (
    *(BadKind(f"no {name}", "REQUIRED", without(name)) for name in ("machine_id", "cpu", "ram")),
    *kinds("REQUIRED", null_for_the_machine=having("machine_id", None), wrong_case=renamed("machine_id", "Machine_Id"),
           other_name_in_the_wrong_case=renamed("cpu", "CPU_Usage"),
           optional_field_in_the_wrong_case=renamed("disk", "Disk")),
)
_ID = (
    *ill_named("machine_id"),
    BadKind("service with a space", "ID", having("service", "web server")),
    BadKind("service with nothing in it", "ID", having("service", "")),
    BadKind("event_id with a slash", "ID", having("event_id", "a/b")),
)
_RANGE = kinds(
    "RANGE",
    negative=having("cpu", -0.001),
    above_100=having("ram", 100.001),
    a_share_of_1000=having("disk", 1_000),
    four_decimals=having("cpu", 12.3456),
    far_above=having("cpu", 10**30),
    interval_of_nothing=having("interval_s", 0),
    interval_above_an_hour=having("interval_s", 3_601),
    fractional_interval=having("interval_s", 1.5),
)

ALL: tuple[BadKind, ...] = (
    *unreadable(b"cpu=12;service=web", "cpu", "service"), *_SCHEMA, *_REQUIRED, *_ID, *_RANGE, *MISTIMED, *OVERSIZED)
