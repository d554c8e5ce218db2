"""What an operator does with dead letters and gaps: replay, discard, acknowledge."""
