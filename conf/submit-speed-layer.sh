#!/bin/sh
# The streaming job by spark-submit, on any master: conf/submit-speed-layer.sh [options of python -m speed_layer]
# LAMBDAMETER_SPARK_MASTER names the master (local[2]), LAMBDAMETER_SUBMIT_OPTIONS holds more words for spark-submit,
# such as `--executor-memory 2g --py-files dist/lambdameter.whl` where executors do not have our package installed.
# example: LAMBDAMETER_SPARK_MASTER=spark://spark-1:7077 conf/submit-speed-layer.sh --once
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
python=${LAMBDAMETER_PYTHON:-$root/.venv/bin/python}

# The driver and the workers have to run the same Python, and Spark the same Java as ever.
PYSPARK_PYTHON=$python
PYSPARK_DRIVER_PYTHON=$python
SPARK_HOME=$("$python" -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)')
JAVA_HOME=$("$python" -m metering.spark.java)
jars=$("$python" -m metering.spark.jars --print spark-kafka)
logging=$root/metering/spark/log4j2.properties
export PYSPARK_PYTHON PYSPARK_DRIVER_PYTHON SPARK_HOME JAVA_HOME

# Not quoted on purpose: it holds several words.
# shellcheck disable=SC2086
exec "$SPARK_HOME/bin/spark-submit" \
    --master "${LAMBDAMETER_SPARK_MASTER:-local[2]}" \
    --name "lambdameter speed_layer" \
    --jars "$jars" \
    --driver-java-options "-Dlog4j2.configurationFile=file://$logging -Duser.timezone=UTC" \
    ${LAMBDAMETER_SUBMIT_OPTIONS:-} \
    "$root/speed_layer/__main__.py" "$@"
