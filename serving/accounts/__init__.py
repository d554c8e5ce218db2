"""Who may use the site: accounts with a role, one-time links, API tokens, limited attempts."""

LONGEST_LINK_MINUTES = 60
"""A link lies in terminals and logs, so it must not be good for long."""
