"""`lambdameter demo`: the whole product on this machine, filled with history and fed with live events."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from lambdameter.children import Children
from lambdameter.ledger_view import lag_of, waiting_hours
from local_stack import Stack
from local_stack.ports import free_port, is_free
from metering import settings
from metering.domain.errors import ServiceAway
from metering.streams import STREAMS

HISTORY_DAYS = 3
HISTORY_EVENTS = 150_000
HISTORY_SAMPLES = 70_000
MACHINES = 8
CUSTOMERS = 2_000
HISTORY_PLAYS = 80_000
COMPANIES = 10
HISTORY_CHARGES = 6_000
_HISTORY_BILLED = timedelta(minutes=50)
"""Panes close an hour after their window's end: what is older would be too late for all of them."""
_BUDGETS = {"company-1": "600", "company-2": "400"}
"""EUR a month: near what the first hour costs."""
_IMPATIENT = {
    "LAMBDAMETER_GRACE_S": "120", "LAMBDAMETER_INVOICE_GRACE_S": "0",
    "LAMBDAMETER_PANE_EARLY_S": "3", "LAMBDAMETER_PANE_BOUND_S": "15",
}  # fmt: skip
"""Hours are final, and days invoiced, while one still looks on; late live events then bring correction notes. The
watermark stays back so far that live windows fire early before they are on time."""
_HISTORY_WITHIN_S = 600.0
_AUDIENCE = ("--customers", str(CUSTOMERS), "--seed", "7")
_FLEET = ("--stream", "resource_usage", "--machines", str(MACHINES))
_BILLED = ("--stream", "billing", "--companies", str(COMPANIES))


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    command = commands.add_parser(
        "demo",
        help="start everything, fill three days of history, keep running until Ctrl-C",
        description="Kafka, PostgreSQL, Redis, both layers, producers and the site on this machine, until Ctrl-C.",
        epilog="example: lambdameter demo --home .lambdameter --port 8000",
    )
    command.add_argument(
        "--home", metavar="DIR", help="folder of all state (default: LAMBDAMETER_HOME, else ./.lambdameter)")
    command.add_argument("--port", type=int, default=8000, help="the site's port; another free one where it is taken")
    command.add_argument("--rate", type=float, default=20.0, metavar="N", help="live events a second (20)")
    command.add_argument("--until-filled", action="store_true", help="stop once the page is filled (for tests)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run until Ctrl-C or SIGTERM; everything started here is stopped. A second run goes on with the same home."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    given = {"LAMBDAMETER_HOME": options.home} if options.home else None
    home = settings.load(overrides=given).home
    stack = Stack(home)
    demo = Demo(home, stack, options)
    try:
        demo.run()
    except KeyboardInterrupt:
        print()
    finally:
        stack.down()
    demo.tell(f"stopped; the data stays in {home}: `make demo` goes on from there, `rm -r {home}` forgets it")
    return 0


class Demo:
    """One run of the demo."""

    def __init__(self, home: Path, stack: Stack, options: argparse.Namespace) -> None:
        self._home, self._stack, self._options = home, stack, options
        self._began = time.monotonic()
        self._notes = home / "demo.json"

    def tell(self, what: str) -> None:
        print(f"[{time.monotonic() - self._began:5.1f} s] {what}", flush=True)

    def run(self) -> None:
        self.tell("starting Kafka, PostgreSQL and Redis (loopback, free ports)")
        self._stack.up()
        environment = self._stack.env()
        with Children(self._home / "logs", environment | _IMPATIENT) as children:
            try:
                self._prepare(children)
                self._start(children)
                self._set_alerts(children)
                self._fill(children, settings.load("kafka", "database", overrides=environment))
                self._go_live(children)
                self._train(children)
                while not self._options.until_filled:
                    children.check()
                    time.sleep(1)
            finally:
                self.tell("stopping")

    def _prepare(self, children: Children) -> None:
        self.tell(f"tables, 20 users with quotas, {CUSTOMERS:,} customers of a music service, an account")
        children.run("migrate", "serving", "migrate")
        children.run("users", "serving", "users", str(files("lambdameter") / "demo_users.csv"))
        customers = self._home / "customers.csv"
        children.run("audience", "producers", "audience", *_AUDIENCE, "--customers-csv", str(customers))
        children.run("customers", "serving", "customers", str(customers))
        children.run("tariffs", "serving", "tariffs", str(files("lambdameter") / "demo_tariffs.toml"))
        if "demo" not in children.run("accounts", "serving", "accounts", "list"):
            children.run("accounts", "serving", "accounts", "create", "demo", "--role", "admin", "--password-stdin",
                         stdin=secrets.token_urlsafe(24) + "\n")

    def _set_alerts(self, children: Children) -> None:
        """Rules on every quota, and on the budgets of two companies. A second start changes nothing."""
        for kind, percents in (("quota", ("80", "100", "120")), ("budget", ("80", "100"))):
            for percent in percents:
                children.run("alerts", "serving", "alerts", "rule", kind, percent)
        for company, amount in _BUDGETS.items():
            children.run("alerts", "serving", "alerts", "budget", company, amount)

    def _start(self, children: Children) -> None:
        self._port = self._options.port if is_free(self._options.port) else free_port(set())
        self._gateway = free_port({self._port})
        children.start("site", "serving", "--port", str(self._port))
        self.tell("starting the speed layer (a slice every 5 s), the gateway and the site")
        children.start("speed_layer", "speed_layer")
        children.start("gateway", "producers", "gateway", "--port", str(self._gateway))
        children.start("host", "producers", "host", "--as", "both", "--to", f"tcp://127.0.0.1:{self._gateway}",
                       "--unsent", str(self._home / "unsent-host.jsonl"))

    def _fill(self, children: Children, reach: settings.Settings) -> None:
        """History, only into an empty home; an interrupted one is sent again, and counts once."""
        notes = self._read_notes()
        if notes.get("history") == "published":
            self.tell("history is there; going on where the last run stopped")
            children.start("batch_layer", "batch_layer", "--every", "60")
            return
        self.tell(f"{HISTORY_DAYS} days of history, {HISTORY_EVENTS:,} events, {HISTORY_SAMPLES:,} samples of "
                  f"{MACHINES} machines, {HISTORY_PLAYS:,} plays of music, through Kafka and both layers; "
                  f"{HISTORY_CHARGES:,} charges of the last {_HISTORY_BILLED.seconds // 60} minutes")
        billed = (datetime.fromisoformat(notes["to"]) - _HISTORY_BILLED).isoformat()
        faulty = ("--seed", "7", "--duplicates", "0.002", "--late", "0.002", "--bad", "0.0005")
        for name, begins, *what in (
            # Charges first: the older they grow, the more of them come too late for a pane.
            ("history-billing", billed, "generate", *_BILLED, "--events", str(HISTORY_CHARGES), *faulty),
            ("history", notes["from"], "generate", "--events", str(HISTORY_EVENTS), *faulty),
            ("history-fleet", notes["from"], "generate", *_FLEET, "--events", str(HISTORY_SAMPLES), *faulty),
            ("history-audience", notes["from"], "audience", *_AUDIENCE, "--plays", str(HISTORY_PLAYS), "--to-kafka"),
        ):
            children.wait(children.start(
                name, "producers", *what, "--client", "confluent", "--from", begins, "--to", notes["to"]))
        self._until("the speed layer has counted the history", children, lambda: lag_of(reach) == 0)
        children.start("batch_layer", "batch_layer", "--every", "60")
        # The hour in progress of each stream may wait for the next run.
        self._until("the batch layer has proved and published it", children,
                    lambda: waiting_hours(reach) <= len(STREAMS))
        self._write_notes(notes | {"history": "published"})

    def _until(self, what: str, children: Children, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + _HISTORY_WITHIN_S
        while not holds():
            children.check()
            if time.monotonic() > limit:
                raise ServiceAway(f"waited {_HISTORY_WITHIN_S:.0f} s in vain until {what}; see {self._home / 'logs'}")
            time.sleep(0.5)
        self.tell(what)

    def _go_live(self, children: Children) -> None:
        children.start("live", "producers", "generate", "--rate", str(self._options.rate), "--duplicates", "0.01",
                       "--late", "0.005", "--bad", "0.002", "--unsent", str(self._home / "unsent-live.jsonl"))
        children.start("live-fleet", "producers", "generate", *_FLEET, "--rate", str(2 * MACHINES), "--bad", "0.001",
                       "--unsent", str(self._home / "unsent-fleet.jsonl"))
        children.start("live-audience", "producers", "audience", *_AUDIENCE, "--rate", "5",
                       "--unsent", str(self._home / "unsent-audience.jsonl"))
        children.start("live-billing", "producers", "generate", *_BILLED, "--rate", "3", "--duplicates", "0.02",
                       "--late", "0.02", "--bad", "0.001", "--unsent", str(self._home / "unsent-billing.jsonl"))
        link = children.run("link", "serving", "accounts", "link", "demo", "--minutes", "60", "--port", str(self._port))
        self.tell("live: generated events, samples, plays and charges, this machine's own traffic and load; "
                  "batch every minute")
        address = f"http://127.0.0.1:{self._port}"
        print(f"""
  the site         {address}
  sign in (once)   {link.strip().splitlines()[-1]}
  the gateway      tcp://127.0.0.1:{self._gateway}
  settings         {self._home / 'stack.env'}
  data, logs       {self._home}
  stop             Ctrl-C
""", flush=True)

    def _train(self, children: Children) -> None:
        """A model from the archive, at each start, since a score is good for two days; then plays are decided."""
        children.wait(children.start("ml", "ml", "run"))
        self.tell("a model is trained, every customer is scored: the stream decides who gets the offer")

    def _read_notes(self) -> dict[str, str]:
        """What an earlier run noted; a first one decides the history's range, so that a repeat sends the same."""
        if self._notes.is_file():
            found: dict[str, str] = json.loads(self._notes.read_text(encoding="utf-8"))
            return found
        end = datetime.now(UTC).replace(microsecond=0)
        notes = {"from": (end - timedelta(days=HISTORY_DAYS)).isoformat(), "to": end.isoformat()}
        self._write_notes(notes)
        return notes

    def _write_notes(self, notes: dict[str, str]) -> None:
        fresh = self._notes.with_suffix(".new")
        fresh.write_text(json.dumps(notes), encoding="utf-8")
        fresh.replace(self._notes)
