"""`python -m batch_layer wordcount FILE`: each word of a file with how often it occurs, the most frequent first."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from batch_layer.mapreduce.runners import INLINE, LOCAL, SPARK, runner_options
from metering.domain.errors import BadSettings, LambdameterError
from metering.settings import Settings

RUNNERS = (SPARK, INLINE, LOCAL)
"""Spark itself, or mrjob in this process or in processes of this machine."""

Counted = tuple[str, int]


def wordcount(settings: Settings, file: Path, runner: str) -> int:
    """Print `word<TAB>count`, by count from the greatest, then by word. A word is `[A-Za-z']+`, in its own case.

    The file is read as it stands: nothing is unpacked, and any other byte only parts words. Raises BadSettings.
    """
    if not file.is_file():
        raise BadSettings([f"{str(file)!r}: want a file of text"])
    home = settings.home / "scratch"
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="wordcount-", dir=home) as scratch:
        # Spark passes over names such as _words, both take * for a pattern and unpack what ends in .gz.
        named = Path(scratch, "words.txt")
        named.symlink_to(file.resolve())
        counted = _by_spark(settings, named) if runner == SPARK else _by_mrjob(settings, named, runner)
    _tell(counted)
    return 0


def _by_spark(settings: Settings, file: Path) -> list[Counted]:
    from batch_layer.wordcount.in_spark import count_words
    from metering.spark.session import start_session

    spark = start_session(settings, "wordcount")
    try:
        return [(row["word"], row["count"]) for row in count_words(spark.read.text(str(file))).collect()]
    finally:
        spark.stop()


def _by_mrjob(settings: Settings, file: Path, runner: str) -> list[Counted]:
    try:
        from mrjob.step import StepFailedException

        from batch_layer.wordcount.in_mrjob import WordCount
    except ImportError as error:
        raise BadSettings([f"--runner {runner}: {error}; want Python 3.11 and pip install 'lambdameter[mrjob]', "
                           f"or --runner {SPARK}"]) from error

    logging.getLogger("mrjob").setLevel(logging.ERROR)
    options = runner_options(runner, file.parent, settings.spark_master)
    job = WordCount(["--runner", runner, "--no-conf", *options, str(file)])
    try:
        with job.make_runner() as running:
            running.run()
            return list(job.parse_output(running.cat_output()))
    except StepFailedException as error:
        raise LambdameterError(f"the word count did not end: {error}") from error


def _tell(counted: Iterable[Counted]) -> None:
    ordered = sorted(counted, key=lambda found: (-found[1], found[0]))
    sys.stdout.writelines(f"{word}\t{count}\n" for word, count in ordered)
