"""Plays as people look for them: what a search means, what it finds in PostgreSQL and in the archive behind it."""
