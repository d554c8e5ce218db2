"""The window itself: fields, buttons, figures and the last samples; what it does is the model's."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from tkinter import ttk
from typing import Any

from producers.window import look
from producers.window.form import INTERVAL, MACHINE, TARGET, BadForm, Form
from producers.window.model import Model, Shown, State

_REFRESH_MS = 200
_FIELDS = (
    (MACHINE, "Machine id", 0),
    (TARGET, "Target URL", 0),
    (INTERVAL, "Interval, seconds", 0),
)
_FIGURES = (("sent", "Sent"), ("acknowledged", "Acknowledged"), ("waiting", "Waiting"), ("refused", "Refused"))
_COLUMNS = (
    ("time", "Time (UTC)", 110), ("service", "Service", 140), ("cpu", "CPU %", 100), ("ram", "Memory %", 110),
    ("disk", "Disk %", 100), ("interval_s", "Seconds", 100),
)


class Window:
    """Built on a root; `asked_to_end` is looked at now and then, so that Ctrl-C in a terminal closes it too.

    Alt and the underlined letter, or Tab, reach every part. Enter starts, Esc stops; Esc again closes. Closing
    waits for the last answers and then ends; closing twice does not wait.
    """

    def __init__(
        self, root: tk.Tk, model: Model, form: Form, terms: str, asked_to_end: Callable[[], bool] = lambda: False
    ) -> None:
        self.root = root
        self._model = model
        self._asked_to_end = asked_to_end
        self._closing = False
        self._drawn: Shown | None = None
        self.entries: dict[str, ttk.Entry] = {}
        self._faults: dict[str, ttk.Label] = {}
        self.figures: dict[str, tk.StringVar] = {name: tk.StringVar(value="0") for name, _ in _FIGURES}
        self.condition, self.cost = tk.StringVar(), tk.StringVar()
        look.dress(root)
        frame = ttk.Frame(root, padding=16)
        frame.pack(fill="both", expand=True)
        frame.columnconfigure(1, weight=1)
        frame.rowconfigure(7, weight=1)
        self._add_fields(frame, form)
        self.start, self.stop = self._add_buttons(frame)
        self._add_figures(frame, terms)
        self.table = self._add_table(frame)
        ttk.Label(frame, textvariable=self.condition, style="Condition.TLabel", wraplength=660).grid(
            row=8, column=0, columnspan=2, sticky="ew", pady=(10, 0))
        self._bind_keys()
        self.entries[MACHINE].focus_set()
        root.update_idletasks()
        root.minsize(root.winfo_reqwidth(), root.winfo_reqheight())
        self._refresh()

    def _add_fields(self, frame: ttk.Frame, form: Form) -> None:
        for row, (name, text, underlined) in enumerate(_FIELDS):
            label = ttk.Label(frame, text=text, underline=underlined)
            label.grid(row=row, column=0, sticky="nw", padx=(0, 12), pady=(9, 0))
            beside = ttk.Frame(frame)
            beside.grid(row=row, column=1, sticky="ew", pady=(4, 0))
            entry = ttk.Entry(beside, name=name)
            entry.insert(0, getattr(form, name))
            entry.pack(fill="x")
            fault = ttk.Label(beside, style="Fault.TLabel", wraplength=520)
            self.entries[name], self._faults[name] = entry, fault
            self.root.bind(f"<Alt-{text[underlined].lower()}>", partial(self._go_to, entry))

    def _add_buttons(self, frame: ttk.Frame) -> tuple[ttk.Button, ttk.Button]:
        row = ttk.Frame(frame)
        row.grid(row=3, column=1, sticky="w", pady=(12, 4))
        start = ttk.Button(row, text="Start", underline=0, style="Start.TButton", command=self.on_start)
        stop = ttk.Button(row, text="Stop", underline=2, command=self.on_stop)
        close = ttk.Button(row, text="Close", underline=0, command=self.on_close)
        for button in (start, stop, close):
            button.pack(side="left", padx=(0, 8))
        return start, stop

    def _add_figures(self, frame: ttk.Frame, terms: str) -> None:
        row = ttk.Frame(frame)
        row.grid(row=4, column=0, columnspan=2, sticky="ew", pady=(10, 0))
        for column, (name, text) in enumerate(_FIGURES):
            row.columnconfigure(column, weight=1, uniform="figure")
            ttk.Label(row, text=text, style="Quiet.TLabel").grid(row=0, column=column, sticky="w")
            ttk.Label(row, textvariable=self.figures[name], style="Figure.TLabel").grid(
                row=1, column=column, sticky="w")
        row.columnconfigure(len(_FIGURES), weight=2)
        ttk.Label(row, text="Cost since start", style="Quiet.TLabel").grid(row=0, column=len(_FIGURES), sticky="w")
        ttk.Label(row, textvariable=self.cost, style="Figure.TLabel").grid(row=1, column=len(_FIGURES), sticky="w")
        ttk.Label(frame, text=f"Tariff: {terms}", style="Quiet.TLabel").grid(
            row=5, column=0, columnspan=2, sticky="w", pady=(4, 0))

    def _add_table(self, frame: ttk.Frame) -> ttk.Treeview:
        label = ttk.Label(frame, text="Last samples", underline=0)
        label.grid(row=6, column=0, columnspan=2, sticky="w", pady=(12, 4))
        table = ttk.Treeview(
            frame, columns=[name for name, _, _ in _COLUMNS], show="headings", height=8, selectmode="browse")
        for name, text, width in _COLUMNS:
            side: Any = "w" if name in ("time", "service") else "e"
            table.heading(name, text=text, anchor=side)
            table.column(name, width=width, anchor=side)
        table.grid(row=7, column=0, columnspan=2, sticky="nsew")
        self.root.bind("<Alt-l>", partial(self._go_to, table))
        return table

    def _bind_keys(self) -> None:
        self.root.protocol("WM_DELETE_WINDOW", self.on_close)
        keys: Sequence[tuple[str, Callable[[], None]]] = (
            ("<Alt-s>", self.on_start), ("<Alt-o>", self.on_stop), ("<Alt-c>", self.on_close),
            ("<Escape>", self.on_escape))
        for key, act in keys:
            self.root.bind(key, partial(_act, act))
        for entry in self.entries.values():
            entry.bind("<Return>", partial(_act, self.on_start))
            entry.bind("<KP_Enter>", partial(_act, self.on_start))
        for key in ("<Return>", "<KP_Enter>"):
            self.root.bind_class("TButton", key, lambda event: event.widget.event_generate("<space>"))

    def _go_to(self, widget: tk.Widget, event: object = None) -> str:
        widget.focus_set()
        return "break"

    def on_start(self) -> None:
        """Start to send what the fields say, or say beside each field what is wrong with it."""
        faults: dict[str, str] = {}
        try:
            self._model.start(Form(**{name: entry.get() for name, entry in self.entries.items()}))
        except BadForm as error:
            faults = error.faults
        for name, label in self._faults.items():
            label.configure(text=faults.get(name, ""))
            label.pack(fill="x") if name in faults else label.pack_forget()
        if faults:
            self.entries[next(name for name, _, _ in _FIELDS if name in faults)].focus_set()
        self._draw()

    def on_stop(self) -> None:
        self._model.stop()
        self._draw()

    def on_escape(self) -> None:
        """Stop; where nothing is sent, close."""
        self.on_close() if self._model.shown.state is State.STOPPED else self.on_stop()

    def on_close(self) -> None:
        """Stop, and end once the sending has ended; a second time: without waiting for answers."""
        self._closing = True
        self.on_stop()

    def _refresh(self) -> None:
        if self._asked_to_end() and not self._closing:
            self.on_close()
        if self._closing and self._model.shown.state is State.STOPPED and self._model.join(0):
            self.root.destroy()
            return
        self._draw()
        self.root.after(_REFRESH_MS, self._refresh)

    def _draw(self) -> None:
        shown = self._model.shown
        if shown == self._drawn:
            return
        stopped = shown.state is State.STOPPED
        self.start.state(["!disabled"] if stopped else ["disabled"])
        self.stop.state(["disabled"] if stopped else ["!disabled"])
        for entry in self.entries.values():
            entry.state(["!readonly"] if stopped else ["readonly"])
        for name, variable in self.figures.items():
            variable.set(str(getattr(shown.counts, name)))
        self.cost.set(shown.cost)
        stopping = "Stopping: waiting for the last answers …" if shown.state is State.STOPPING else shown.condition
        self.condition.set(stopping)
        if self._drawn is None or shown.samples != self._drawn.samples:
            self._draw_samples(shown.samples)
        self._drawn = shown

    def _draw_samples(self, samples: Sequence[dict[str, Any]]) -> None:
        with suppress(tk.TclError):
            self.table.delete(*self.table.get_children())
        for sample in samples:
            self.table.insert("", "end", values=[_cell(sample, name) for name, _, _ in _COLUMNS])


def _act(act: Callable[[], None], event: object = None) -> str:
    act()
    return "break"


def _cell(sample: dict[str, Any], column: str) -> str:
    if column == "time":
        return datetime.fromtimestamp(sample["timestamp"], UTC).strftime("%H:%M:%S")
    value = sample[column]
    if column in ("cpu", "ram", "disk"):
        return "unknown" if value is None else f"{value:.3f}"
    return str(value)
