"""`python -m batch_layer wordcount`: Spark, mrjob and a plain count agree, whatever bytes a file holds."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from metering.settings import child_environment
from tests.lib.programs import ROOT
from tests.spec.conftest import needs_mrjob

PAGE = ROOT / "docs" / "adding-a-job.md"
ROOM = ROOT / "batch_layer" / "wordcount"

ODD = b"".join((
    b"\xef\xbb\xbfThe the THE the don't 'tis ' '' ''' dogs'\n",  # a byte order mark, case, apostrophes alone
    "café naïve Ünï straße d\u2019accord ſharp K e\u0301\n".encode(),  # letters beyond a word's, alone and combined
    b"\xff\xfeword\x80word \xe2abc \xc3 \xf0\x9fcut \xed\xa0\x80half\n",  # no UTF-8, in and between words
    b"a\x00b a\x0bb a\x0cb a\x1cb a\x85b\n",  # NUL and what some take for the end of a line
    b"one\rtwo\r\nthree\r\r\n" + "four\u2028five\u2029six\u00a0seven\n".encode(),
    b"tab\tword\t1\n\n\n   \n",
    b"x" * 300_000 + b" " + b"y' " * 100_000 + b"\n",  # a word and a line longer than any buffer
    b"\"quoted\" back\\slash %s {0} $HOME end",  # and no end of line
))


def wordcount(home: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "batch_layer", "wordcount", *arguments],
        env=child_environment(LAMBDAMETER_HOME=str(home)), capture_output=True, timeout=180, check=False)


def expected() -> bytes:
    found = Counter(re.findall(rb"[A-Za-z']+", ODD))
    return b"".join(b"%b\t%d\n" % pair for pair in sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


@pytest.mark.parametrize("runner", [
    "spark", pytest.param("inline", marks=needs_mrjob), pytest.param("local", marks=needs_mrjob)])
def test_every_runner_counts_a_file_of_odd_bytes_and_an_odd_name_alike(runner: str, tmp_path: Path) -> None:
    file = tmp_path / "_odd {name}*.gz"
    file.write_bytes(ODD)

    done = wordcount(tmp_path, str(file), "--runner", runner)

    assert done.returncode == 0, done.stderr
    assert done.stdout == expected()
    assert b"the\t2\n" in done.stdout
    assert not list((tmp_path / "scratch").glob("wordcount-*"))


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_what_is_no_file_ends_with_2_and_a_line_that_says_so(name: str, tmp_path: Path) -> None:
    done = wordcount(tmp_path, str(tmp_path / name))

    assert done.returncode == 2
    assert b"want a file of text" in done.stderr
    assert b"Traceback" not in done.stderr


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_page_shows_the_code_that_runs() -> None:
    assert blocks() == [(ROOM / name).read_text(encoding="utf-8") for name in ("in_spark.py", "in_mrjob.py")]


@needs_mrjob
def test_the_map_reduce_on_the_page_runs_as_a_program_of_its_own(tmp_path: Path) -> None:
    program, file = tmp_path / "job.py", tmp_path / "words"
    program.write_text(blocks()[1], encoding="utf-8")
    file.write_bytes(b"to be or not to be\n")

    done = subprocess.run(
        [sys.executable, str(program), "--no-conf", str(file)], capture_output=True, text=True, timeout=60, check=True)

    assert sorted(done.stdout.splitlines()) == ['"be"\t2', '"not"\t1', '"or"\t1', '"to"\t2']
