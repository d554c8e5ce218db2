"""What the stream adds to an event: its subject's record and the decision, both from Redis. Runs in Spark's workers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import lru_cache
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.schemas import added_schema
from metering.domain.errors import ServiceAway
from metering.domain.offers import Damage, Decision, Model, Reason, Score, decide
from metering.domain.stream import Stream
from metering.redis.connection import connect
from metering.redis.scores import Known, read_block, read_model

T = TypeVar("T")

LEFT_ALONE_S = 2.0
"""So long Redis is not asked again after it failed: a frozen one must not hold up each block."""

_DECISION = frozenset(field.name for field in fields(Decision))


class Enricher:
    """Fills in the added columns of a stream's events. Without an address every event is `redis_away`."""

    def __init__(self, stream: Stream, redis_url: str | None, max_age_s: float) -> None:
        self._stream, self._max_age_s = stream, max_age_s
        self._asked = _redis_at(redis_url) if redis_url else None
        self._record = [field for field in stream.added if field.name not in _DECISION]
        self._schema = added_schema(stream)

    def added_to(self, events: pa.Table) -> pa.Table:
        """`events` with the added columns: one question for all distinct subjects; a fault of Redis is a reason."""
        subjects = pc.dictionary_encode(events[self._stream.subject].combine_chunks())
        rows = pa.Table.from_pylist(self._rows(subjects.dictionary.to_pylist()), schema=self._schema)
        added = rows.take(subjects.indices)
        for field in self._schema:
            events = events.append_column(field, added[field.name])
        return events

    def _rows(self, subjects: Sequence[str]) -> list[dict[str, object]]:
        known = self._asked.block(subjects) if self._asked else None
        if self._asked is None or known is None:
            return [self._row(None, Decision.none(Reason.REDIS_AWAY)) for _ in subjects]
        models, now_s = self._asked.model, time.time()
        return [self._row(*self._decided(one, models, now_s)) for one in known]

    def _decided(
        self, known: Known, model_of: Callable[[int], Model | None], now_s: float
    ) -> tuple[Mapping[str, str] | None, Decision]:
        """The record, as far as it can be read, and the decision."""
        if known.customer_fault:
            return None, Decision.none(Reason.BAD_CUSTOMER)
        if not known.customer:
            return None, Decision.none(Reason.NO_CUSTOMER)
        return known.customer, self._decision(known, model_of, now_s)

    def _decision(self, known: Known, model_of: Callable[[int], Model | None], now_s: float) -> Decision:
        if known.score_fault:
            return Decision.none(Reason.BAD_SCORE)
        if known.score is None:
            return Decision.none(Reason.NO_SCORE)
        try:
            return decide(Score.from_json(known.score), known.prediction, model_of, now_s, self._max_age_s)
        except Damage:
            return Decision.none(Reason.BAD_SCORE)

    def _row(self, record: Mapping[str, str] | None, decision: Decision) -> dict[str, object]:
        row = {field.name: (record or {}).get(field.name) or field.default for field in self._record}
        features = None if decision.features is None else json.dumps(dict(decision.features))
        return row | {
            "send_event": decision.send_event, "reason": decision.reason.value, "probability": decision.probability,
            "model_version": decision.model_version, "score_age_s": decision.score_age_s, "features": features,
        }  # fmt: skip


class _Redis:
    """Redis as one worker process asks it, over all its tasks."""

    def __init__(self, url: str) -> None:
        self._client = connect(url)
        self._left_alone_until = 0.0
        self._models: dict[int, Model] = {}

    def block(self, subjects: Sequence[str]) -> list[Known] | None:
        """What is known of each subject, all from one moment; None where Redis does not answer."""
        return self._answer(lambda: read_block(self._client, subjects))

    def model(self, version: int) -> Model | None:
        """A version's model, kept once it was read whole; None where it is not there or is not what was written."""
        if version not in self._models and (text := self._answer(lambda: read_model(self._client, version))):
            with suppress(Damage):
                self._models[version] = Model.from_json(text, version)
        return self._models.get(version)

    def _answer(self, ask: Callable[[], T]) -> T | None:
        """What Redis answers; None where it is away, or was a moment ago."""
        if time.monotonic() < self._left_alone_until:
            return None
        try:
            return ask()
        except ServiceAway:
            self._left_alone_until = time.monotonic() + LEFT_ALONE_S
            return None


@lru_cache(maxsize=4)
def _redis_at(url: str) -> _Redis:
    return _Redis(url)
