"""The tariff of machines as `machine_tariff.toml` in the folder of settings says it; all its faults at once."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path

from metering.domain.errors import BadSettings
from metering.domain.tariff import Tariff, TariffVersion, Unit
from metering.domain.told import Told, told_versions

FILE_NAME = "machine_tariff.toml"


def load_tariff(conf: Path) -> Tariff:
    """The tariff of the folder `conf`; a folder without the file has no prices.

    Raises BadSettings with every fault. Reading again gives the same.
    """
    path = conf / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Tariff()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings([f"{path}: cannot be read ({error})"]) from error
    return read_tariff(text, str(path))


def read_tariff(text: str, path: str = FILE_NAME) -> Tariff:
    """The tariff that the text of a file says. Raises BadSettings with every fault, each beginning with `path`."""
    faults: list[str] = []
    try:
        versions = [_version(told) for told in told_versions(text, _PARTS, faults)]
    except BadSettings as error:
        faults, versions = list(error.faults), []
    faults.extend(_order_faults([version.valid_from for version in versions if version]))
    if faults:
        raise BadSettings([f"{path}: {fault}" for fault in faults])
    return Tariff(tuple(version for version in versions if version))


_PARTS = ("valid_from", "currency", "unit", "cpu", "memory")


def _version(told: Told) -> TariffVersion | None:
    """One version, or None where any part of it is faulty."""
    before = len(told.faults)
    parts = {
        "valid_from": told.moment("valid_from"), "currency": told.currency("currency"),
        "unit": told.one_of("unit", [unit.value for unit in Unit]), "cpu": told.number("cpu"),
        "memory": told.number("memory")}  # fmt: skip
    return TariffVersion(**parts | {"unit": Unit(parts["unit"])}) if len(told.faults) == before else None


def _order_faults(moments: list[datetime]) -> list[str]:
    """Versions that begin at the same time, or before the one above them."""
    faults = []
    for earlier, later in pairwise(moments):
        if later == earlier:
            faults.append(f"valid_from {later:%Y-%m-%dT%H:%MZ} stands twice: want one version a time")
        elif later < earlier:
            faults.append(
                f"valid_from {later:%Y-%m-%dT%H:%MZ} stands after {earlier:%Y-%m-%dT%H:%MZ}: want the earliest first")
    return faults
