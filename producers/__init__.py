"""Programs that send events to Kafka: a generator, this machine's own traffic, a file sent again."""
