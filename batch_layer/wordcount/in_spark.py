"""The word count in Spark SQL."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

WORD = "[A-Za-z']+"


def count_words(lines: DataFrame) -> DataFrame:
    """Columns word, count; `lines` has one column, `value`, as `spark.read.text` gives it."""
    words = lines.select(F.explode(F.regexp_extract_all("value", F.lit(WORD), F.lit(0))).alias("word"))
    return words.groupBy("word").count()
