"""The names of our keys, and which customers may not have theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.stream import IDENTIFIER_PATTERN
from metering.redis.keys import (
    CURSOR,
    INDEX,
    OFFERED,
    is_reserved,
    model_key,
    model_version,
    prediction_key,
    score_key,
)


def test_keys_are_those_that_other_programs_know() -> None:
    assert (INDEX, OFFERED, CURSOR) == ("pred_event:index", "1_day_event_users", "1_day_event_users:cursor")
    assert (prediction_key("c7"), score_key("c7"), model_key(3)) == ("pred_event:c7", "score:c7", "model:3")


@pytest.mark.parametrize("customer", [
    "1_day_event_users", "1_day_event_users:cursor", "1_day_event_users_of_mine", "pred_event:c7", "pred_event:index",
    "score:c7", "model:3", "index"])
def test_an_id_whose_keys_would_be_ours_is_reserved(customer: str) -> None:
    assert is_reserved(customer)


@pytest.mark.parametrize("customer", ["c7", "1", "1_day_event", "scores", "models:3", "Index", "pred_event"])
def test_other_ids_are_not(customer: str) -> None:
    assert not is_reserved(customer)


@given(
    one=st.from_regex(IDENTIFIER_PATTERN, fullmatch=True), other=st.from_regex(IDENTIFIER_PATTERN, fullmatch=True),
    version=st.integers(0, 10**9))
def test_no_two_things_share_a_key(one: str, other: str, version: int) -> None:
    customers = [name for name in {one, other} if not is_reserved(name)]

    keys = [key for name in customers for key in (name, prediction_key(name), score_key(name))]
    keys += [INDEX, OFFERED, CURSOR, model_key(version)]

    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("key", "version"), [
    ("model:3", 3), ("model:0", 0), ("model:", None), ("model:x", None), ("model:²", None), ("3", None),
    ("score:3", None)])
def test_a_models_version_is_read_from_its_key(key: str, version: int | None) -> None:
    assert model_version(key) == version
