"""The split and the fingerprint."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ml.dataset import Dataset, dataset, trains

IDS = [f"c{number}" for number in range(5000)]


def rows(ids: list[str], first: float = 0.5) -> Dataset:
    return dataset(["a"], ids, [0] * len(ids), [[first]] + [[0.5]] * (len(ids) - 1), "UTC")


@pytest.mark.parametrize("seed", [7, 8, 12345])
def test_about_seven_of_ten_are_trained_with(seed: int) -> None:
    assert 0.67 < sum(trains(customer, seed) for customer in IDS) / len(IDS) < 0.73


def test_a_customers_side_is_the_hash_of_id_and_seed_alone() -> None:
    assert [trains(customer, 7) for customer in IDS[:50]] == [
        int(sha256(f"{customer}:7".encode()).hexdigest()[:8], 16) < 0.7 * 2**32 for customer in IDS[:50]]
    training, test = rows(IDS).split(7)
    more, _ = rows([*IDS, "another"]).split(7)
    assert set(more.ids) - {"another"} == set(training.ids)
    assert sorted([*training.ids, *test.ids]) == sorted(IDS)


def test_another_seed_splits_otherwise() -> None:
    assert rows(IDS).split(7)[0].ids != rows(IDS).split(8)[0].ids


def test_the_fingerprint_changes_with_any_bit_of_content() -> None:
    one = rows(["x", "y"])

    assert one.fingerprint == rows(["x", "y"]).fingerprint
    others = [rows(["x", "z"]), rows(["x", "y"], 0.5000000000000001), rows(["y", "x"]),
              Dataset(one.names, one.ids, one.labels, one.values, "Europe/Madrid"),
              Dataset(("b",), one.ids, one.labels, one.values, "UTC"),
              Dataset(one.names, one.ids, 1 - one.labels, one.values, "UTC")]
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 7
