"""The command lines of dead letters and gaps. Knows no Django, as `serving.arguments`."""

from __future__ import annotations

import argparse


def dead_letters(parser: argparse.ArgumentParser) -> None:
    """`dead-letters`: list, show, replay, discard."""
    verbs = _verbs(parser, "serving.commands.dead_letters")
    listed = verbs.add_parser("list", help="print those that fit, the latest first")
    _letter_filters(listed)
    _print_options(listed)
    shown = verbs.add_parser("show", help="print all that is kept of one")
    shown.add_argument("place", metavar="PLACE", help="TOPIC/PARTITION/OFFSET")
    replayed = verbs.add_parser("replay", help="send the original bytes to the same topic again, once")
    replayed.set_defaults(needs=("database", "kafka"))
    _many(replayed)
    _letter_filters(replayed)
    replayed.add_argument("--reason", dest="why", default="", metavar="TEXT", help="kept with the letter")
    discarded = verbs.add_parser("discard", help="say that nobody will send them again; the rows stay")
    _many(discarded)
    _letter_filters(discarded)
    discarded.add_argument("--reason", dest="why", required=True, metavar="TEXT", help="kept with the letter")


def gaps(parser: argparse.ArgumentParser) -> None:
    """`gaps`: list, acknowledge."""
    verbs = _verbs(parser, "serving.commands.gaps")
    listed = verbs.add_parser("list", help="print them, those that nobody has acknowledged first")
    _gap_filters(listed)
    listed.add_argument("--acknowledged", choices=("no", "yes", "any"), default="no", help="(%(default)s)")
    _print_options(listed)
    known = verbs.add_parser("acknowledge", help="take note of gaps, so that the site no longer warns of them")
    _many(known)
    _gap_filters(known)
    known.add_argument("--reason", dest="why", required=True, metavar="TEXT", help="kept with the gap")


def _verbs(parser: argparse.ArgumentParser, module: str) -> argparse._SubParsersAction:
    parser.set_defaults(module=module, needs=("database",))
    return parser.add_subparsers(title="what to do", metavar="VERB", required=True, dest="verb")


def _letter_filters(parser: argparse.ArgumentParser) -> None:
    filters = parser.add_argument_group("which")
    filters.add_argument("--topic", action="append", default=[], help="of this topic; may be repeated")
    filters.add_argument(
        "--rejection", action="append", default=[], metavar="REASON", help="rejected as SIZE, PARSE …; may be repeated")
    filters.add_argument("--state", action="append", default=[], help="open, replaying …; may be repeated")
    filters.add_argument("--find", default="", metavar="TEXT", help="that hold this text, or have it in field or found")
    filters.add_argument("--from", dest="start", default="", metavar="MOMENT", help="noticed from then on, UTC")
    filters.add_argument("--to", dest="end", default="", metavar="MOMENT", help="noticed before then, UTC")


def _gap_filters(parser: argparse.ArgumentParser) -> None:
    filters = parser.add_argument_group("which")
    filters.add_argument("--topic", action="append", default=[], help="of this topic; may be repeated")
    filters.add_argument("--find", default="", metavar="TEXT", help="that have this text in their reason")


def _many(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("places", metavar="PLACE", nargs="*", help="TOPIC/PARTITION/OFFSET; or say which below")
    parser.add_argument("--yes", action="store_true", help="do it to all that fit; without it they are only counted")


def _print_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--csv", action="store_true", help="print all that fit as CSV")
    parser.add_argument("--most", type=int, default=50, metavar="N", help="lines of the table (%(default)s)")
