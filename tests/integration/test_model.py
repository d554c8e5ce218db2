"""`python -m ml`: 5,000 customers and 200,000 plays, features, model, error and Redis beside an independent
computation; the same from the archive; the daily run; the replay of decisions."""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import numpy as np
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redis
from sklearn.linear_model import LogisticRegression

from local_stack import Stack
from metering.streams import STREAMS
from tests.lib.archiving import archive, events
from tests.lib.layers import Deployment, Finished, deployed

pytestmark = pytest.mark.stack

ZONE = "America/New_York"
START = datetime(2026, 10, 29, tzinfo=UTC)
"""The week holds the night in which New York's clocks went back."""

RIDGE = 1e-4


@dataclass
class World:
    """A deployment with the generated files, and a Redis of its own."""

    layers: Deployment
    files: Path
    client: redis.Redis

    def csv(self, folder: Path | None = None) -> list[str]:
        where = folder or self.files
        return ["--listens", str(where / "tracks.csv"), "--clicks", str(where / "clicks.csv"), "--tz", ZONE]

    @property
    def home(self) -> Path:
        return Path(self.layers.environment()["LAMBDAMETER_HOME"])

    @property
    def versions(self) -> list[tuple[int, str, bool]]:
        return [(version, digest, current) for version, digest, current in self.layers.rows(
            "SELECT version, sha256, is_current FROM model_version ORDER BY version")]

    def redis_content(self) -> dict[bytes, bytes]:
        return {key: self.client.get(key) for key in self.client.keys("*") if self.client.type(key) == b"string"}


