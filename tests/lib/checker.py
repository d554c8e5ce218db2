"""Judges a whole installation by what Kafka, the archive and the database hold, with no code of the product.

`python -m tests.lib.checker --bootstrap HOST:PORT --database URL --archive DIR [--acknowledged DIR]` prints a line
for each invariant of the design and ends with 1 when one is broken. It wants both layers at rest.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.lib import invariants
from tests.lib.archive_reader import read_acknowledged, read_archive
from tests.lib.database_reader import read_listed_files, read_tables, snapshot
from tests.lib.evidence import Evidence
from tests.lib.invariants import Finding
from tests.lib.kafka_reader import read_topic
from tests.lib.message_rules import DEFAULT_RULES, MessageRules


class Broken(AssertionError):
    """An invariant does not hold; the message is the report."""


@dataclass(frozen=True)
class Report:
    """One finding for each invariant."""

    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Every invariant holds."""
        return all(finding.holds for finding in self.findings)

    def raise_if_broken(self) -> None:
        """Raises Broken with the whole report."""
        if not self.holds:
            raise Broken(f"\n{self}")

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


def check(
    bootstrap_servers: str,
    database_url: str,
    archive_root: str | Path,
    acknowledged: str | Path | None = None,
    *,
    topic: str = "devices",
    rules: MessageRules = DEFAULT_RULES,
) -> Report:
    """Read everything and judge it. `acknowledged` is a producer's truth, the file or its folder."""
    with snapshot(database_url) as session:
        evidence = read_tables(session, topic)
        files = read_listed_files(session, topic)
    evidence.rules = rules
    evidence.rows, evidence.file_faults = read_archive(str(archive_root), topic, files)
    evidence.messages, evidence.log_ends = read_topic(bootstrap_servers, topic)
    if acknowledged is not None:
        evidence.acknowledged = read_acknowledged(acknowledged, topic)
    return judge(evidence)


def judge(evidence: Evidence) -> Report:
    """All invariants over evidence that was read, or made up."""
    return Report(tuple(invariant(evidence) for invariant in invariants.ALL))


def main(arguments: list[str]) -> int:
    """Print the report; 1 when an invariant is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True, help="Kafka's bootstrap servers, such as 127.0.0.1:9092")
    parser.add_argument("--database", required=True, help="such as postgresql://127.0.0.1:5432/lambdameter")
    parser.add_argument("--archive", required=True, help="the archive's root, a path or a URI")
    parser.add_argument("--acknowledged", help="a folder with acknowledged.parquet, or the file")
    parser.add_argument("--topic", default="devices")
    parser.add_argument("--max-age-days", type=float, default=35, help="as the streaming job had it; 0 is no limit")
    parser.add_argument("--max-ahead-s", type=float, default=300)
    options = parser.parse_args(arguments)
    report = check(
        options.bootstrap,
        options.database,
        options.archive,
        options.acknowledged,
        topic=options.topic,
        rules=MessageRules(options.max_age_days, options.max_ahead_s),
    )
    print(report)
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
