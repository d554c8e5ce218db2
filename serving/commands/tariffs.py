"""`tariffs`: add versions of tariffs from TOML files, or list what there is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from metering.domain.billing.tariffs import TariffVersion, read_versions
from metering.domain.errors import BadSettings
from metering.settings import Settings
from metering.store.connection import connect, reaching_postgresql
from metering.store.tariffs import FOREVER, add_versions, in_force
from serving.commands.table import print_table


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Add all versions of the files, or none of them; or print the versions."""
    versions = _read(options.files)
    with closing(connect(settings.database_url, "serving")) as connection, reaching_postgresql():
        with connection, connection.cursor() as cursor:
            if options.list:
                _print(cursor)
                return
            added = add_versions(cursor, versions, "file")
    print(f"added {added}, there already {len(versions) - added}")


def _read(paths: Sequence[Path]) -> list[TariffVersion]:
    """Raises BadSettings with every fault of every file."""
    versions: list[TariffVersion] = []
    faults: list[str] = []
    for path in paths:
        try:
            versions += read_versions(path.read_text(encoding="utf-8"), str(path))
        except BadSettings as bad:
            faults += bad.faults
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path}: cannot be read ({error})")
    if faults:
        raise BadSettings(faults)
    return versions


def _print(cursor: Cursor) -> None:
    rows = [
        (one.version.name, one.version.valid_from, None if one.until == FOREVER else one.until, one.version.subject,
         one.version.period, one.version.currency, one.version.spec["price"]["model"], one.version.sha256[:12])
        for one in in_force(cursor)]
    print_table(("name", "from", "until", "subject", "period", "currency", "model", "sha256"), rows)
