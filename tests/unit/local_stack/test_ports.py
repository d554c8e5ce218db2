"""Ports are chosen once and again only when someone took them."""

from __future__ import annotations

import socket
from pathlib import Path

from local_stack.ports import HIGHEST, LOWEST, Ports, accepts, free_port, is_free


def test_a_chosen_port_is_remembered_by_the_next_start(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json").settle("kafka")

    again = Ports(tmp_path / "ports.json").settle("kafka")

    assert again == first
    assert Ports(tmp_path / "ports.json").remembered("kafka") == first


def test_a_port_that_someone_took_is_chosen_anew(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    taken = ports.settle("kafka")
    with socket.create_server(("127.0.0.1", taken)):
        fresh = ports.settle("kafka")

    assert fresh != taken
    assert ports.remembered("kafka") == fresh


def test_two_services_of_a_home_never_share_a_port(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")

    chosen = [ports.settle(name) for name in ("kafka", "kafka_controller", "postgres")]

    assert len(set(chosen)) == 3
    assert all(LOWEST <= port < HIGHEST for port in chosen)


def test_a_broken_memory_of_ports_is_forgotten_not_fatal(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{half")

    assert Ports(tmp_path / "ports.json").remembered("kafka") is None


def test_only_a_listening_port_accepts() -> None:
    port = free_port(avoid=set())
    assert not accepts(port)

    with socket.create_server(("127.0.0.1", port)):
        assert accepts(port)
        assert not is_free(port)
