"""Seeded customers of a music service, their plays, and clicks whose chance follows from the plays by a stated rule."""
