"""HDFS in a stack: only where it is asked for."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from local_stack import Stack
from local_stack.hdfs import site
from metering.domain.errors import BadSettings
from tests.lib.programs import parse


def test_a_stack_has_no_hdfs_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert [service.name for service in Stack(tmp_path).services] == ["kafka", "postgres", "redis"]
    assert [service.name for service in Stack(tmp_path, with_=["hdfs"]).services] == [
        "kafka", "postgres", "redis", "namenode", "datanode"]


def test_a_part_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="'redis': want hdfs"):
        Stack(tmp_path, with_=["redis"])


def test_the_command_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    parse(["lambdameter", "stack", "up", "--home", "x", "--with", "hdfs"])
    with pytest.raises(SystemExit, match="2"):
        parse(["lambdameter", "stack", "up", "--with", "redis"])
    assert "hdfs" in capsys.readouterr().err


def test_any_value_stands_in_the_settings_as_it_is() -> None:
    written = ElementTree.fromstring(site({"dfs.name": "a <b> & 'c'"}))

    assert written.findtext("property/value") == "a <b> & 'c'"
