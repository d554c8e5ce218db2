"""The seeded generator: who sends what when, faults on purpose, and the truth about what was acknowledged."""
