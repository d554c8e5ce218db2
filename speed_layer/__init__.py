"""The speed layer: one pass per slice of Kafka, one transaction, nothing kept between slices."""
