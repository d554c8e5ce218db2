"""Reading a list of customers: what is accepted, and what is named."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.customer import Customer
from serving.customer_list import read_customer_list
from serving.errors import BadInput

HEADER = "customer id,name,age,gender,zip,address,sign date,status,level,campaign,linked with apps\n"
ROW = 'c1,Ana,31,F,80302,"1 Main St, Boulder",2013-02-17,1,GOLD,3,1\n'
ANA = Customer("c1", "Ana", "31", "F", "80302", "1 Main St, Boulder", "2013-02-17", "1", "GOLD", "3", "1")

ACCEPTED = {
    "without a header": ROW,
    "with a header": HEADER + ROW,
    "byte order mark and CRLF": "\ufeff" + (HEADER + ROW).replace("\n", "\r\n"),
    "columns in another order, one more, other names": (
        "Note,LEVEL,Linked-With-Apps,custID,sign_date,status,campaign,name,age,gender,zip,Address\n"
        'x,GOLD,1,c1,2013-02-17,1,3,Ana,31,F,80302,"1 Main St, Boulder"\n'),
    "a known level in another case": ROW.replace("GOLD", "gold"),
    "spaces around, empty lines": "\n" + ROW.replace(",F,", ", F ,") + "\n\n",
    "no last line end": ROW.rstrip(),
    "all quoted": '"c1","Ana","31","F","80302","1 Main St, Boulder","2013-02-17","1","GOLD","3","1"\n',
}
FAULTY = {
    "bad id": ("=c1,A,3,F,8,a,d,1,GOLD,3,1", ["line 2, id: '=c1'; want 1–64"]),
    "no id": (",A,3,F,8,a,d,1,GOLD,3,1", ["line 2, id: ''"]),
    "an id that is a key of ours": ("pred_event:c1,A,3,F,8,a,d,1,GOLD,3,1", ["line 2, id: 'pred_event:c1'; want one"]),
    "the index's id": ("index,A,3,F,8,a,d,1,GOLD,3,1", ["line 2, id: 'index'; want one that is no name of our own"]),
    "an age in words": ("c1,A,old,F,8,a,d,1,GOLD,3,1", ["line 2, age: 'old'; want whole years"]),
    "no level": ("c1,A,3,F,8,a,d,1,,3,1", ["line 2, level: ''; want a level, such as FREE"]),
    "the level of the unknown": ("c1,A,3,F,8,a,d,1,Unknown,3,1", ["line 2, level: 'Unknown'; want a level"]),
    "a control character": ("c1,A\x07,3,F,8,a,d,1,GOLD,3,1", ["line 2, name: 'A\\x07'; want printable"]),
    "NUL": ("c1,A,3,F,8,a\0,d,1,GOLD,3,1", ["line 2, address: 'a\\x00'; want printable"]),
    "an address with a bare comma": ("c1,A,3,F,8,1 Main St, Boulder,d,1,GOLD,3,1", ["line 2: 12 cells; want 11"]),
    "too few cells": ("c1,A", ["line 2: 2 cells; want 11"]),
    "several in a line": ("=,A,x,F,8,a,d,1,,3,1", ["line 2, id: '='", "line 2, age: 'x'", "line 2, level: ''"]),
    "an id twice": (
        "c1,A,3,F,8,a,d,1,GOLD,3,1\nc1,B,3,F,8,a,d,1,GOLD,3,1", ["line 3, id: 'c1'; want one that line 2 has not"]),
    "an open quote": ('c1,"A,3,F,8,a,d,1,GOLD,3,1', ["line 2: not CSV"]),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str) -> None:
    assert read_customer_list(ACCEPTED[case].encode()) == [ANA]


@pytest.mark.parametrize("case", FAULTY)
def test_every_faulty_line_is_named_with_line_and_column(case: str) -> None:
    lines, wanted = FAULTY[case]

    with pytest.raises(BadInput) as refused:
        read_customer_list((HEADER + lines + "\n").encode())

    assert len(refused.value.faults) == len(wanted)
    for fault, beginning in zip(refused.value.faults, wanted, strict=True):
        assert fault.startswith(beginning)


@pytest.mark.parametrize(("header", "named"), [
    (HEADER.replace("level,", ""), ["level"]), (HEADER.replace("customer id", "name"), ["id", "name"])])
def test_a_header_that_lacks_or_repeats_a_column_is_named(header: str, named: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        read_customer_list((header + ROW).encode())

    assert [fault.split(":")[0] for fault in refused.value.faults] == [f"line 1, {name}" for name in named]


def test_other_encodings_are_named_with_their_line() -> None:
    with pytest.raises(BadInput, match="line 2: byte 0xe9; want UTF-8"):
        read_customer_list(ROW.encode() + ROW.replace("c1", "c2").encode().replace(b"Ana", b"Ren\xe9"))


def test_many_faults_are_cut_short() -> None:
    with pytest.raises(BadInput) as refused:
        read_customer_list(b"c1\n" * 80)

    assert refused.value.faults[-1] == "and 30 more faults"


@pytest.mark.parametrize("text", ["", "\n\n", HEADER])
def test_a_file_without_customers_is_an_empty_list(text: str) -> None:
    assert read_customer_list(text.encode()) == []


@given(st.binary(max_size=200))
def test_any_bytes_give_customers_or_named_faults(raw: bytes) -> None:
    with contextlib.suppress(BadInput):
        read_customer_list(HEADER.encode() + raw)
