"""The tariffs of a statement, as the domain reads them."""

from __future__ import annotations

from metering.domain.billing.tariffs import TariffVersion, version_of
from metering.domain.errors import BadSettings
from metering.statement.document import BilledTariff, Unreadable


def read_version(tariff: BilledTariff) -> TariffVersion:
    """Raises Unreadable with what is wrong in its spec."""
    try:
        version = version_of(tariff.spec)
    except BadSettings as error:
        raise Unreadable("spec", f"a tariff's version ({error})") from error
    if (version.name, version.valid_from) != (tariff.name, tariff.valid_from):
        raise Unreadable("spec", f"name and valid_from {tariff.name}, {tariff.valid_from:%Y-%m-%dT%H:%MZ}")
    return version
