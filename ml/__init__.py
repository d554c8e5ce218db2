"""The model: features from the archive, training, scoring, and the replay of decisions."""
