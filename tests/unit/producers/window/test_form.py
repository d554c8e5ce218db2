"""The window's fields: read, or every fault told by its field."""

from __future__ import annotations

import pytest

from producers.targets import Target
from producers.window.form import BadForm, Form, Wanted, read_form


def test_a_sound_form_is_read() -> None:
    wanted = read_form(Form(" vera ", "tcp://127.0.0.1:7070", " 5 "))

    assert wanted == Wanted("vera", Target("tcp", "127.0.0.1", 7070), 5)


@pytest.mark.parametrize(("form", "fields"), [
    (Form("", "", ""), {"machine", "target", "interval"}),
    (Form("a b", "tcp://127.0.0.1:7070", "5"), {"machine"}),
    (Form("vera", "http://127.0.0.1:7070", "5"), {"target"}),
    *((Form("vera", "tcp://127.0.0.1:7070", text), {"interval"})
      for text in ("0", "3601", "1.5", "-1", "x", "²", "9" * 99)),
])
def test_every_fault_is_told_by_its_field(form: Form, fields: set[str]) -> None:
    with pytest.raises(BadForm) as refused:
        read_form(form)

    assert refused.value.faults.keys() == fields
    assert all("ant " in fault for fault in refused.value.faults.values())
