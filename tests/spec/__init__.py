"""Tables of examples and the engines they judge."""
