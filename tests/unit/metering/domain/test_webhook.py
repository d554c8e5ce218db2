"""What a receiver relies on: the signature, one form of the body, pauses that grow and end."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from metering.domain.webhook import LONGEST_PAUSE_S, canonical, pause_s, signature


def test_the_signature_is_that_of_an_independent_calculation() -> None:
    # printf '1764000000.{"a":1}' | openssl dgst -sha256 -hmac 'a secret of at least 32 characters'
    assert signature("a secret of at least 32 characters", 1764000000, b'{"a":1}') == (
        "t=1764000000,v1=0bdc619fc8acace5c7ee935f692f26a67a5602a4e41b3be87890306e08eca4f3")


@given(st.binary(), st.binary(), st.integers(0, 2**40), st.integers(0, 2**40))
def test_another_body_or_another_time_has_another_signature(one: bytes, other: bytes, at: int, later: int) -> None:
    assert (signature("s", at, one) == signature("s", later, other)) == ((at, one) == (later, other))


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text()))
def test_the_body_does_not_depend_on_the_order_of_its_fields(payload: dict[str, object]) -> None:
    turned = dict(reversed(payload.items()))

    assert canonical(turned) == canonical(payload)
    assert json.loads(canonical(payload)) == payload


@given(st.integers(1, 10**6))
def test_pauses_never_shrink_and_never_pass_an_hour(tries: int) -> None:
    assert 1 <= pause_s(tries) <= pause_s(tries + 1) <= LONGEST_PAUSE_S
