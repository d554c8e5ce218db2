"""Dead letters replayed and discarded, gaps acknowledged. Sending a form needs the role operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from metering.domain.errors import LambdameterError
from metering.domain.event import Position
from metering.settings import load
from serving.accounts.roles import Role, needs_role
from serving.letters.discard import acknowledge, discard
from serving.letters.outcome import Outcome
from serving.letters.reading import read_places, read_reason
from serving.letters.replay import Attempt, replay
from serving.pages.frame import page
from serving.ranges import ParameterFault

DONE = "pages/letters_done.html"


@require_POST
@needs_role(Role.OPERATOR)
def replay_letters(request: HttpRequest) -> HttpResponseBase:
    """Replay the letters of `place`; 409 where any is refused, 503 where Kafka does not answer."""
    return _done(request, "Replay", reverse("dead-letters"), _replay, needs_reason=False)


@require_POST
@needs_role(Role.OPERATOR)
def discard_letters(request: HttpRequest) -> HttpResponseBase:
    """Discard the letters of `place` for the reason in `why`; 409 where any is refused."""
    return _done(request, "Discard", reverse("dead-letters"), discard, needs_reason=True)


@require_POST
@needs_role(Role.OPERATOR)
def acknowledge_gaps(request: HttpRequest) -> HttpResponseBase:
    """Acknowledge the gaps that begin at `place` for the reason in `why`; 409 where any is refused."""
    return _done(request, "Acknowledge", reverse("gaps"), _acknowledge, needs_reason=True)


def _replay(places: Sequence[Position], by: str, reason: str) -> list[Outcome]:
    """What was done before Kafka went away is told, and that it went."""
    found: list[Outcome] = []
    try:
        found.extend(replay(load("kafka").kafka, places, Attempt(by, reason)))
    except LambdameterError as away:
        waiting = [place for place in sorted(places) if place not in {one.place for one in found}]
        raise _Stopped(found + [Outcome(place, str(away)) for place in waiting]) from away
    return found


class _Stopped(Exception):
    """A service went away in between; what became of each place by then."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.outcomes = outcomes
        super().__init__(outcomes[-1].refusal)


def _acknowledge(places: Sequence[Position], by: str, reason: str) -> list[Outcome]:
    return [acknowledge(place, by, reason) for place in places]


def _done(
    request: HttpRequest, verb: str, back: str, act: Callable[[Sequence[Position], str, str], list[Outcome]], *,
    needs_reason: bool
) -> HttpResponseBase:
    """Do it and lead back to the letter, or to the list; what was refused is told instead."""
    show = partial(page, request, DONE, None, verb=verb, back=back)
    try:
        places = read_places(request.POST)
        reason = read_reason(request.POST, needed=needs_reason)
        outcomes = act(places, request.user.get_username(), reason)
    except ParameterFault as fault:
        return show(status=400, outcomes=[], fault=fault)
    except _Stopped as stopped:
        return show(status=503, outcomes=stopped.outcomes)
    if any(one.refusal for one in outcomes):
        return show(status=409, outcomes=outcomes)
    return redirect(_letter(places[0]) if len(places) == 1 and verb != "Acknowledge" else back)


def _letter(place: Position) -> str:
    return reverse("dead-letter", args=(place.topic, place.partition, place.offset))
