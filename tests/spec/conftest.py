"""One Spark session for the run, and the engines by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metering.settings import load
from metering.spark.session import start_session
from tests.spec.engines import Arrow, Engine, MapReduce, PlainPython, SparkSql


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    home = tmp_path_factory.mktemp("spark")
    session = start_session(load(overrides={"LAMBDAMETER_HOME": str(home)}), "spec")
    yield session
    session.stop()


needs_mrjob = pytest.mark.skipif(sys.version_info >= (3, 12), reason="mrjob needs Python 3.11 at most")


@pytest.fixture(params=[
    "plain Python", "Arrow", "Spark SQL", "Spark SQL in buckets", pytest.param("mrjob", marks=needs_mrjob)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """Each engine in turn. In buckets: every hour is cut into tasks of few rows, as a very large one would be."""
    if request.param == "plain Python":
        return PlainPython()
    if request.param == "Arrow":
        return Arrow()
    if request.param == "mrjob":
        return MapReduce("inline", tmp_path)
    spark = request.getfixturevalue("spark")
    return SparkSql(spark, tmp_path, rows_at_once=2 if "buckets" in request.param else 10**6)
