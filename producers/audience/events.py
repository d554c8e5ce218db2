"""Plays and clicks as messages, keyed by the customer. Equal plays have equal bytes."""

from __future__ import annotations

from collections.abc import Iterator

from metering.streams.clicks import CLICKS
from metering.streams.listens import LISTENS
from producers.audience.clicks import ADS, Clicks
from producers.audience.people import ids, zip_code
from producers.audience.plays import Plays
from producers.sending.block import Block

_MOST = 5_000
_PLAY = (
    b'{"event_id":"%b","customer_id":"%d","track_id":"%d","timestamp":%d,"is_mobile":%d,"listening_zip":"%b"}')
_CLICK = b'{"event_id":"%b","customer_id":"%d","ad":"%b","timestamp":%d}'
_ADS = [ad.encode() for ad in ADS]


def play_ids(mark: str, first: int, count: int) -> list[str]:
    """Event ids of so many plays, from number `first` on."""
    return [f"{mark}-p{number}" for number in range(first, first + count)]


def click_ids(mark: str, first: int, count: int) -> list[str]:
    return [f"{mark}-c{number}" for number in range(first, first + count)]


def play_block(plays: Plays, mark: str, first: int) -> Block:
    """Plays as one block; their numbers begin with `first`."""
    who = ids(plays.who).tolist()
    values = [
        _PLAY % (event_id.encode(), customer, track, time_s, mobile, zip_code(place).encode())
        for event_id, customer, track, time_s, mobile, place in zip(
            play_ids(mark, first, len(plays)), who, plays.track.tolist(), plays.time_s.tolist(),
            plays.is_mobile.tolist(), plays.zip.tolist(), strict=True)
    ]
    return Block(LISTENS.topic, [b"%d" % customer for customer in who], values)


def click_block(clicks: Clicks, mark: str, first: int) -> Block:
    """Clicks as one block; their numbers begin with `first`."""
    who = ids(clicks.who).tolist()
    values = [
        _CLICK % (event_id.encode(), customer, _ADS[ad], time_s)
        for event_id, customer, ad, time_s in zip(
            click_ids(mark, first, len(clicks)), who, clicks.ad.tolist(), clicks.time_s.tolist(), strict=True)
    ]
    return Block(CLICKS.topic, [b"%d" % customer for customer in who], values)


def blocks(plays: Plays, clicks: Clicks, mark: str) -> Iterator[Block]:
    """All plays, then all clicks, in order of time each."""
    for start in range(0, len(plays), _MOST):
        piece = slice(start, start + _MOST)
        yield play_block(
            Plays(plays.who[piece], plays.time_s[piece], plays.track[piece], plays.is_mobile[piece], plays.zip[piece]),
            mark, start)
    for start in range(0, len(clicks), _MOST):
        piece = slice(start, start + _MOST)
        yield click_block(Clicks(clicks.who[piece], clicks.time_s[piece], clicks.ad[piece]), mark, start)
