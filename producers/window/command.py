"""`python -m producers window`: a window that sends this machine's load."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from metering.domain.errors import BadSettings
from metering.kafka.topics import ensure_topic
from metering.settings import Settings, load
from metering.streams.machines import RESOURCE_USAGE
from metering.tariff_file import load_tariff
from metering.telemetry import Log, start_logging
from producers.host.arguments import machine_id
from producers.host.readings import Gauge, this_machine
from producers.host.samples import Sampler
from producers.sending.clients import CLIENTS, open_sender
from producers.sending.delivery import Delivery
from producers.sending.way import Way, to_gateway
from producers.stop import Stop
from producers.targets import KAFKA, WANTED
from producers.window.bill import Bill
from producers.window.form import Form, Wanted
from producers.window.model import Model

_PATIENCE_S = 300.0
_EXAMPLE = """\
example: python -m producers window --to tcp://127.0.0.1:7070 --interval 5

Enter starts, Esc stops and, once stopped, closes; Alt with an underlined letter, or Tab, reaches every part. The
cost is that of the samples sent since the start, by conf/machine_tariff.toml. What the target has not answered waits
in the file of --unsent. Needs Tkinter (the system's package python3-tk) and a display."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "window", help="a window that sends this machine's load", epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", metavar="ID", help="the machine's id at first (default: the host's name)")
    parser.add_argument(
        "--to", default="tcp://127.0.0.1:7070", metavar="URL", help=f"target at first, {WANTED} (default: %(default)s)")
    parser.add_argument("--interval", default="5", metavar="S", help="seconds at first (default: %(default)s)")
    parser.add_argument(
        "--unsent", type=Path, default=Path("unsent-window.jsonl"), metavar="FILE",
        help="where samples wait that the target has not acknowledged (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Show the window until it is closed. Raises BadSettings without Tkinter or a display."""
    settings = load()
    tariff = load_tariff(settings.conf)
    start_logging(settings.log_format)
    log = Log("window")
    try:
        import tkinter as tk  # not part of every Python

        from producers.window.view import Window
    except ImportError as error:
        raise BadSettings([f"no Tkinter ({error}): want a Python with it, such as python3 with python3-tk"]) from error
    try:
        root = tk.Tk(className="Lambdameter")
    except tk.TclError as error:
        raise BadSettings([f"no display to show a window on ({error}): want DISPLAY, or `producers host`"]) from error
    root.title("Lambdameter – samples of this machine")
    model = Model(partial(_connect, settings, args.unsent, log), partial(_sampler, log), partial(Bill, tariff), log)
    ending = Stop().listen()
    form = Form(machine_id(args.machine), args.to, args.interval)
    Window(root, model, form, Bill(tariff).terms, lambda: ending.asked)
    root.after_idle(lambda: log.info("the window is open", machine=form.machine))
    root.mainloop()


def _sampler(log: Log, wanted: Wanted) -> Sampler:
    return Sampler(_topic(wanted), wanted.machine, this_machine, Gauge({}, log), time.monotonic())


def _topic(wanted: Wanted) -> str:
    return wanted.target.topic or RESOURCE_USAGE.topic


def _connect(settings: Settings, unsent: Path, log: Log, wanted: Wanted, stop: Stop) -> Way:
    """The way to the target. Raises ServiceAway, BadSettings."""
    if wanted.target.scheme != KAFKA:
        return to_gateway(wanted.target, RESOURCE_USAGE, unsent, stop, log)
    kafka = replace(settings.kafka, bootstrap_servers=wanted.target.server)
    ensure_topic(kafka, _topic(wanted))
    return Delivery(open_sender(CLIENTS[0], kafka), stop, log, patience_s=_PATIENCE_S, unsent=unsent)
