"""The site: Django migrations own every table and view; pages, API, accounts and probes read them."""
