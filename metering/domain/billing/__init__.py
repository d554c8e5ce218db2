"""Money: price models, rounding, tariffs, rating, and hashes of what was rated. Standard library only."""
