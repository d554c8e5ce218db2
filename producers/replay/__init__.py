"""A file sent to Kafka: JSON lines, CSV or Parquet, checked before the first event is sent."""
