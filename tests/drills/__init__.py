"""Long trials of the whole product, run by hand: each prints what it did and the numbers."""
