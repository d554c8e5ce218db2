"""What is made of HDFS's answers and of its silence."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from metering.arrow.archive import Archive
from metering.arrow.hdfs import HdfsAway, answer_of, ask
from metering.domain.errors import ServiceAway


def failing(error: BaseException) -> None:
    raise error


def test_an_answer_is_given_as_it_is() -> None:
    assert ask(divmod, 7, 2) == (3, 1)


@pytest.mark.parametrize("verdict", [FileNotFoundError("/a"), FileExistsError("/a")])
def test_a_verdict_on_a_file_stays_one(verdict: OSError) -> None:
    with pytest.raises(type(verdict), match="/a"):
        ask(failing, verdict)


@pytest.mark.parametrize(
    "fault",
    [RuntimeError('DataTransferError("All nodes failed\n for write")'), ConnectionRefusedError(111, "refused"),
     TimeoutError("nothing came")],
)
def test_every_other_fault_is_a_service_that_is_away_in_one_line(fault: Exception) -> None:
    with pytest.raises(HdfsAway) as raised:
        ask(failing, fault)

    assert isinstance(raised.value, OSError)
    assert isinstance(raised.value, ServiceAway)
    assert str(raised.value).startswith("HDFS: ")
    assert "\n" not in str(raised.value)


def test_silence_ends_as_a_service_that_is_away() -> None:
    silent: Future[int] = Future()

    with pytest.raises(HdfsAway, match="no answer within 0 s"):
        answer_of(silent, 0.01)


def test_a_namenode_that_is_down_is_no_missing_file() -> None:
    archive = Archive("hdfs://127.0.0.1:1/archive")

    with pytest.raises(HdfsAway, match="refused"):
        archive.files.open_input_file(archive.full("devices/p0.parquet"))
