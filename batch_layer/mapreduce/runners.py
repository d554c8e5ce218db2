"""Where mrjob runs the job: in this process, in processes of this machine, or in Spark."""

from __future__ import annotations

import sys
from pathlib import Path

import pyspark

from metering.domain.errors import BadSettings
from metering.settings import set_process_environment
from metering.spark.java import java_home

INLINE, LOCAL, SPARK = "inline", "local", "spark"
RUNNERS = (INLINE, LOCAL, SPARK)


def runner_options(runner: str, scratch: Path, spark_master: str) -> list[str]:
    """mrjob's options for a runner that keeps all it writes in `scratch`. Raises BadSettings."""
    options = ["--local-tmp-dir", str(scratch), "--no-bootstrap-mrjob"]
    return [*options, *_spark_options(scratch, spark_master)] if runner == SPARK else options


def _spark_options(scratch: Path, master: str) -> list[str]:
    if not master.startswith("local"):
        raise BadSettings([f"LAMBDAMETER_SPARK_MASTER={master!r}: what the map-reduce reads is on this machine, want "
                           "a local one, such as local[2]"])
    set_process_environment(JAVA_HOME=str(java_home()), SPARK_LOCAL_IP="127.0.0.1")
    conf = {
        "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(scratch), "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={scratch}",
    }  # fmt: skip
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    return [
        "--spark-tmp-dir", str(scratch), "--spark-master", master, "--spark-submit-bin", str(submit),
        "--python-bin", sys.executable,
        *(word for name, value in conf.items() for word in ("--jobconf", f"{name}={value}"))]
