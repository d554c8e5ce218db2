"""What a monitoring system scrapes, read from PostgreSQL in one snapshot."""
