"""The protocol of the two layers in plain Python: the steps, the rules they follow, and what must hold after each."""
