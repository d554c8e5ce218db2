"""The window on a virtual display, driven by its keys, with a real connection behind it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metering.settings import child_environment, load
from metering.tariff_file import load_tariff
from metering.telemetry import Log
from producers.window import command
from producers.window.bill import Bill
from producers.window.form import Form
from producers.window.model import Model, State
from tests.lib.line_server import LineServer
from tests.lib.running import Running
from tests.lib.virtual_display import find_xvfb, virtual_display

if TYPE_CHECKING:
    from producers.window.view import Window

_ROOT = Path(__file__).parents[2]
PICTURE = _ROOT / "build" / "window.png"
_WITHIN_S = 20.0


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    pytest.importorskip("tkinter", reason="no window: tkinter is missing")
    xvfb = find_xvfb()
    if xvfb is None:
        pytest.skip("no window: Xvfb is missing")
    with virtual_display(xvfb) as name:
        yield name


@pytest.fixture
def server() -> Iterator[LineServer]:
    server = LineServer().start()
    yield server
    server.stop()


class Shown:
    """The window in this process. `until` keeps it alive while it waits."""

    def __init__(self, display: str, server: LineServer, folder: Path) -> None:
        import tkinter as tk

        from producers.window.view import Window

        log, tariff = Log("test"), load_tariff(_ROOT / "conf")
        self.root = tk.Tk(screenName=display)
        self.display = display
        self.model = Model(
            partial(command._connect, load(), folder / "unsent.jsonl", log), partial(command._sampler, log),
            partial(Bill, tariff), log)
        form = Form("vera", f"tcp://127.0.0.1:{server.port}", "1")
        self.window: Window = Window(self.root, self.model, form, Bill(tariff).terms)
        self.root.title("Lambdameter")
        self.root.focus_force()
        self.window.entries["machine"].focus_force()
        self.until(lambda: self.root.focus_get() is not None, "it has the focus")

    def key(self, *names: str) -> None:
        """Press keys where the focus is."""
        for name in names:
            widget = self.root.focus_get()
            assert widget is not None
            widget.event_generate(f"<{name}>")
            self.root.update()

    def type(self, text: str) -> None:
        """Replace what is in the field that has the focus."""
        entry = self.root.focus_get()
        assert entry in self.window.entries.values()
        self.key("Control-slash")
        for letter in text:
            entry.event_generate("<Key>", keysym=_KEYSYMS.get(letter, letter))
        self.root.update()

    def until(self, holds: Callable[[], object], what: str) -> None:
        ends_s = time.monotonic() + _WITHIN_S
        while not holds():
            assert time.monotonic() < ends_s, what
            self.root.update()
            time.sleep(0.02)

    @property
    def closed(self) -> bool:
        import tkinter as tk

        try:
            return not self.root.winfo_exists()
        except tk.TclError:
            return True

    @property
    def faults(self) -> dict[str, str]:
        return {name: str(label["text"]) for name, label in self.window._faults.items() if label["text"]}

    def picture(self, file: Path) -> None:
        from PIL import ImageGrab

        left, top = self.root.winfo_rootx(), self.root.winfo_rooty()
        box = (left, top, left + self.root.winfo_width(), top + self.root.winfo_height())
        file.parent.mkdir(exist_ok=True)
        ImageGrab.grab(bbox=box, xdisplay=self.display).save(file)


_KEYSYMS = {" ": "space", "/": "slash", ":": "colon", ".": "period", "-": "minus"}


@pytest.fixture
def shown(display: str, server: LineServer, tmp_path: Path) -> Iterator[Shown]:
    shown = Shown(display, server, tmp_path)
    yield shown
    if not shown.closed:
        shown.window.on_close()
        shown.window.on_close()
        shown.until(lambda: shown.closed, "it closes")


def test_enter_starts_and_escape_stops_and_closes_without_leaving_a_thread(shown: Shown, server: LineServer) -> None:
    shown.key("Return", "Return", "Alt-s")
    shown.until(lambda: len(shown.model.shown.samples) >= 3 and not shown.model.shown.counts.waiting, "three samples")
    shown.until(lambda: shown.window.figures["acknowledged"].get() >= "3", "three acknowledged")
    shown.picture(PICTURE)
    first = shown.window.table.item(shown.window.table.get_children()[0])["values"]

    shown.key("Escape")
    shown.until(lambda: shown.model.shown.state is State.STOPPED, "stopped")
    counts = shown.model.shown.counts
    shown.key("Escape")
    shown.until(lambda: shown.closed, "closed")

    assert server.connections == 1
    assert counts.sent == counts.acknowledged == len(server.lines) == len(set(server.event_ids))
    assert {sample["machine_id"] for sample in server.samples} == {"vera"}
    assert first[1] == "host"
    assert shown.model.shown.cost.endswith(" EUR")
    assert shown.model.shown.cost > "0.000000 EUR"
    assert {"sending", "gateway"}.isdisjoint(thread.name for thread in threading.enumerate())
    assert PICTURE.stat().st_size > 5_000


def test_tab_goes_through_the_fields_and_buttons_in_order_and_back(shown: Shown) -> None:
    order = []
    for _ in range(6):
        order.append(shown.root.focus_get())
        shown.key("Tab")

    window = shown.window
    assert order[:4] == [*window.entries.values(), window.start]  # Stop is of no use yet
    assert str(order[4]["text"]) == "Close"  # type: ignore[index]
    assert order[5] is window.table
    shown.key("Shift-Tab", "Shift-Tab")
    assert str(shown.root.focus_get()["text"]) == "Close"  # type: ignore[index]


def test_alt_and_a_letter_reach_every_field(shown: Shown) -> None:
    for letter, name in (("t", "target"), ("i", "interval"), ("m", "machine")):
        shown.key(f"Alt-{letter}")
        assert shown.root.focus_get() is shown.window.entries[name]
    shown.key("Alt-l")
    assert shown.root.focus_get() is shown.window.table


def test_bad_input_is_told_beside_its_field_and_sends_nothing(shown: Shown, server: LineServer) -> None:
    shown.key("Alt-t")
    shown.type("http://x")
    shown.key("Alt-i")
    shown.type("0")
    shown.key("Return")

    assert shown.faults.keys() == {"target", "interval"}
    assert "want tcp://HOST:PORT or kafka://HOST:PORT[/TOPIC]" in shown.faults["target"]
    assert shown.root.focus_get() is shown.window.entries["target"]
    assert shown.model.shown.state is State.STOPPED

    shown.type(f"tcp://127.0.0.1:{server.port}")
    shown.key("Alt-i")
    shown.type("1")
    shown.key("Tab", "space")
    assert not shown.faults
    shown.until(lambda: server.lines, "a sample came")


def test_closing_while_it_sends_delivers_what_was_taken(shown: Shown, server: LineServer) -> None:
    shown.key("Return")
    shown.until(lambda: server.lines, "a sample came")

    shown.key("Alt-c")
    shown.until(lambda: shown.closed, "closed")

    counts = shown.model.shown.counts
    assert shown.model.shown.state is State.STOPPED
    assert counts.sent == counts.acknowledged == len(server.lines)


def test_the_command_shows_it_and_ends_in_order_when_asked(display: str, tmp_path: Path) -> None:
    running = Running(
        [sys.executable, "-m", "producers", "window", "--unsent", str(tmp_path / "unsent.jsonl")],
        child_environment(DISPLAY=display, LAMBDAMETER_HOME=str(tmp_path), LAMBDAMETER_LOG="json"), tmp_path / "log")
    try:
        running.wait_for("the window is open", within_s=30)
        running.interrupt()
        assert running.wait(20) == 0, running.text
    finally:
        running.kill()


def test_without_a_display_it_says_so_with_status_2(tmp_path: Path) -> None:
    pytest.importorskip("tkinter", reason="no window: tkinter is missing")
    environment = child_environment(LAMBDAMETER_HOME=str(tmp_path))
    environment.pop("DISPLAY", None)

    ended = subprocess.run(
        [sys.executable, "-m", "producers", "window"], env=environment, capture_output=True, text=True, timeout=60,
        check=False)

    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith("producers: no display to show a window on")
