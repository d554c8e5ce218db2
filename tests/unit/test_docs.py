"""The documents say what is so: their commands parse, their names exist, their links lead somewhere."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import re
import shlex
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from metering.arrow.decode import events_table
from metering.arrow.partial import merge_partials, partial_sums
from metering.domain import errors
from metering.domain.event import Event, Position
from metering.domain.fold import fold
from metering.domain.judge import judge
from metering.domain.stream import Stream, TimeRules
from metering.settings import load, read_env_file
from metering.streams import STREAMS
from serving.metrics.names import METRICS
from tests.lib.programs import PARSERS, ROOT, parse, settings_names

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
FOR_DRILLS = {"LAMBDAMETER_FAILPOINT", "LAMBDAMETER_FAILPOINT_DIR"}
OF_OTHERS = {"cd", "chmod", "createdb", "docker", "openssl", "pg_dump", "pg_restore", "printf", "rsync"}


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    fence = rf"^```{language}\n(.*?)^```"
    return re.findall(fence, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def fenced_commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in block.splitlines():
                yield str(page.relative_to(ROOT)), line


def inline_commands() -> Iterator[tuple[str, str]]:
    """Code within sentences and tables that begins with a program of ours and is whole."""
    for page in PAGES:
        for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")):
            program = re.match(r"(?:\.venv/bin/)?(?:python -m (\w+)|(lambdameter) )", code)
            if program and (program[1] or program[2]) in PARSERS and "…" not in code:
                yield str(page.relative_to(ROOT)), code


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(("page", "line"), sorted(set(fenced_commands())))
def test_every_command_line_can_be_typed_as_it_stands(
    page: str, line: str, documented: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    if page == "docs/adding-a-stream.md":
        monkeypatch.setitem(STREAMS, documented.topic, documented)
    words = shlex.split(line, comments=True)
    match words:
        case ["make", *targets]:
            assert set(targets) <= make_targets()
        case ["export", assignment]:
            assert assignment.partition("=")[0].removesuffix("_FILE") in settings_names()
        case ["cp", source, _]:
            assert (ROOT / source).is_file()
        case [program, *_] if Path(program).name in ("python", "lambdameter"):
            parse(words)
        case [program, *_]:
            assert page == "docs/operating.md"
            assert program in OF_OTHERS


@pytest.mark.parametrize(("page", "code"), sorted(set(inline_commands())))
def test_every_command_in_a_sentence_is_one_the_program_takes(page: str, code: str) -> None:
    parse(shlex.split(code))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    assert set(re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))) <= make_targets()


def test_readme_lists_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \|([^|]*)\|", README, re.MULTILINE))
    assert rows.keys() == settings_names() - FOR_DRILLS
    defaults = load(environ={"LAMBDAMETER_CONF": os.devnull, "LAMBDAMETER_HOME": "/nowhere"})
    assert rows["LAMBDAMETER_ALLOWED_HOSTS"].strip() == ",".join(defaults.allowed_hosts)
    assert rows["KAFKA_SECURITY_PROTOCOL"].strip() == defaults.kafka.security_protocol
    for name in ("SLICE_S", "SLICE_ROWS", "MAX_AGE_DAYS", "MAX_AHEAD_S", "GRACE_S", "KEEP_SUPERSEDED_S"):
        assert float(rows[f"LAMBDAMETER_{name}"]) == getattr(defaults, name.lower())
    assert rows["LAMBDAMETER_LOG"].strip() == defaults.log_format
    assert rows["LAMBDAMETER_SPARK_MASTER"].strip() == defaults.spark_master


def test_the_sample_of_settings_names_them_all_and_is_sound(tmp_path: Path) -> None:
    sample = (ROOT / "conf" / "settings.env.example").read_text(encoding="utf-8")
    (tmp_path / "settings.env").write_text(re.sub(r"^#(?=[A-Z])", "", sample, flags=re.MULTILINE), encoding="utf-8")
    given = read_env_file(tmp_path / "settings.env")
    assert {name.removesuffix("_FILE") for name in given} == settings_names() - FOR_DRILLS - {"LAMBDAMETER_CONF"}
    secrets = {"DATABASE_URL": "postgresql://me:word@localhost/usage", "SECRET_KEY": "k" * 32,
               "REDIS_URL": "redis://:word@localhost:6379/0", "LAMBDAMETER_WEBHOOK_SECRET": "s" * 32}
    for name in [name for name in given if name.endswith("_FILE")]:
        plain = name.removesuffix("_FILE")
        (tmp_path / plain).write_text(secrets.get(plain, "word"), encoding="utf-8")
        given[name] = str(tmp_path / plain)
    load("kafka", "database", "archive", "secret", environ=given)


def test_exit_statuses_are_those_of_the_errors() -> None:
    statuses = {error.exit_status for error in vars(errors).values()
                if isinstance(error, type) and issubclass(error, errors.LambdameterError)}
    listed = set(re.findall(r"^\| (\d) \|", README.partition("## Exit statuses")[2], re.MULTILINE))
    assert listed == {"0"} | {str(status) for status in statuses - {1}}


def test_every_metric_that_is_named_exists() -> None:
    exposed = {metric.name + ("_total" if metric.kind == "counter" else "") for metric in METRICS}
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\blambdameter_(?!owner|layers|site|usage|restored)[a-z_]+", text))
    assert named
    assert named <= exposed


def anchors(page: Path) -> set[str]:
    """GitHub's anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_pictures_are_as_wide_as_a_page_and_light() -> None:
    for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README):
        content = (ROOT / name).read_bytes()
        width, _ = struct.unpack(">II", content[16:24])
        assert width == 1280
        assert len(content) < 300_000


