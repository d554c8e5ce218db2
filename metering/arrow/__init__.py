"""Blocks of bytes → checked tables and rejects; partial sums; archive files; the first of each identity."""
