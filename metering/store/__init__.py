"""PostgreSQL: the commit, the ledger, the manifest. One function, one effect."""
