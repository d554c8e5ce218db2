"""The fake keeps the contract of the real clients."""

from __future__ import annotations

import pytest

from tests.lib.fake_sender import FakeSender
from tests.lib.sender_contract import Connect, SenderContract


class TestFakeSender(SenderContract):
    @pytest.fixture
    def connect(self) -> Connect:
        return FakeSender

    @pytest.fixture
    def topic(self) -> str:
        return "events"
