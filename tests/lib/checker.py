"""Judges a whole installation by what Kafka, the archive and the database hold, with no code of the product.

`python -m tests.lib.checker --bootstrap HOST:PORT --database URL --archive DIR [--acknowledged DIR …] [--topic NAME …]`
prints a line for each invariant of the design and each topic, and ends with 1 when one is broken. Without a topic it
judges each of which something was counted. It wants both layers at rest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lib import invariants
from tests.lib.archive_reader import read_acknowledged, read_archive
from tests.lib.database_reader import known_topics, read_listed_files, read_tables, snapshot
from tests.lib.evidence import Evidence
from tests.lib.finding import Finding
from tests.lib.kafka_reader import read_topic
from tests.lib.message_rules import DEFAULT_RULES, MessageRules
from tests.lib.money_invariant import money
from tests.lib.money_reader import read_money
from tests.lib.pane_invariants import panes
from tests.lib.recent_invariant import recent_rows
from tests.lib.streams_told import TOLD


class Broken(AssertionError):
    """An invariant does not hold; the message is the report."""


@dataclass(frozen=True)
class Report:
    """One finding for each invariant of each topic."""

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


@dataclass(frozen=True)
class Installation:
    """Where everything is. `rules`: the limits of age that the streaming job had."""

    bootstrap_servers: str
    database_url: str
    archive_root: str | Path
    rules: MessageRules = DEFAULT_RULES


def check(
    where: Installation, acknowledged: Iterable[str | Path] = (), topics: Sequence[str] = ()
) -> Report:
    """Read everything and judge it. `acknowledged`: producers' truths, the files or their folders; no topic: all that
    something was counted of. What truths do not know of a topic at all is not compared with them.
    """
    with snapshot(where.database_url) as session:
        asked = topics or known_topics(session)
        read = {topic: (read_tables(session, TOLD[topic]), read_listed_files(session, topic))
                for topic in asked if topic in TOLD}
        money_evidence = read_money(session)
    findings = [
        Finding("described", differences=["no description in tests/lib/streams_told"], topic=topic)
        for topic in asked if topic not in TOLD]
    for topic, (evidence, files) in read.items():
        evidence.rules = where.rules
        evidence.rows, evidence.file_faults = read_archive(str(where.archive_root), evidence.told, files)
        evidence.messages, evidence.log_starts, evidence.log_ends = read_topic(where.bootstrap_servers, topic)
        truth = [row for path in acknowledged for row in read_acknowledged(path, topic)]
        evidence.acknowledged = truth or None
        findings += judge(evidence).findings
    return Report((*findings, money(money_evidence)))


def judge(evidence: Evidence) -> Report:
    """All invariants of a stream over evidence that was read, or made up."""
    asked = [*invariants.ALL]
    if evidence.told.recent:
        asked.append(recent_rows)
    if evidence.told.panes:
        asked.append(panes)
    findings = tuple(invariant(evidence) for invariant in asked)
    for finding in findings:
        finding.topic = evidence.told.topic
    return Report(findings)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.lib.checker", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True, help="Kafka's bootstrap servers, such as 127.0.0.1:9092")
    parser.add_argument("--database", required=True, help="such as postgresql://127.0.0.1:5432/lambdameter")
    parser.add_argument("--archive", required=True, help="the archive's root, a path or a URI")
    parser.add_argument("--acknowledged", action="extend", nargs="+", default=[], metavar="DIR",
                        help="folders with acknowledged.parquet, or the files")
    parser.add_argument("--topic", action="extend", nargs="+", default=[], metavar="NAME", help="only these")
    parser.add_argument("--max-age-days", type=float, default=35, help="as the streaming job had it; 0 is no limit")
    parser.add_argument("--max-ahead-s", type=float, default=300, help="as the streaming job had it")
    return parser


def main(arguments: list[str]) -> int:
    """Print the report; 1 when an invariant is broken."""
    asked = parser().parse_args(arguments)
    where = Installation(
        asked.bootstrap, asked.database, asked.archive, MessageRules(asked.max_age_days, asked.max_ahead_s))
    report = check(where, asked.acknowledged, asked.topic)
    print(report)
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
