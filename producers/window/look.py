"""Colours, spaces and letters of the window."""

from __future__ import annotations

import tkinter as tk
from tkinter import font, ttk

_INK, _QUIET, _PAPER, _CARD = "#1d2733", "#566472", "#f4f6f8", "#ffffff"
_LINE, _ACCENT, _ACCENT_DARK, _FAULT = "#b9c3cd", "#0b6e75", "#08545a", "#a3262a"


def dress(root: tk.Tk) -> None:
    """Give every widget of the root its looks; what has the focus has a strong border."""
    root.configure(background=_PAPER)
    style = ttk.Style(root)
    style.theme_use("clam")
    size = font.nametofont("TkDefaultFont").actual("size")
    base = font.nametofont("TkDefaultFont")
    base.configure(size=max(10, abs(size)))
    font.nametofont("TkTextFont").configure(size=max(10, abs(size)))
    figure = font.Font(root, name="Figure", exists=False, **base.actual())
    figure.configure(size=14, weight="bold")
    style.configure(".", background=_PAPER, foreground=_INK, bordercolor=_LINE, lightcolor=_PAPER, darkcolor=_PAPER)
    style.configure("Quiet.TLabel", foreground=_QUIET)
    style.configure("Figure.TLabel", font=figure)
    style.configure("Fault.TLabel", foreground=_FAULT)
    style.configure("Condition.TLabel", foreground=_INK, background=_CARD, padding=(10, 8))
    _dress_controls(style)
    row = font.nametofont("TkDefaultFont").metrics("linespace") + 8
    style.configure("Treeview", rowheight=row, background=_CARD, fieldbackground=_CARD, foreground=_INK)
    style.configure("Treeview.Heading", background=_PAPER, foreground=_QUIET, relief="flat", padding=(4, 4))
    style.map("Treeview", background=[("selected", _ACCENT)], bordercolor=[("focus", _ACCENT)])


def _dress_controls(style: ttk.Style) -> None:
    style.configure("TEntry", fieldbackground=_CARD, padding=(6, 5))
    style.map(
        "TEntry", bordercolor=[("focus", _ACCENT)], lightcolor=[("focus", _ACCENT)],
        fieldbackground=[("readonly", _PAPER)], foreground=[("readonly", _QUIET)])
    style.configure("TButton", padding=(16, 6), background=_CARD, focuscolor=_INK)
    style.map(
        "TButton", background=[("disabled", _PAPER), ("active", "#e6ebef")], foreground=[("disabled", _QUIET)],
        bordercolor=[("focus", _ACCENT)], lightcolor=[("focus", _ACCENT)], darkcolor=[("focus", _ACCENT)])
    style.configure("Start.TButton", background=_ACCENT, foreground="#ffffff", focuscolor="#ffffff")
    style.map(
        "Start.TButton", background=[("disabled", _PAPER), ("active", _ACCENT_DARK)],
        foreground=[("disabled", _QUIET)],
        bordercolor=[("focus", _INK)], lightcolor=[("focus", _INK)], darkcolor=[("focus", _INK)])
