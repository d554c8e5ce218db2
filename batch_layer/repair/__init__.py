"""Restoring listed files of the archive that are missing or damaged, from Kafka's records."""
