"""The jars of Kafka, of Spark's Kafka source and of HDFS: fetched once, checked against jars.lock, kept.

Run as a module it fetches all sets, or prints one: `python -m metering.spark.jars --print spark-kafka`.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from metering.domain.errors import Damaged, LambdameterError
from metering.spark.folders import kept_places, writable_place
from metering.spark.ivy import Module, resolve, wheel_jars
from metering.spark.lock import LockedJar, check, check_sums, is_whole, read_lock, sha256_of, write_lock
from metering.spark.progress import Progress

# Ivy asks for one file after the other; several of it at once wait for the network together.
MODULES_A_RUN = 8


@dataclass(frozen=True)
class JarSet:
    """Jars that go on one class path together, by the modules that bring them.

    `beside`: patterns of jars in pyspark's wheel that they need. An optional set is fetched when first wanted.
    """

    name: str
    title: str
    modules: tuple[Module, ...]
    beside: tuple[str, ...] = ()
    optional: bool = False


SETS = (
    JarSet(
        "kafka-server", "Kafka 4.3.1",
        (
            Module("org.apache.kafka", "kafka_2.13", "4.3.1"),
            # Kafka brings no SLF4J binding; without this one the broker's log is lost.
            Module("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4"),
        ),
    ),
    # What else the connector asks for, pyspark's wheel holds already.
    JarSet(
        "spark-kafka", "Spark's Kafka source 4.2.0",
        (
            Module("org.apache.spark", "spark-sql-kafka-0-10_2.13", "4.2.0", alone=True),
            Module("org.apache.spark", "spark-token-provider-kafka-0-10_2.13", "4.2.0", alone=True),
            Module("org.apache.kafka", "kafka-clients", "3.9.2", alone=True),
            Module("org.apache.commons", "commons-pool2", "2.13.1", alone=True),
        ),
    ),
    JarSet(
        "hdfs", "HDFS 3.5.0",
        # NameNode and DataNode; the rest of Hadoop, of the same version, pyspark's wheel holds. 3.4.1 fails on Java 25.
        (Module("org.apache.hadoop", "hadoop-client-minicluster", "3.5.0", alone=True),),
        beside=("hadoop-client-api-3.5.0.jar", "hadoop-client-runtime-3.5.0.jar", "slf4j-api-*.jar",
                "log4j-slf4j2-impl-*.jar", "log4j-api-*.jar", "log4j-core-*.jar", "log4j-1.2-api-*.jar",
                "jcl-over-slf4j-*.jar"),
        optional=True,
    ),
    # For the benches: Spark writes to PostgreSQL by it where the product has a connection of its own.
    JarSet(
        "jdbc", "PostgreSQL JDBC 42.7.8", (Module("org.postgresql", "postgresql", "42.7.8", alone=True),),
        optional=True,
    ),
)  # fmt: skip


def jars(name: str) -> list[Path]:
    """The jars of a set; fetched where they are not kept yet, checked before they are given.

    Raises ServiceAway where they must be fetched and cannot be, Damaged where a sum is wrong.
    """
    wanted = read_lock()[name]
    kept = (place for place in kept_places(f"jars/{name}") if is_whole(place, wanted))
    folder = next(kept, None)
    if folder is None:
        folder = fetch(_set_of(name), wanted)
    check(folder, wanted)
    return [folder / jar.file_name for jar in wanted]


def class_path(name: str) -> str:
    """The jars of a set, and those of pyspark's wheel beside them, as one class path."""
    return os.pathsep.join(str(jar) for jar in [*jars(name), *wheel_jars(_set_of(name).beside)])


def _set_of(name: str) -> JarSet:
    return next(jar_set for jar_set in SETS if jar_set.name == name)


def fetch(jar_set: JarSet, wanted: Sequence[LockedJar]) -> Path:
    """Fetch a set into place, whole or not at all; who comes second finds it there."""
    sets = writable_place("jars")
    folder = sets / jar_set.name
    with _locked(sets / f".{jar_set.name}.lock"):
        if not is_whole(folder, wanted):
            with TemporaryDirectory(dir=sets, prefix=".fetching-") as scratch:
                _download(jar_set, wanted, Path(scratch))
                shutil.rmtree(folder, ignore_errors=True)
                (Path(scratch) / "whole").rename(folder)
    return folder


def _download(jar_set: JarSet, wanted: Sequence[LockedJar], scratch: Path) -> None:
    """Fill `scratch`/whole with the wanted jars, by some Ivys at once, and check their sums."""
    progress = Progress(jar_set.title, len(wanted))
    runs = -(-len(wanted) // MODULES_A_RUN)
    parts = [[jar.module for jar in wanted[first::runs]] for first in range(runs)]
    with ThreadPoolExecutor(runs) as pool:
        folders = [scratch / str(number) for number in range(runs)]
        fetched = [jar for part in pool.map(resolve, parts, folders, [progress.heard] * runs) for jar in part]
    whole = scratch / "whole"
    whole.mkdir()
    for jar in fetched:
        jar.rename(whole / jar.name)
    missing = [jar.file_name for jar in wanted if not (whole / jar.file_name).is_file()]
    if missing:
        raise Damaged(f"{', '.join(missing)}: named in jars.lock, not among what was fetched")
    check_sums(whole, wanted)


def resolve_afresh(jar_set: JarSet) -> list[LockedJar]:
    """What the set's modules lead to now, as lines for jars.lock."""
    with TemporaryDirectory() as scratch:
        found = resolve(jar_set.modules, Path(scratch), Progress(jar_set.title, 0).heard)
        return sorted(
            (LockedJar(sha256_of(jar), jar_set.name, jar.name, ":".join(jar.parts[-4:-1])) for jar in found),
            key=lambda jar: jar.file_name,
        )


def fetch_all(with_: Collection[str] = ()) -> int:
    """Fetch all sets at once, of the optional ones those named, and check them; the first fault's exit status, or 0."""
    wanted = [jar_set for jar_set in SETS if not jar_set.optional or jar_set.name in with_]
    with ThreadPoolExecutor() as pool:
        results = [(jar_set, pool.submit(jars, jar_set.name)) for jar_set in wanted]
    status = 0
    for jar_set, result in results:
        fault = result.exception()
        if fault is None:
            print(f"{jar_set.title}: {len(result.result())} jars, checked", file=sys.stderr)
        elif isinstance(fault, LambdameterError):
            print(f"{jar_set.title}: {fault}", file=sys.stderr)
            status = status or fault.exit_status
        else:
            raise fault
    return status


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch all sets, print one, or write the lock afresh."""
    parser = argparse.ArgumentParser(
        prog="python -m metering.spark.jars",
        description="Fetch the jars of Kafka and of Spark's Kafka source, or check those that are there.",
        epilog="example: python -m metering.spark.jars",
    )
    parser.add_argument("--with", dest="with_", action="append", default=[],
                        choices=[jar_set.name for jar_set in SETS if jar_set.optional], help="fetch this set too")
    parser.add_argument("--write-lock", action="store_true", help="resolve afresh and write jars.lock")
    parser.add_argument("--print", dest="name", choices=[jar_set.name for jar_set in SETS],
                        help="print the jars of one set with commas between, as spark-submit's --jars takes them")
    asked = parser.parse_args(arguments)
    if asked.write_lock:
        write_lock(jar for jar_set in SETS for jar in resolve_afresh(jar_set))
        return 0
    return print_jars(asked.name) if asked.name else fetch_all(asked.with_)


def print_jars(name: str) -> int:
    """Print a set's paths in one line; fetched where they are not kept yet."""
    try:
        print(",".join(map(str, jars(name))))
    except LambdameterError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
