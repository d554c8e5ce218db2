"""Jars are what jars.lock names, or they are not used."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from metering.domain.errors import Damaged
from metering.spark import jars
from metering.spark.ivy import Module, ivy_file, proxy_options, reason
from metering.spark.lock import LockedJar, check, is_whole, read_lock, write_lock
from metering.spark.trust import trust_store

GOOD = b"a jar"
JAR = LockedJar(hashlib.sha256(GOOD).hexdigest(), "tools", "tool-1.jar", "org.example:tool:1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one good jar."""
    (tmp_path / JAR.file_name).write_bytes(GOOD)
    return tmp_path


def test_the_committed_lock_names_every_set_by_sums() -> None:
    locked = read_lock()

    assert set(locked) == {jar_set.name for jar_set in jars.SETS}
    assert {jar.file_name for jar in locked["spark-kafka"]} == {
        f"{module.name}-{module.revision}.jar" for module in jars.SETS[1].modules
    }
    assert "kafka_2.13-4.3.1.jar" in {jar.file_name for jar in locked["kafka-server"]}
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for part in locked.values() for jar in part)


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_lock([JAR], tmp_path / "jars.lock")

    assert read_lock(tmp_path / "jars.lock") == {"tools": [JAR]}
    assert JAR.module == Module("org.example", "tool", "1", alone=True)


def test_a_good_jar_passes_again_and_again(folder: Path) -> None:
    check(folder, [JAR])
    check(folder, [JAR])


def test_a_wrong_jar_is_named(folder: Path) -> None:
    (folder / JAR.file_name).write_bytes(b"another jar")

    with pytest.raises(Damaged, match=r"tool-1\.jar"):
        check(folder, [JAR])


def test_a_jar_changed_after_it_was_checked_is_named(folder: Path) -> None:
    check(folder, [JAR])
    before = (folder / JAR.file_name).stat().st_mtime_ns
    (folder / JAR.file_name).write_bytes(b"b jar")
    os.utime(folder / JAR.file_name, ns=(before + 1, before + 1))

    with pytest.raises(Damaged, match=r"tool-1\.jar"):
        check(folder, [JAR])


def test_a_folder_that_lacks_a_jar_is_not_whole(folder: Path) -> None:
    assert is_whole(folder, [JAR])

    (folder / JAR.file_name).unlink()

    assert not is_whole(folder, [JAR])


def test_a_module_alone_asks_for_nothing_it_depends_on() -> None:
    text = ivy_file([Module("org.example", "tool", "1", alone=True), Module("org.example", "app", "2")])

    assert 'name="tool" rev="1" conf="default->master" transitive="false"' in text
    assert 'name="app" rev="2" conf="default->default" transitive="true"' in text


def test_the_reason_of_a_failure_is_its_one_telling_line() -> None:
    said = ["", ":: loading", "Server access error at url x", ":: USE VERBOSE", "tool: not found"]

    assert reason(said) == "Server access error at url x"
    assert reason(["", "last words"]) == "last words"
    assert reason([]) == "Ivy said nothing"


def test_the_machines_proxy_is_told_to_java() -> None:
    assert proxy_options({"https": "http://proxy.example:3128"}) == [
        "-Dhttps.proxyHost=proxy.example",
        "-Dhttps.proxyPort=3128",
    ]
    assert proxy_options({}) == []


def test_a_trust_store_has_javas_layout() -> None:
    store = trust_store([b"one", b"two"])

    assert store[:12] == bytes.fromhex("feedfeed0000000200000002")
    assert store.count(b"\x00\x05X.509") == 2
    assert len(store[store.index(b"two") + 3 :]) == hashlib.sha1(usedforsecurity=False).digest_size
