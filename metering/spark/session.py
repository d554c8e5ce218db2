"""The Spark session both layers use."""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from pathlib import Path

from pyspark.sql import SparkSession

from metering.settings import Settings, child_environment, set_process_environment
from metering.spark.jars import jars
from metering.spark.java import java_home

ARROW_ROWS = 16_384
"""Rows an Arrow batch on its way to Python: the JVM copies a growing batch again and again, so a small one is cheaper
there; the reader gathers several."""


def start_session(settings: Settings, layer: str) -> SparkSession:
    """A session on the configured master, UTC, loopback, with the Kafka source. One that runs is used as it is.

    Under spark-submit the master and the jars are those it was given.
    """
    set_process_environment(
        PYSPARK_PYTHON=sys.executable, PYSPARK_DRIVER_PYTHON=sys.executable, JAVA_HOME=str(java_home()),
        SPARK_LOCAL_IP="127.0.0.1")
    submitted = SparkSession.getActiveSession() is not None or _launched_by_submit()
    builder = SparkSession.builder.appName(f"lambdameter {layer}")
    for name, value in _options(settings, layer).items():
        builder = builder.config(name, value)
    if not submitted:
        builder = builder.master(settings.spark_master).config("spark.jars", ",".join(map(str, jars("spark-kafka"))))
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _launched_by_submit() -> bool:
    from pyspark import SparkConf

    return SparkConf().contains("spark.submit.pyFiles") or SparkConf().contains("spark.app.submitTime")


def _options(settings: Settings, layer: str) -> dict[str, str]:
    logging = Path(str(files("metering.spark") / "log4j2.properties")).as_uri()
    scratch = settings.home / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    return {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={logging} -Duser.timezone=UTC{_collector()}",
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(ARROW_ROWS),
        "spark.sql.streaming.metricsEnabled": "false",
        "spark.sql.streaming.numRecentProgressUpdates": "2",
        "spark.python.worker.faulthandler.enabled": "false",
        # Broken tasks are told at once; the driver decides what is tried again.
        "spark.task.maxFailures": "1",
    }


def _collector() -> str:
    """Throughput counts here, not pauses: the default collector's barriers cost a fifth of each event.

    Java does not start with two collectors: one that the user chose for every Java is left alone.
    """
    chosen = " ".join(child_environment().get(name, "") for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"))
    return "" if re.search(r"-XX:\+Use\w*GC\b", chosen) else " -XX:+UseParallelGC"