def test_decisions_are_numbered_listed_and_short() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for page in DECISIONS:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]}. ")
        assert re.findall(r"^## (\w+)", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
        assert len(text.splitlines()) < 50
        assert f"]({page.name})" in index


def test_a_word_of_the_glossary_has_one_meaning() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [word.strip() for cell in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) for word in cell.split(",")]
    told = [word for word in words if word not in ("word", "---")]
    assert len(told) == len(set(told))


def modules_with_examples() -> list[str]:
    packages = ("metering", "producers", "speed_layer", "batch_layer", "ml", "serving")
    files = (file for package in packages for file in (ROOT / package).rglob("*.py"))
    tested = (file for file in files if ">>> " in file.read_text())
    return sorted(".".join(file.relative_to(ROOT).with_suffix("").parts) for file in tested)


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings_hold(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted
    assert not outcome.failed


@pytest.mark.parametrize(("topic", "text"), list(zip(STREAMS, blocks(ROOT / "README.md", "json"), strict=True)))
def test_the_events_in_readme_are_accepted(topic: str, text: str) -> None:
    ingest_us = int(json.loads(text)["timestamp"] * 1e6)
    found = judge(STREAMS[topic], text.strip().encode(), Position(topic, 0, 0), ingest_us, TimeRules())
    assert isinstance(found, Event)


@pytest.fixture
def documented() -> Stream:
    """The stream that docs/adding-a-stream.md declares."""
    declaration, registration = blocks(ROOT / "docs" / "adding-a-stream.md", "python")
    names: dict[str, object] = {topic.upper(): stream for topic, stream in STREAMS.items()}
    exec(compile(declaration, "doors.py", "exec"), names)
    exec(compile(registration, "__init__.py", "exec"), names)
    registered = names["STREAMS"]
    assert isinstance(registered, dict)
    return registered["doors"]


def test_the_documented_stream_counts_the_same_in_the_reference_and_in_arrow(documented: Stream) -> None:
    texts = [
        {"timestamp": 1763971200.0 + 40 * number, "door_id": f"d{number % 3}", "badge_id": f"b{number % 5}",
         "open_s": number, "event_id": f"e{number}"}
        for number in range(40)]
    places = [Position(documented.topic, 0, number) for number in range(len(texts))]
    judged = [judge(documented, json.dumps(text).encode(), place, 1763971200_000000 + 3600 * 10**6, TimeRules())
              for text, place in zip(texts, places, strict=True)]
    events = [event for event in judged if isinstance(event, Event)]
    assert len(events) == len(texts)
    [rollup] = documented.rollups

    slow = fold(rollup, events)
    table = merge_partials(rollup, [partial_sums(documented, rollup, events_table(documented, events))])

    starts = table["timestamp"].cast(pa.int64()).to_pylist()
    dimensions = zip(*(table[column].to_pylist() for column in rollup.dimensions), strict=True)
    measures = zip(*(table[measure.column].to_pylist() for measure in rollup.measures), strict=True)
    fast = {(start, *key): values for start, key, values in zip(starts, dimensions, measures, strict=True)}
    assert fast == slow
    assert sum(values[1] for values in slow.values()) == 2 * len(events)


def test_ci_runs_the_checks_and_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text(encoding="utf-8")
    assert text.index("make check") < text.index("make test")
