"""Reading a list of users: what is accepted, and what is named."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import BadInput
from serving.user_list import MAX_QUOTA, User, read_user_list

HEADER = "id,name,email,quota\n"
FEDE = User("u5", "Fede", "fede@gmail.com", 5000)
LINE = "u5,Fede,fede@gmail.com,5000\n"

ACCEPTED = {
    "plain": (HEADER + LINE).encode(),
    "byte order mark and CRLF": b"\xef\xbb\xbf" + (HEADER + LINE).replace("\n", "\r\n").encode(),
    "columns in another order, one more, capitals": b"Email,QUOTA,note,id,name\nfede@gmail.com,5000,x,u5,Fede\n",
    "spaces around, empty lines": b"id, name ,email,quota\n\n u5 , Fede,fede@gmail.com, 5000\n\n",
    "no last line end": (HEADER + LINE).rstrip().encode(),
    "quoted": b'"id","name","email","quota"\n"u5","Fede","fede@gmail.com","5000"\n',
}
FAULTY = {
    "bad id": ("=cmd,F,f@x.org,1", ["line 2, id: '=cmd'; want 1–64"]),
    "empty id": (",F,f@x.org,1", ["line 2, id: ''"]),
    "long id": ("a" * 65 + ",F,f@x.org,1", ["line 2, id: 'aaa"]),
    "no name": ("u,,f@x.org,1", ["line 2, name: ''"]),
    "control character in the name": ("u,F\x07,f@x.org,1", ["line 2, name: 'F\\x07'"]),
    "bad email": ("u,F,f.x.org,1", ["line 2, email: 'f.x.org'; want an address"]),
    "negative quota": ("u,F,f@x.org,-1", ["line 2, quota: '-1'; want whole bytes"]),
    "quota with a fraction": ("u,F,f@x.org,1.0", ["line 2, quota: '1.0'"]),
    "quota in other digits": ("u,F,f@x.org,١", ["line 2, quota: '١'"]),
    "quota beyond bigint": (f"u,F,f@x.org,{MAX_QUOTA + 1}", [f"line 2, quota: '{MAX_QUOTA + 1}'"]),
    "several in a line": ("=,F,f,x", ["line 2, id: '='", "line 2, email: 'f'", "line 2, quota: 'x'"]),
    "too few cells": ("u,F", ["line 2: 2 cells; want 4 or more"]),
    "an id twice": ("u,F,f@x.org,1\nu,G,g@x.org,1", ["line 3, id: 'u'; want one that line 2 has not"]),
    "an email twice": ("u,F,f@x.org,1\nv,G,f@x.org,1", ["line 3, email: 'f@x.org'; want one that line 2 has not"]),
    "an open quote": ('u,"F,f@x.org,1', ["line 2: not CSV"]),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str) -> None:
    assert read_user_list(ACCEPTED[case]) == [FEDE]


@pytest.mark.parametrize("case", FAULTY)
def test_every_faulty_line_is_named_with_line_and_column(case: str) -> None:
    lines, wanted = FAULTY[case]

    with pytest.raises(BadInput) as refused:
        read_user_list((HEADER + lines + "\n").encode())

    assert len(refused.value.faults) == len(wanted)
    for fault, beginning in zip(refused.value.faults, wanted, strict=True):
        assert fault.startswith(beginning)


@pytest.mark.parametrize(("header", "named"), [
    ("id,name,quota", ["email"]), ("", ["id", "name", "email", "quota"]), ("id,id,name,email,quota", ["id"])])
def test_a_header_that_lacks_or_repeats_a_column_is_named(header: str, named: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        read_user_list(f"{header}\n{LINE}".encode())

    assert [fault.split(":")[0] for fault in refused.value.faults] == [f"line 1, {name}" for name in named]


def test_other_encodings_are_named_with_their_line() -> None:
    with pytest.raises(BadInput, match="line 3: byte 0xe9; want UTF-8"):
        read_user_list((HEADER + LINE).encode() + b"u6,Ren\xe9,r@x.org,1\n")


def test_many_faults_are_cut_short() -> None:
    with pytest.raises(BadInput) as refused:
        read_user_list((HEADER + "u\n" * 80).encode())

    assert refused.value.faults[-1] == "and 30 more faults"
    assert len(refused.value.faults) == 51


def test_a_header_alone_is_an_empty_list() -> None:
    assert read_user_list(HEADER.encode()) == []


@given(st.binary(max_size=200))
def test_any_bytes_give_users_or_named_faults(raw: bytes) -> None:
    with contextlib.suppress(BadInput):
        read_user_list(HEADER.encode() + raw)
