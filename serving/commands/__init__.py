"""One module a command, each with `run(options, settings)`; `serving/arguments.py` holds their arguments."""
