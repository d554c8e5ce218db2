"""Scores: a run is published as a whole, a block's customers are read as of one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from redis.client import Pipeline

from metering.domain.customer import RECORD_FIELDS, wanted
from metering.domain.errors import ServiceAway
from metering.redis.chunks import chunks
from metering.redis.connection import reaching_redis
from metering.redis.keys import INDEX, MODELS, is_reserved, model_key, model_version, prediction_key, score_key
from metering.redis.texts import read_text, readable

_ASKED = 3
"""Commands for each customer."""


@dataclass(frozen=True)
class Known:
    """What Redis knows of a customer: the record (empty: none), prediction and score as they lie there, as text.

    A fault says why there is something that cannot be used; then the record or the score is empty.
    """

    customer: Mapping[str, str]
    prediction: str | None = None
    score: str | None = None
    customer_fault: str | None = None
    score_fault: str | None = None


def publish_scores(client: redis.Redis, model_json: str, scores: Mapping[str, tuple[str, str]], version: int) -> int:
    """Put a run in place of the one before it, in one MULTI; gives the number of customers published.

    `scores`: customer id → prediction ("1" or "0") and the score's JSON. Customers of the run before that have no
    score now lose theirs. Ids that would be keys of ours are left out. Of the earlier models the latest stays, since
    a block that was read just before still asks for it. Repeating it changes nothing. Raises ServiceAway, and then
    nothing was published, unless only the answer was lost.
    """
    published = {customer: score for customer, score in scores.items() if not is_reserved(customer)}
    with reaching_redis(), client.pipeline(transaction=True) as pipe:
        pipe.watch(INDEX)
        gone = _scored_before(client) - published.keys()
        outdated = _outdated_models(client, version)
        pipe.multi()
        _put_scores(pipe, published)
        _drop(pipe, [*(key for one in sorted(gone) for key in (prediction_key(one), score_key(one))), *outdated])
        pipe.delete(INDEX)
        for piece in chunks(published):
            pipe.sadd(INDEX, *piece)
        pipe.set(model_key(version), model_json)
        try:
            pipe.execute()
        except redis.WatchError as error:
            raise ServiceAway(f"another run published its scores at the same moment: run it again ({error})") from error
    return len(published)


def _put_scores(pipe: Pipeline, scores: Mapping[str, tuple[str, str]]) -> None:
    for piece in chunks(scores.items()):
        predictions = {prediction_key(customer): prediction for customer, (prediction, _) in piece}
        pipe.mset(predictions | {score_key(customer): score for customer, (_, score) in piece})


def _drop(pipe: Pipeline, keys: Sequence[str]) -> None:
    for piece in chunks(keys):
        pipe.delete(*piece)


def _scored_before(client: redis.Redis) -> set[str]:
    """The customers of the run before. None where the index is no set: scores left behind outlive their model only."""
    try:
        return {readable(member) for member in client.smembers(INDEX)}
    except redis.ResponseError:
        return set()


def _outdated_models(client: redis.Redis, version: int) -> list[str]:
    """Keys of the models that a run of `version` replaces, but for the latest of them."""
    found = (model_version(readable(key)) for key in client.scan_iter(match=MODELS, count=1000))
    return [model_key(one) for one in sorted({one for one in found if one not in (None, version)})[:-1]]


def read_block(client: redis.Redis, customer_ids: Sequence[str]) -> list[Known]:
    """What is known of each customer, in the order asked, all as of one moment, in one round trip.

    A key of another type, or with text that is not UTF-8, is that customer's fault alone. Raises ServiceAway.
    """
    if not customer_ids:
        return []
    with reaching_redis(), client.pipeline(transaction=True) as pipe:
        for customer in customer_ids:
            pipe.hmget(customer, RECORD_FIELDS)
            pipe.get(prediction_key(customer))
            pipe.get(score_key(customer))
        found = pipe.execute(raise_on_error=False)
    return [
        Known({}) if is_reserved(customer) else _known(*found[place : place + _ASKED])
        for place, customer in zip(range(0, len(found), _ASKED), customer_ids, strict=True)
    ]


def read_model(client: redis.Redis, version: int) -> str | None:
    """The JSON of a model's version; None where there is none that can be read. Raises ServiceAway."""
    with reaching_redis(), client.pipeline(transaction=False) as pipe:
        pipe.get(model_key(version))
        return read_text(pipe.execute(raise_on_error=False)[0])[0]


def _known(cells: Any, prediction: Any, score: Any) -> Known:
    record, customer_fault = _record(cells)
    text, score_fault = read_text(score)
    return Known(record, read_text(prediction)[0], text, customer_fault, score_fault)


def _record(cells: Any) -> tuple[dict[str, str], str | None]:
    """The record, or why it is none. A key without any field of ours is no record, and no fault."""
    if isinstance(cells, Exception):
        return {}, str(cells)
    if not any(cell is not None for cell in cells):
        return {}, None
    record: dict[str, str] = {}
    for name, cell in zip(RECORD_FIELDS, cells, strict=True):
        text, fault = read_text(cell)
        want = fault or ("a value" if text is None else wanted(name, text))
        if want:
            return {}, f"{name}: want {want}"
        record[name] = text or ""
    return record, None
