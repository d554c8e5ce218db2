"""Java, jars, the session and the Kafka source."""
