"""Measurements: every side of a ratio in one run, interleaved, medians; totals checked after each."""
