"""What the drill of late data takes for a whole chain of corrections."""

from __future__ import annotations

from tests.drills.late import leads


def test_steps_from_start_to_end_lead_there() -> None:
    assert leads(3, [(3, 5), (5, 9)], 9)
    assert leads(3, [], 3)


def test_a_missing_a_repeated_or_an_empty_step_does_not() -> None:
    assert not leads(3, [], 9)
    assert not leads(3, [(5, 9)], 9)
    assert not leads(3, [(3, 9), (3, 9)], 9)
    assert not leads(3, [(3, 3), (3, 9)], 9)
    assert not leads(3, [(3, 8)], 9)
