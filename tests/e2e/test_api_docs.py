"""The API's document in a browser: drawn from our own files, under the strict policy, and it can be tried there."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Watched

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def test_a_question_can_be_tried_from_the_document(watched: Watched) -> None:
    watched.open("/api/v1/docs")
    page = watched.page

    page.locator("#operations-quotas-quotas").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    answer = page.locator(".live-responses-table tbody .response-col_status").first
    answer.wait_for()
    assert answer.inner_text().startswith("200")