@pytest.fixture(scope="module")
def world(stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("model")
    url = urlunsplit(urlsplit(stack.env()["REDIS_URL"])._replace(path="/7"))
    with (
        deployed(
            stack, migrated_template, folder, new_topic=False, REDIS_URL=url, LAMBDAMETER_OFFER_ZONE=ZONE) as layers,
        closing(redis.Redis.from_url(url)) as client,
    ):
        client.flushdb()
        layers.must("producers", "audience", "--customers", "5000", "--plays", "200000", "--seed", "3", "--tz", ZONE,
                    "--from", START.isoformat(), "--to", (START + timedelta(days=7)).isoformat(),
                    "--csv", str(folder / "csv"))
        yield World(layers, folder / "csv", client)
        client.flushdb()


@dataclass
class Plain:
    """The independent computation: hours are read off the local times as they stand in the file."""

    ids: list[str]
    labels: list[int]
    values: list[list[float]]


@pytest.fixture(scope="module")
def plain(world: World) -> Plain:
    plays: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    with (world.files / "tracks.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            plays[row["customer_id"]].append((int(row["datetime"][11:13]), row["track_id"], row["ismobile"]))
    with (world.files / "clicks.csv").open(newline="") as file:
        clicked = {row["customer_id"] for row in csv.DictReader(file) if "ADV_REDUCED_1DAY" in row["ad"]}
    ids = sorted(plays)
    return Plain(ids, [int(one in clicked) for one in ids], [_features(plays[one]) for one in ids])


def _features(heard: list[tuple[int, str, str]]) -> list[float]:
    counts = [0, 0, 0, 0]
    for hour, _, _ in heard:
        counts[0 if 5 <= hour < 12 else 1 if 12 <= hour < 17 else 2 if 17 <= hour < 22 else 3] += 1
    mobile = sum(is_mobile == "1" for _, _, is_mobile in heard)
    return [number / len(heard) for number in (*counts, mobile, len({track for _, track, _ in heard}))]


@pytest.fixture(scope="module")
def featured(world: World) -> Finished:
    return world.layers.must("ml", "features", *world.csv())


@pytest.fixture(scope="module")
def trained(world: World, featured: Finished) -> Finished:
    return world.layers.must("ml", "train", "--seed", "7")


@pytest.fixture(scope="module")
def scored(world: World, trained: Finished) -> Finished:
    return world.layers.must("ml", "score")


def told(done: Finished) -> dict[str, str]:
    """What was printed, by name."""
    lines = (line.rsplit(None, 1) for line in done.text.splitlines() if line and not line.startswith(("{", " ")))
    return {parts[0].strip(): parts[1] for parts in lines if len(parts) == 2}


def test_features_equal_an_independent_computation(world: World, featured: Finished, plain: Plain) -> None:
    folder = world.home / "ml" / "features"
    table = pq.read_table(folder / "features.parquet")

    assert table["customer_id"].to_pylist() == plain.ids
    assert table["label"].to_pylist() == plain.labels
    names = table.column_names[2:]
    assert [list(row) for row in zip(*(table[name].to_pylist() for name in names), strict=True)] == plain.values
    assert (folder / "features.customers").read_text().split() == plain.ids
    lines = (folder / "features.libsvm").read_text().splitlines()
    assert lines == [
        f"{label} " + " ".join(f"{number}:{value:.2f}" for number, value in enumerate(values, 1))
        for label, values in zip(plain.labels, plain.values, strict=True)]


def _in_training(customer: str) -> bool:
    return int(sha256(f"{customer}:7".encode()).hexdigest()[:8], 16) < 0.7 * 2**32


def test_coefficients_and_error_equal_those_of_scikit_learn(world: World, trained: Finished, plain: Plain) -> None:
    chosen = np.array([_in_training(customer) for customer in plain.ids])
    values, labels = np.array(plain.values), np.array(plain.labels)
    spread = values[chosen].std(axis=0, ddof=1)
    other = LogisticRegression(C=1 / (RIDGE * chosen.sum()), tol=1e-10, max_iter=10_000)
    other.fit(values[chosen] / spread, labels[chosen])
    error = float((other.predict(values[~chosen] / spread) != labels[~chosen]).mean())

    [(content, metrics)] = world.layers.rows("SELECT coefficients, metrics FROM model_version WHERE version = 1")

    assert content["coefficients"] == pytest.approx((other.coef_[0] / spread).tolist(), abs=1e-3)
    assert content["intercept"] == pytest.approx(float(other.intercept_[0]), abs=1e-3)
    assert metrics["error"] == error
    assert (metrics["all"], metrics["training"], metrics["test"]) == (5000, int(chosen.sum()), int((~chosen).sum()))
    assert metrics["error"] < metrics["majority_error"]
    assert told(trained)["error"] == f"{error:.6f}"


def test_the_same_rows_and_seed_give_the_same_bytes_shuffled_and_on_another_number_of_cores(
    world: World, trained: Finished, tmp_path: Path
) -> None:
    for name in ("tracks.csv", "clicks.csv"):
        header, *lines = (world.files / name).read_text().splitlines()
        random.Random(1).shuffle(lines)
        (tmp_path / name).write_text("\n".join([header, *lines]) + "\n")
    one_core = {"LAMBDAMETER_SPARK_MASTER": "local[1]"}

    world.layers.must("ml", "features", *world.csv(tmp_path), "--out", str(tmp_path / "f"), **one_core)
    again = world.layers.must("ml", "train", "--features", str(tmp_path / "f"), **one_core)

    for name in ("features.json", "features.libsvm", "features.customers"):
        assert (tmp_path / "f" / name).read_bytes() == (world.home / "ml" / "features" / name).read_bytes()
    assert told(again)["sha256"] == told(trained)["sha256"]
    assert again.said("nothing was written")
    assert len(world.versions) == 1


def test_redis_holds_every_customers_prediction_score_and_model(world: World, scored: Finished, plain: Plain) -> None:
    [(content, digest)] = world.layers.rows("SELECT coefficients, sha256 FROM model_version WHERE version = 1")

    found = world.redis_content()

    assert world.client.smembers("pred_event:index") == {one.encode() for one in plain.ids}
    assert len(found) == 2 * len(plain.ids) + 1
    model = json.loads(found[b"model:1"])
    assert model == content | {"sha256": digest, "version": 1}
    scores = {one: json.loads(found[f"score:{one}".encode()]) for one in plain.ids}
    for one, values in zip(plain.ids, plain.values, strict=True):
        assert list(scores[one]["features"].values()) == [
            dict(zip(model["features"], values, strict=True))[name] for name in scores[one]["features"]]
        z = model["intercept"] + sum(map(float.__mul__, model["coefficients"], values))
        assert scores[one]["probability"] == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-12)
        assert found[f"pred_event:{one}".encode()] == str(int(scores[one]["probability"] > 0.5)).encode()
    assert len({(score["scored_at"], score["model_version"]) for score in scores.values()}) == 1
    assert world.versions == [(1, digest, True)]


def test_features_that_are_too_old_do_not_pass_for_fresh_scores(world: World, scored: Finished) -> None:
    before = world.redis_content()

    done = world.layers.run("ml", "score", LAMBDAMETER_SCORE_MAX_AGE_S="1")

    assert done.status == 2
    assert done.said("run `python -m ml features` first")
    assert world.redis_content() == before


def test_without_redis_the_mark_stays_where_it_was(world: World, scored: Finished) -> None:
    done = world.layers.run("ml", "score", REDIS_URL="redis://127.0.0.1:1/0")

    assert done.status == 3
    assert [current for _, _, current in world.versions] == [True]


def test_a_libsvm_file_is_trained_on_and_does_not_score_customers(world: World, scored: Finished) -> None:
    done = world.layers.must("ml", "train", "--libsvm", str(world.home / "ml" / "features" / "features.libsvm"))
    refused = world.layers.run("ml", "score", "--model", told(done)["version"])

    assert told(done)["all"] == "5000"
    assert float(told(done)["error"]) < 0.03
    assert refused.status == 2
    assert refused.said("wants the features 1, 2")


def _columns(file: Path, wanted: dict[str, str]) -> dict[str, pa.Array]:
    with file.open(newline="") as text:
        rows = list(csv.DictReader(text))
    zone = ZoneInfo(ZONE)

    def column(name: str) -> pa.Array:
        if name in ("datetime", "local_time"):
            times = [datetime.fromisoformat(row[name]).replace(tzinfo=zone) for row in rows]
            return pa.array(times, pa.timestamp("us", tz="UTC"))
        return pa.array([int(row[name]) if name == "ismobile" else row[name] for row in rows])

    return {field: column(name) for field, name in wanted.items()}


@pytest.fixture(scope="module")
def archived(world: World, scored: Finished) -> list[Path]:
    """All plays and clicks in the archive, the plays with the decisions of version 1 but for a hundred; some twice."""
    plays = _columns(world.files / "tracks.csv", {
        "event_id": "event_id", "customer_id": "customer_id", "track_id": "track_id", "timestamp": "datetime",
        "is_mobile": "ismobile", "listening_zip": "listening_zip"})
    customers = plays["customer_id"].to_pylist()
    known = {key.decode(): value.decode() for key, value in world.redis_content().items()}
    scores = {one: json.loads(known[f"score:{one}"])["features"] for one in set(customers)}
    undecided = set(range(100))
    rows = range(len(customers))
    plays |= {
        "level": pa.array(["FREE"] * len(customers)),
        "reason": pa.array(["old_score" if row in undecided else "scored" for row in rows]),
        "send_event": pa.array(
            [None if row in undecided else int(known[f"pred_event:{customers[row]}"]) for row in rows], pa.int64()),
        "model_version": pa.array([1] * len(customers), pa.int64()),
        "features": pa.array([json.dumps(scores[one]) for one in customers])}
    table = events(STREAMS["listens"], plays)
    clicks = _columns(world.files / "clicks.csv", {
        "event_id": "event_id", "customer_id": "customer_id", "ad": "ad", "timestamp": "local_time"})
    root = world.layers.archive
    with closing(psycopg2.connect(world.layers.database_url)) as connection:
        connection.autocommit = True
        files = archive(connection, root, STREAMS["listens"], table)
        archive(connection, root, STREAMS["listens"], table.slice(1000, 5000))
        archive(connection, root, STREAMS["clicks"], events(STREAMS["clicks"], clicks))
    return files


@pytest.fixture(scope="module")
def ran(world: World, archived: list[Path]) -> Finished:
    return world.layers.must("ml", "run")


def test_the_daily_run_counts_the_archive_to_the_same_features_and_keeps_the_same_model(
    world: World, featured: Finished, ran: Finished
) -> None:
    """Repeats count once. The version before it is of a libSVM file, so the model is a version of its own."""
    assert told(ran)["fingerprint"] == told(featured)["fingerprint"]
    versions = world.versions
    assert versions[-1][1] == versions[0][1]
    assert [version for version, _, current in versions if current] == [versions[-1][0]]
    assert told(ran)["log loss of current"] == told(ran)["log loss of new"]
    assert {json.loads(value)["model_version"] for key, value in world.redis_content().items()
            if key.startswith(b"score:")} == {versions[-1][0]}


def test_a_model_that_is_not_better_does_not_replace_the_current_one_which_scores_again(
    world: World, ran: Finished, plain: Plain
) -> None:
    """The current model was fitted to the very rows that are tested with: nothing trained on the others is better."""
    tested = np.array([not _in_training(customer) for customer in plain.ids])
    knowing = LogisticRegression(C=100, tol=1e-8, max_iter=10_000)
    knowing.fit(np.array(plain.values)[tested], np.array(plain.labels)[tested])
    model = _model_of(world, 1) | {
        "coefficients": knowing.coef_[0].tolist(), "intercept": float(knowing.intercept_[0])}
    world.layers.rows("UPDATE model_version SET is_current = FALSE")
    best = _insert(world, model, is_current=True)
    before = world.redis_content()

    done = world.layers.must("ml", "run")

    after = world.redis_content()
    assert float(told(done)["log loss of current"]) < float(told(done)["log loss of new"])
    assert done.said("the current one stays and scores again")
    assert [version for version, _, current in world.versions if current] == [best]
    scores = [json.loads(value) for key, value in after.items() if key.startswith(b"score:")]
    assert {score["model_version"] for score in scores} == {best}
    assert len(scores) == len(plain.ids)
    assert min(score["scored_at"] for score in scores) > max(
        json.loads(value)["scored_at"] for key, value in before.items() if key.startswith(b"score:"))


def _model_of(world: World, version: int) -> dict[str, Any]:
    [(content,)] = world.layers.rows("SELECT coefficients FROM model_version WHERE version = %s", version)
    return dict(content)


def _insert(world: World, model: dict[str, Any], *, is_current: bool = False) -> int:
    digest = sha256(json.dumps(model, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    [(version,)] = world.layers.rows(
        "INSERT INTO model_version (coefficients, sha256, fingerprint, parameters, metrics, is_current) "
        "VALUES (%s, %s, '', '{}', '{}', %s) RETURNING version", json.dumps(model), digest, is_current)
    return int(version)


def test_a_second_run_at_the_same_time_leaves(world: World, ran: Finished) -> None:
    with closing(psycopg2.connect(world.layers.database_url)) as holder, holder.cursor() as cursor:
        cursor.execute(
            (Path(__file__).parents[2] / "metering" / "sql" / "try_lock.sql").read_text().replace("%(name)s", "'ml'"))

        done = world.layers.must("ml", "run")

    assert done.said("this one leaves")


def test_a_replay_tells_whose_decisions_another_model_changes_and_publishes_nothing(
    world: World, ran: Finished, tmp_path: Path
) -> None:
    shy = _model_of(world, 1) | {"threshold": 0.9}
    version = _insert(world, shy)
    before, out = world.redis_content(), tmp_path / "changed.csv"
    # The expectation, from the files: who was sent the offer by 0.5 and would not be by 0.9.
    expected: dict[str, int] = defaultdict(int)
    with (world.files / "tracks.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    chances = {one: _chance(shy, values) for one, values in _plain_values(world).items()}
    for row in rows[100:]:
        if 0.5 < chances[row["customer_id"]] <= 0.9:
            expected[row["customer_id"]] += 1

    done = world.layers.must(
        "ml", "replay", "--model", str(version), "--from", START.isoformat(),
        "--to", (START + timedelta(days=8)).isoformat(), "--out", str(out))

    found = told(done)
    assert (found["plays"], found["decided"], found["undecided old score"]) == ("200000", "199900", "100")
    assert (found["from 1 to 0"], found["from 0 to 1"]) == (str(sum(expected.values())), "0")
    assert expected
    lines = list(csv.DictReader(out.read_text().splitlines()))
    assert {line["customer_id"]: int(line["to_0"]) for line in lines} == expected
    assert world.redis_content() == before


def _plain_values(world: World) -> dict[str, list[float]]:
    table = pq.read_table(world.home / "ml" / "features" / "features.parquet")
    return {row["customer_id"]: list(row.values())[2:] for row in table.to_pylist()}


def _chance(model: dict[str, Any], values: list[float]) -> float:
    z = model["intercept"] + sum(map(float.__mul__, model["coefficients"], values))
    return float(1 / (1 + np.exp(-z)))


def test_a_damaged_file_ends_with_4_and_is_named(world: World, archived: list[Path], ran: Finished) -> None:
    whole = archived[0].read_bytes()
    archived[0].write_bytes(whole[:-1])
    try:
        done = world.layers.run("ml", "features", "--out", str(world.home / "other"))
    finally:
        archived[0].write_bytes(whole)

    assert done.status == 4
    assert done.said(archived[0].name)
    assert not (world.home / "other").exists()


@pytest.mark.parametrize(("arguments", "want"), [
    (["features", "--listens", "none.csv"], "want both"), (["train", "--features", "nowhere"], "no features here"),
    (["score", "--model", "99"], "want a version"), (["train", "--libsvm", "nowhere"], "cannot be read"),
    (["replay", "--model", "1", "--from", "2026-11-02", "--to", "2026-11-02"], "want a start before the end"),
    (["replay", "--model", "99", "--from", "2026-11-02", "--to", "2026-11-03"], "want a version")])
def test_what_cannot_be_done_ends_with_2_and_says_what_is_wanted(
    world: World, scored: Finished, arguments: list[str], want: str
) -> None:
    done = world.layers.run("ml", *arguments)

    assert done.status == 2
    assert done.said(want)
    assert "Traceback" not in done.text


def test_clicks_of_nobody_leave_nothing_to_train_with(world: World, scored: Finished, tmp_path: Path) -> None:
    (tmp_path / "rows.libsvm").write_text("0 1:0.5\n" * 50)

    done = world.layers.run("ml", "train", "--libsvm", str(tmp_path / "rows.libsvm"))

    assert done.status == 2
    assert done.said("0 customers who clicked")
