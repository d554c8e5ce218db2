"""Standard library only: what a stream declares, the rules, the reference fold, the laws of merging."""
