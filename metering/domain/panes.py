"""The trigger machine: one fixed window of one key, fed with elements, fires panes by watermark and processing time.

The meaning is that of the Beam model: windows, watermark, triggers, allowed lateness. Times are epoch microseconds,
UTC. The same timeline gives the same panes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from metering.domain.rollup import MICROSECONDS


class Timing(StrEnum):
    """When a pane fired, relative to the watermark's passing of the window's end."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


@dataclass(frozen=True)
class PaneRules:
    """When panes fire, in seconds: `early_s`, `late_s` of processing time, `lateness_s`, `bound_s` of the watermark.

    `early_s`: after a pane's first element, while the watermark is before the window's end; `late_s`: the same after
    it. `lateness_s`: so long after its end, by the watermark, a window still takes elements.
    """

    early_s: int = 10
    late_s: int = 30
    lateness_s: int = 3600
    bound_s: int = 5

    @property
    def lateness_us(self) -> int:
        return self.lateness_s * MICROSECONDS

    @property
    def bound_us(self) -> int:
        return self.bound_s * MICROSECONDS


USUAL_RULES = PaneRules()


@dataclass(frozen=True)
class Element:
    """What a window is fed: one event, or several as their sum; with -1 event, one that is taken back."""

    value: Decimal
    events: int = 1


@dataclass(frozen=True)
class Pane:
    """A firing: `value`, `events` are what is new (discarding), the totals all so far (accumulating)."""

    number: int
    timing: Timing
    value: Decimal
    events: int
    total_value: Decimal
    total_events: int
    is_last: bool = False


@dataclass(frozen=True)
class Window:
    """The state of one window of one key between two steps.

    `value`, `events`: pending, of no pane yet; the totals include them. `panes`: how many have fired. `on_time`: its
    pane on time has fired, or it began too late to have one. `due_at`: the processing time at which what is pending
    fires; None: nothing is pending. `closed`: no further element, no further pane.
    """

    end: int
    value: Decimal = Decimal(0)
    events: int = 0
    total_value: Decimal = Decimal(0)
    total_events: int = 0
    panes: int = 0
    on_time: bool = False
    due_at: int | None = None
    closed: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it never held an element."""
        return self.due_at is None and not self.panes

    def closes_at(self, rules: PaneRules) -> int:
        """The watermark at which it closes."""
        return self.end + rules.lateness_us

    def due_watermark(self, rules: PaneRules) -> int:
        """The watermark at which it is due next: for its pane on time, then for its close."""
        return self.closes_at(rules) if self.on_time else self.end


def is_too_late(end: int, watermark: int | None, rules: PaneRules) -> bool:
    """Whether the window that ends at `end` is closed at this watermark, or would be, did it exist."""
    return watermark is not None and watermark >= end + rules.lateness_us


def feed(
    window: Window, elements: Iterable[Element], now: int, watermark: int | None, rules: PaneRules
) -> tuple[Window, tuple[Element, ...]]:
    """The window with the elements pending, and those that came too late and joined nothing.

    `watermark` is the one from before the elements came; None: none yet. A window that begins when the watermark has
    reached its end already has no pane on time: what it holds is late.
    """
    given = tuple(elements)
    if window.closed or is_too_late(window.end, watermark, rules):
        return window, given
    if not given:
        return window, ()
    value, events = sum((one.value for one in given), Decimal(0)), sum(one.events for one in given)
    late = window.on_time or (window.is_new and watermark is not None and watermark >= window.end)
    wait_s = rules.late_s if late else rules.early_s
    return replace(
        window, value=window.value + value, events=window.events + events, total_value=window.total_value + value,
        total_events=window.total_events + events, on_time=late,
        due_at=now + wait_s * MICROSECONDS if window.due_at is None else window.due_at), ()


def advance(window: Window, watermark: int | None, now: int, rules: PaneRules) -> tuple[tuple[Pane, ...], Window]:
    """The panes that are due at this watermark and processing time (one at most), and the window after them.

    A window that closes with nothing pending fires nothing more: its pane before is its last. A repeat fires nothing.
    """
    if window.closed:
        return (), window
    timing = _due(window, watermark, now, rules)
    closes = is_too_late(window.end, watermark, rules)
    passed = window.on_time or timing is Timing.ON_TIME
    if timing is None:
        return (), replace(window, closed=closes)
    pane = Pane(
        window.panes, timing, window.value, window.events, window.total_value, window.total_events, is_last=closes)
    return (pane,), replace(
        window, value=Decimal(0), events=0, panes=window.panes + 1, on_time=passed, due_at=None, closed=closes)


def _due(window: Window, watermark: int | None, now: int, rules: PaneRules) -> Timing | None:
    """The pane on time goes before all: it takes what is pending, early or late due."""
    if not window.on_time and watermark is not None and watermark >= window.end:
        return Timing.ON_TIME
    if window.due_at is None:
        return None
    if is_too_late(window.end, watermark, rules):
        return Timing.LATE
    if now < window.due_at:
        return None
    return Timing.LATE if window.on_time else Timing.EARLY
