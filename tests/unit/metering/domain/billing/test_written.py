"""A version as text is read back as the same version."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from metering.domain.billing.tariffs import TariffVersion, read_versions, version_of
from metering.domain.billing.written import written
from tests.lib.sample_tariffs import PRICES, spec, versions


@given(versions)
def test_what_is_written_is_read_back(version: TariffVersion) -> None:
    assert read_versions(written(version), "text") == [version]


@pytest.mark.parametrize("model", PRICES)
def test_with_parts_and_customers_too(model: str) -> None:
    version = version_of(spec(
        "m", model, subject="machine_percent_hours", of="memory", customers=["web-1", "db.2"], period="day"))

    assert read_versions(written(version), "text") == [version]
    assert read_versions(written(version) + written(replace(version, name="n")), "text")[0] == version
