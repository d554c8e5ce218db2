"""A chunk of samples, drawn at once: part after part is sampled, round after round."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from producers.generate.chunk import Order, lateness, order, uuids
from producers.generate.machines.fleet import parts
from producers.generate.machines.writer import HIGHEST, UNKNOWN, Drawn, Writer
from producers.generate.plan import CHUNK, Plan

_DISKS_UNKNOWN = 0.05
_LOADS_UNKNOWN = 0.005
_BURSTS = 0.01
"""Shares of the samples: disk not known; neither cpu nor ram known; four times as far from its level."""

_EMPTIEST, _BETWEEN_MACHINES, _DISK_STRAY = 18_000, 7_300, 1_500
"""Thousandths of a percent: the fullness of disks, machine by machine, and how far a reading strays from it."""


def begin(plan: Plan) -> Callable[[int], tuple[Writer, Order]]:
    """Gives what draws the plan's chunks by their numbers."""
    fleet = parts(plan.subjects)
    machine = np.array([int(part.machine_id.rpartition("-")[2]) for part in fleet])

    def chunk(number: int) -> tuple[Writer, Order]:
        random, samples = plan.randomness(number), plan.size_of(number)
        place = number * CHUNK + np.arange(samples)
        late_ms = lateness(random, samples, plan.faults.late)
        part = place % len(fleet)
        drawn = Drawn(
            event_id=uuids(random, samples), part=part, cpu=_stray(random, samples), ram=_stray(random, samples),
            known=random.random(samples) >= _LOADS_UNKNOWN, disk=_disks(random, machine[part]), late_ms=late_ms,
            time_ms=_times(plan, place + random.random(samples)))
        return Writer(fleet, plan.interval_s or 1, drawn), order(plan, random, late_ms)

    return chunk


def _stray(random: np.random.Generator, samples: int) -> NDArray[np.float64]:
    """Mostly -1 to 1, near 0 more often than far from it; now and then a burst."""
    strays = random.random(samples) - random.random(samples)
    return np.asarray(np.where(random.random(samples) < _BURSTS, 4 * np.abs(strays), strays))


def _disks(random: np.random.Generator, machine: NDArray[np.int64]) -> NDArray[np.int64]:
    level = _EMPTIEST + machine * _BETWEEN_MACHINES % (HIGHEST - _EMPTIEST - _DISK_STRAY)
    full = level + (random.random(len(machine)) * _DISK_STRAY).astype(np.int64)
    return np.where(random.random(len(machine)) < _DISKS_UNKNOWN, UNKNOWN, full)


def _times(plan: Plan, places: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """Sample number i of N lies in the i-th of N equal spans of the range, so that rounds are evenly spaced."""
    if plan.to_ms is None or plan.events is None:
        return None
    span_ms = (plan.to_ms - plan.from_ms) / plan.events
    return np.minimum(plan.from_ms + (places * span_ms).astype(np.int64), plan.to_ms - 1)
