"""Kafka's side of a stream: its topic, partitions and offsets. A lost broker is ServiceAway."""
