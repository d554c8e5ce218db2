"""Tariffs in PostgreSQL: versions are added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import groupby

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json

from metering.domain.billing.tariffs import TariffVersion, version_of
from metering.domain.errors import BadSettings
from metering.sql import statement
from metering.store.connection import only_row

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class InForce:
    """A version, until when it holds (exclusive, UTC), and whether it was rated since it was added."""

    version: TariffVersion
    until: datetime
    is_rated: bool = True


def in_force(cursor: Cursor) -> list[InForce]:
    """All versions, by name and valid_from, each until its name's next one."""
    cursor.execute(statement("billing/tariff_versions"))
    return succession([(version_of(spec), rated) for spec, rated in cursor.fetchall()])


def succession(versions: Sequence[tuple[TariffVersion, bool]]) -> list[InForce]:
    """Versions in the order of name and valid_from, each with its end."""
    found = []
    for _, of_name in groupby(versions, key=lambda one: one[0].name):
        mine = list(of_name)
        ends = [version.valid_from for version, _ in mine[1:]] + [FOREVER]
        found += [InForce(version, until, rated) for (version, rated), until in zip(mine, ends, strict=True)]
    return found


def add_versions(cursor: Cursor, versions: Sequence[TariffVersion], by: str) -> int:
    """Add versions; how many are new. One that is there already, word for word, changes nothing.

    Raises BadSettings with every version that is there in other words or reaches into an invoiced period.
    """
    faults: list[str] = []
    added = 0
    for version in versions:
        known = _digest(cursor, version)
        if known is None:
            faults += _too_early(cursor, version)
            added += _add(cursor, version, by)
        elif known != version.sha256:
            faults.append(
                f"{version.name} of {version.valid_from:%Y-%m-%dT%H:%MZ} is there and says something else: "
                "want another valid_from, as a version is never changed")
    if faults:
        raise BadSettings(faults)
    return added


def _digest(cursor: Cursor, version: TariffVersion) -> str | None:
    cursor.execute(
        statement("billing/tariff_digest"), {"name": version.name, "valid_from": version.valid_from})
    row = cursor.fetchone()
    return str(row[0]) if row else None


def _too_early(cursor: Cursor, version: TariffVersion) -> list[str]:
    cursor.execute(statement("billing/invoiced_to"), {
        "name": version.name, "valid_from": version.valid_from, "subject": version.subject,
        "currency": version.currency})
    (invoiced_to,) = only_row(cursor)
    if invoiced_to is None:
        return []
    free = datetime.combine(invoiced_to, time(), UTC)
    return [f"{version.name} of {version.valid_from:%Y-%m-%dT%H:%MZ} reaches into an invoiced period: "
            f"want a valid_from of {free:%Y-%m-%d} or later"]


def _add(cursor: Cursor, version: TariffVersion, by: str) -> int:
    cursor.execute(statement("billing/add_tariff"), {
        "name": version.name, "valid_from": version.valid_from, "subject": version.subject,
        "spec": Json(version.spec), "sha256": version.sha256, "by": by})
    return cursor.rowcount


def mark_rated(cursor: Cursor, version: TariffVersion) -> None:
    """Note that all that a new version covers has been rated."""
    cursor.execute(statement("billing/mark_rated"), {"name": version.name, "valid_from": version.valid_from})
