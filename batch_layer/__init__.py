"""The batch layer: seal, recompute, prove, publish, compact; every hour in a transaction of its own."""
