"""The command line: every command, its arguments, the settings it needs and the module that runs it.

Knows no Django, so that `--help` and a faulty argument are answered before settings and database are read.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from serving.accounts import LONGEST_LINK_MINUTES
from serving.accounts.roles import ROLE_NAMES
from serving.letter_arguments import dead_letters, gaps


def command_line(description: str | None) -> argparse.ArgumentParser:
    """The parser; what it gives carries `module` and `needs`, and `verb` where a command has verbs."""
    parser = argparse.ArgumentParser(
        prog="python -m serving", description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    _site(parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _migrate(commands)
    _schema(commands)
    _users(commands)
    _customers(commands)
    _accounts(commands)
    _tokens(commands)
    _alerts(commands)
    _deliver(commands)
    _tariffs(commands)
    _letters(commands)
    return parser


def _site(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    parser.add_argument("--threads", type=int, default=8, help="threads of each process (8)")
    parser.set_defaults(module="serving.commands.site", needs=("database", "secret"))


def _migrate(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "migrate", "create or upgrade every table and view", """\
A second run changes nothing; two runs at once take turns.

Example: python -m serving migrate""")
    parser.set_defaults(module="serving.commands.migrate", needs=("database",))


def _schema(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "schema", "print the SQL of a stream's tables and views", """\
Made from the stream's declaration, to be put into a migration. Reads and changes no database.

Example: python -m serving schema resource_usage""")
    parser.add_argument("stream", metavar="STREAM", help="the stream's topic")
    parser.set_defaults(module="serving.commands.schema", needs=())


def _users(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "users", "load users and their quotas from a CSV file", """\
The header names id, name, email and quota (bytes an hour) in any order. A user whose id is there already is
changed. Where any line is faulty every fault is named and nothing is loaded. A second load changes nothing.

Example: python -m serving users users.csv""")
    parser.add_argument("file", metavar="FILE", help="a CSV file in UTF-8; - reads the standard input")
    parser.set_defaults(module="serving.commands.users", needs=("database",))


def _customers(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "customers", "load customers from a CSV file, and into Redis for the stream", """\
The columns are customer id, name, age, gender, zip, address, sign date, status, level, campaign, linked with apps; in
this order, or in any order under a header. A customer whose id is there already is changed. Where any line is faulty
every fault is named and nothing is loaded. Then Redis is given all customers of the database. A second load changes
nothing.

Examples: python -m serving customers customers.csv
          python -m serving customers --to-redis""")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", metavar="FILE", nargs="?", help="a CSV file in UTF-8; - reads the standard input")
    source.add_argument("--to-redis", action="store_true", help="only give Redis the customers of the database again")
    parser.set_defaults(module="serving.commands.customers", needs=("database", "redis"))


def _accounts(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "accounts", "create, list and end the accounts that sign in", """\
Passwords are asked for or read from the standard input, never taken from the command line.

Examples: python -m serving accounts create ana --role operator
          python -m serving accounts link ana --minutes 10""")
    parser.set_defaults(module="serving.commands.accounts", needs=("database", "secret"))
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True, dest="verb")
    create = verbs.add_parser("create", help="make an account, or let one that ended in again")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--role", required=True, choices=ROLE_NAMES)
    how = create.add_mutually_exclusive_group()
    how.add_argument("--password-stdin", action="store_true", help="read the password from the standard input")
    how.add_argument("--no-password", action="store_true", help="let it in by one-time links only")
    verbs.add_parser("list", help="show all accounts")
    verbs.add_parser("end", help="end an account and its sessions").add_argument("name", metavar="NAME")
    link = verbs.add_parser("link", help="print a link that signs in once")
    link.add_argument("name", metavar="NAME")
    longest = f"how long it is good (10, at most {LONGEST_LINK_MINUTES})"
    link.add_argument("--minutes", type=int, default=10, help=longest)
    link.add_argument("--port", type=int, default=8000, help="port of the site on this machine (8000)")


def _tokens(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "tokens", "create, list and end API tokens", """\
A token is printed once, on the standard output, and kept only as a hash.

