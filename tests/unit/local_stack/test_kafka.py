"""Kafka's cluster id."""

from __future__ import annotations

from uuid import UUID

from local_stack.kafka import cluster_id


def test_a_cluster_id_never_looks_like_an_option() -> None:
    drawn = iter([UUID(bytes=b"\xfb" + b"\xff" * 15), UUID(bytes=b"\xf8" + bytes(15)), UUID(bytes=bytes(16))])

    assert cluster_id(lambda: next(drawn)) == "A" * 22
    assert len(cluster_id()) == 22
