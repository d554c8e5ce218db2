"""Tariff versions as they are stored, each with the time it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from metering.domain.billing.tariffs import TariffVersion, version_of
from metering.store.tariffs import FOREVER, InForce, succession
from serving.schema.models import TariffVersion as StoredVersion


@dataclass(frozen=True)
class KeptVersion:
    """A version with who added it when. `until`: exclusive, None while no later version of its name ends it."""

    version: TariffVersion
    until: datetime | None
    created_at: datetime
    created_by: str
    is_rated: bool

    def holds_at(self, moment: datetime) -> bool:
        return self.version.valid_from <= moment and (self.until is None or moment < self.until)


def kept_versions(name: str = "") -> list[KeptVersion]:
    """All versions, or those of a name, by name and valid_from."""
    rows = StoredVersion.objects.order_by("name", "valid_from")
    stored = list(rows.filter(name=name) if name else rows)
    ends = succession([(version_of(row.spec), row.rated_at is not None) for row in stored])
    return [
        KeptVersion(one.version, None if one.until == FOREVER else one.until, row.created_at, row.created_by,
                    one.is_rated)
        for one, row in zip(ends, stored, strict=True)]


def versions_in_force() -> list[InForce]:
    """The same as the batch layer rates by."""
    return [InForce(kept.version, kept.until or FOREVER, kept.is_rated) for kept in kept_versions()]