Example: python -m serving tokens create grafana --role viewer --days 90""")
    parser.set_defaults(module="serving.commands.tokens", needs=("database",))
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True, dest="verb")
    create = verbs.add_parser("create", help="make a token and print it")
    create.add_argument("name", metavar="NAME", help="what uses it")
    create.add_argument("--role", required=True, choices=ROLE_NAMES)
    create.add_argument("--days", type=int, help="days until it expires (never, when not given)")
    verbs.add_parser("list", help="show all tokens, without their text")
    end = verbs.add_parser("end", help="end a token for good")
    end.add_argument("id", metavar="ID", type=int, help="as `tokens list` shows it")


def _tariffs(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "tariffs", "add versions of tariffs from TOML files, or list them", """\
A version that is there already, word for word, changes nothing; it is never changed. Where anything is faulty every
fault is named and nothing is added.

Examples: python -m serving tariffs conf/tariffs/example.toml
          python -m serving tariffs --list""")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("files", metavar="FILE", nargs="*", type=Path, default=[], help="TOML files of versions")
    what.add_argument("--list", action="store_true", help="print the versions")
    parser.set_defaults(module="serving.commands.tariffs", needs=("database",))


def _letters(commands: argparse._SubParsersAction) -> None:
    dead_letters(_command(commands, "dead-letters", "list, show, replay and discard what was rejected", """\
A replay sends the original bytes to the same topic and partition, once, whatever fails in between. Nothing is
deleted: what is replayed or discarded stays, with who, when and why.

Examples: python -m serving dead-letters list --rejection PARSE --from now-1d
          python -m serving dead-letters discard --topic devices --find '"id": null' --reason 'test sender' --yes"""))
    gaps(_command(commands, "gaps", "list and acknowledge offsets that were stepped over", """\
A gap is shown on the site until somebody acknowledges it with a reason.

Example: python -m serving gaps acknowledge --reason 'markers of transactions' --find markers --yes"""))


def _alerts(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "alerts", "add and list the rules and budgets that alerts come of", """\
As the page /alerts does; that one ends them too. A rule that is in force already changes nothing.

Examples: python -m serving alerts rule quota 80
          python -m serving alerts budget acme 250.00 --currency EUR""")
    parser.set_defaults(module="serving.commands.alerts", needs=("database",))
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True, dest="verb")
    rule = verbs.add_parser("rule", help="tell when so many percent of a quota or budget are used")
    rule.add_argument("kind", choices=("quota", "budget"))
    rule.add_argument("percent", metavar="PERCENT", help="1 … 1000")
    rule.add_argument("--of", metavar="ID", default="", help="of this user or customer (of everyone)")
    budget = verbs.add_parser("budget", help="set what a customer may cost in a calendar month")
    budget.add_argument("customer", metavar="CUSTOMER")
    budget.add_argument("amount", metavar="AMOUNT", help="such as 250.00")
    budget.add_argument("--currency", default="EUR", help="(%(default)s)")
    verbs.add_parser("list", help="show all rules and budgets")


def _deliver(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "deliver", "post changes of alerts to the webhook", """\
To LAMBDAMETER_WEBHOOK_URL, signed with LAMBDAMETER_WEBHOOK_SECRET, each again until the receiver takes it. One at a
time: a second one says so and ends with 0.

Example: python -m serving deliver --once""")
    parser.add_argument(
        "--once", action="store_true", help="post what is due and stop; status 3 where changes still wait")
    parser.set_defaults(module="serving.commands.deliver", needs=("database", "webhook"))


def _command(
    commands: argparse._SubParsersAction, name: str, summary: str, description: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=summary, description=f"{summary.capitalize()}.\n\n{description}",
        formatter_class=argparse.RawDescriptionHelpFormatter)
