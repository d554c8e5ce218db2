"""The command line: help with an example, and every fault of the options at once with status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.__main__ import main

NOWHERE = ("--kafka", "127.0.0.1:9")


@pytest.mark.parametrize("arguments", [[], ["audience"], ["generate"], ["host"], ["replay"], ["window"]])
def test_help_has_an_example(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])

    assert ended.value.code == 0
    assert "example: python -m producers" in capsys.readouterr().out


def test_all_faults_are_named_at_once_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["generate", "--past", "1h", "--to", "2021-02-19", "--events", "0", "--rate", "-1", *NOWHERE])

    said = capsys.readouterr().err.splitlines()
    assert status == 2
    assert [line.split(":")[1].split()[0] for line in said] == ["--past", "--events", "--rate"]


@pytest.mark.parametrize(("arguments", "fault"), [
    (["generate", "--to", "2021-02-19"], "--to without --from"),
    (["generate", "--from", "2021-02-19", "--to", "2021-02-18"], "--from: want a time before --to"),
    (["generate", "--users", "0"], "--users 0: want"),
    (["generate", "--stream", "resource_usage", "--machines", "0"], "--machines 0: want"),
    (["generate", "--stream", "billing", "--companies", "10001"], "--companies 10001: want 1 to 10000"),
    (["audience", "--customers", "0"], "--customers 0: want 1 to"),
    (["audience", "--plays", "0"], "--plays 0: want 1 to"),
    (["audience", "--days", "0"], "--days 0: want"),
    (["audience", "--days", "1", "--from", "2021-02-19"], "--days with --from: want one"),
    (["audience", "--from", "2021-02-19", "--to", "2021-02-18"], "--from and --to: want"),
    (["audience", "--from", "2021-02-19", "--to", "2021-02-19"], "--from: want a second"),
    (["audience", "--tz", "Nowhere"], "--tz 'Nowhere': want an IANA name"),
    (["audience", "--rate", "0"], "--rate 0: want"),
    (["audience", "--seconds", "1"], "--seconds 1: want"),
    (["audience", "--customers-csv", "no/such/folder.csv"], "--customers-csv no/such/folder.csv: want"),
    (["host", "--interval", "0"], "--interval 0: want"),
    (["host", "--as", "load", "--interval", "0.5"], "--interval 0.5: want whole seconds"),
    (["host", "--samples", "0"], "--samples 0: want"),
    (["host", "--to", "tcp://127.0.0.1:7070"], "--to tcp://127.0.0.1:7070: a gateway takes the load"),
    (["host", "--as", "load", "--to", "kafka://127.0.0.1:9092"], "--kafka and --to kafka://…: want one"),
    (["host", "--as", "load", "--to", "tcp://a:1", "--topic", "x"], "--topic x with --to tcp://a:1: want none"),
    (["host", "--as", "both", "--topic", "x"], "topic x: want none with --as both"),
    (["host", "--service", "web=nginx"], "--service: want --as load or both"),
    (["host", "--as", "load", "--service", "web"], "--service 'web': want NAME=PROCESS"),
    (["host", "--as", "load", "--service", "a=x", "--service", "b=x"], "--service 'b=x': 'x' is in 'a=x' already"),
    (["host", "--machine", "a/b"], "--machine 'a/b': want"),
    (["replay", "absent.jsonl"], "absent.jsonl: no such file"),
])
def test_a_fault_ends_with_status_2_and_what_is_wanted(
    arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *NOWHERE]) == 2
    assert f"producers: {fault}" in capsys.readouterr().err


def test_every_fault_of_a_target_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host", "--as", "load", "--to", "http://me:word@host/x", "--interval", "9000"]) == 2

    said = capsys.readouterr().err
    for fault in ("--interval 9000", "scheme 'http'", "no port", "a user or password"):
        assert fault in said
    assert "word@" not in said


def test_faults_of_a_replay_are_named_before_the_file_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.csv"
    file.write_text("when,id,antenna_id,app,volume\n")

    status = main(["replay", str(file), "--map", "bytez=volume", "--tz", "Nowhere", "--raw", *NOWHERE])

    said = capsys.readouterr().err
    assert status == 2
    for fault in ("--map bytez=volume: want one of the fields", "timestamp: no column 'timestamp'", "bytes: no column",
                  "--tz 'Nowhere'", "--raw: want a file of JSON lines"):
        assert fault in said


@pytest.mark.parametrize("text", ["noon", "2021-13-01"])
def test_a_time_that_is_none_is_refused_by_the_command_line(text: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["generate", "--from", text])

    assert ended.value.code == 2
