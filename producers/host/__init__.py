"""This machine's own network traffic as antenna events."""
