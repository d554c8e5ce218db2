"""The command line."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

SEED = 7
THRESHOLD = 0.5


def parser() -> argparse.ArgumentParser:
    """All commands; each takes `--help`."""
    top = argparse.ArgumentParser(
        prog="python -m ml", description="The model: who is likely to take the offer.",
        epilog="example: python -m ml run")
    actions = top.add_subparsers(dest="action", required=True, metavar="features, train, score, run or replay")
    _add_features(_action(actions, "features", "count every customer's features", "--out features --until 2026-11-20"))
    train = _action(actions, "train", "train a model and keep it as a version", "--seed 7")
    _add_training(train)
    rows = train.add_mutually_exclusive_group()
    rows.add_argument("--features", type=Path, metavar="DIR", help="default: $LAMBDAMETER_HOME/ml/features")
    rows.add_argument("--libsvm", type=Path, metavar="FILE", help="a libSVM file instead; a row's number is its id")
    _add_score(_action(actions, "score", "publish every customer's prediction to Redis", "--model 3"))
    run = _action(
        actions, "run", "features, train, compare on the same test set, score if not worse; else score by the old", "")
    _add_features(run)
    _add_training(run)
    _add_replay(_action(
        actions, "replay", "say which decisions another model would change; publishes nothing",
        "--model 2 --from 2026-11-20 --to 2026-11-24 --out changed.csv"))
    return top


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, told: str, example: str
) -> argparse.ArgumentParser:
    return actions.add_parser(
        name, help=told, description=f"{told[0].upper()}{told[1:]}.",
        epilog=f"example: python -m ml {name} {example}".rstrip())


def _add_features(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: $LAMBDAMETER_HOME/ml/features")
    parser.add_argument("--listens", type=Path, metavar="FILE", help="plays from CSV; default: the archive")
    parser.add_argument("--clicks", type=Path, metavar="FILE", help="clicks from CSV, with --listens")
    parser.add_argument("--tz", type=_zone, metavar="ZONE", help="whose hours count and whose times CSV files tell; "
                        "default: LAMBDAMETER_OFFER_ZONE")
    parser.add_argument("--until", type=_time, metavar="TIME", help="cut-off: features from plays before it, the label "
                        "from clicks from it on (UTC); default: all of both")


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=SEED, help="of the split (default: %(default)s)")
    parser.add_argument("--threshold", type=_share, default=THRESHOLD, metavar="P",
                        help="a chance above it is predicted 1 (default: %(default)s)")


def _add_score(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=int, metavar="V", help="version; default: the current one, else the newest")
    parser.add_argument("--features", type=Path, metavar="DIR", help="default: $LAMBDAMETER_HOME/ml/features")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=int, metavar="V", required=True, help="the version to ask")
    parser.add_argument("--from", type=_time, metavar="TIME", dest="start", required=True, help="first moment, UTC")
    parser.add_argument("--to", type=_time, metavar="TIME", dest="end", required=True, help="end, not included")
    parser.add_argument("--out", type=Path, metavar="FILE", help="CSV of the customers for whom something changes")


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r}: want an ISO time such as 2026-11-24T09:00") from None


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (OSError, ValueError, LookupError):
        raise argparse.ArgumentTypeError(f"{text!r}: want an IANA zone such as Europe/Madrid") from None


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}: want a number from 0 to 1, such as 0.5")
    return number
