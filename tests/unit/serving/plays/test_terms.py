"""What is typed, read into words and conditions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.plays.facets import counted, found_in, key_of, text_of
from serving.plays.terms import FIELDS, NumberIs, Terms, TextIs, lower, parse_terms, words_of
from serving.ranges import ParameterFault


@pytest.mark.parametrize(("typed", "read"), [
    ("", Terms()),
    ("Gold  gold BERLIN", Terms(("gold", "berlin"))),
    ("c:007", Terms(("c:007",))),
    ("unknown_field:Some", Terms(("unknown_field:some",))),
    ("Level:gold", Terms(("level:gold",))),
    ("level:GOLD x", Terms(("x",), (TextIs("level", "gold"),))),
    ('name:"Ann Lee"', Terms((), (TextIs("name", "ann lee"),))),
    ("name:None", Terms((), (TextIs("name", None),))),
    ("send_event:1.0", Terms((), (TextIs("send_event", "1"),))),
    ("send_event:<1", Terms((), (NumberIs("send_event", "<", 1.0),))),
    ("probability:>=0.25", Terms((), (NumberIs("probability", ">=", 0.25),))),
    ("model_version:none", Terms((), (NumberIs("model_version", "=", None),))),
])
def test_typed_text_is_read(typed: str, read: Terms) -> None:
    assert parse_terms(typed) == read


@pytest.mark.parametrize("typed", [
    "probability:x", "probability:nan", "partition:inf", "level:>3", "probability:>none", "x" * 301, "a\0", "\ud800"])
def test_what_cannot_be_read_is_a_fault_of_q(typed: str) -> None:
    with pytest.raises(ParameterFault) as fault:
        parse_terms(typed)
    assert fault.value.field == "q"


@given(st.text(max_size=300))
def test_any_text_is_read_or_a_fault(typed: str) -> None:
    try:
        terms = parse_terms(typed)
    except ParameterFault:
        return
    assert all(words_of(word) == [word] for word in terms.words)
    assert all(condition.field in FIELDS for condition in terms.conditions)


def test_only_a_to_z_change_their_case() -> None:
    assert lower("ÄAİK\u212a") == "Äaİk\u212a"


@given(st.lists(st.one_of(st.none(), st.text(max_size=80)), min_size=6, max_size=6))
def test_a_facet_text_gives_its_values_again_as_far_as_they_are_kept(values: list[str | None]) -> None:
    found = key_of(text_of(values))

    assert len(found) == 6
    for value, kept in zip(values, found, strict=True):
        assert kept == ("none" if value is None else value.replace("\x1f", " ").replace("\x1e", " ")[:64])


def test_a_facet_counts_without_its_own_filter_and_shows_what_is_chosen_first() -> None:
    cube = {
        ("GOLD", "1", "1", "0", "scored", "1"): 5, ("GOLD", "1", "0", "0", "scored", "1"): 2,
        ("FREE", "1", "1", "0", "scored", "2"): 7}
    level, _, mobile, *_ = counted(cube, {"level": ("GOLD", "GONE"), "is_mobile": ("1",)})

    assert [(one.value, one.plays, one.chosen) for one in level.values] == [
        ("GOLD", 5, True), ("GONE", 0, True), ("FREE", 7, False)]
    assert [(one.value, one.plays) for one in mobile.values] == [("1", 5), ("0", 2)]
    assert found_in(cube, {"level": ("GOLD",), "is_mobile": ("1",)}) == 5
