"""Drill 7: the batch layer at work while an hour still fills; data that is late by 10 min, 70 min and 25 h; the site's
API asked ten times a second throughout: what it serves never dips and never doubles, and corrections are kept.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from tests.drills.drill import Drill
from tests.drills.made import DEVICES, Event, device, worth_of
from tests.drills.scene import Scene
from tests.drills.site import Site, start_site
from tests.lib.running import until
from tests.lib.served_watcher import ServedWatcher, served_total

LATE = {"10 min": 600, "70 min": 4_200, "25 h": 90_000}
ROUNDS, SHORT_ROUNDS = 10, 1
"""Rounds of each lateness; in each the hour fills on, and a batch run or two go over it."""

FILLING, LATE_EVENTS = 400, 60
POLL_S = 0.1
SETTINGS = {"LAMBDAMETER_SLICE_S": "0.5", "LAMBDAMETER_GRACE_S": "0"}
TYPES = {"user_total_bytes": "id", "app_total_bytes": "app", "antenna_total_bytes": "antenna_id"}

_FINAL = "SELECT hour FROM hour_state WHERE topic = 'devices' AND final"
_CORRECTIONS = "SELECT hour, type, key_id, old, new FROM hour_correction WHERE topic = 'devices' ORDER BY id"
_REVISION = "SELECT coalesce(max(revision), 0) FROM hour_state WHERE topic = 'devices' AND hour = %s"

Key = tuple[datetime, str, str]
Sums = Counter[Key]


def run(scene: Scene) -> None:
    scene.start_speed()
    site = start_site(scene.layers)
    sent = fill_before(scene)
    batch = scene.start_batch(every_s=1)
    wait_until_final(scene, sent)
    final = {hour for (hour,) in scene.layers.rows(_FINAL)}
    before, filling = sums_of(sent), this_hour()
    with ExitStack() as watching:
        asked = {name: watching.enter_context(ServedWatcher(read, POLL_S)) for name, read in readers(scene, site)}
        began, revision = time.monotonic(), scene.layers.rows(_REVISION, filling)[0][0]
        low = int(worth_of(DEVICES, sent))
        for number in range(SHORT_ROUNDS if scene.short else ROUNDS):
            play_round(scene, sent, number)
        revised, seconds = scene.layers.rows(_REVISION, filling)[0][0] - revision, time.monotonic() - began
    scene.demand("the batch layer published the hour while it filled", revised >= len(LATE), times=revised)
    for name, watcher in asked.items():
        tell(scene, name, watcher, (low, int(worth_of(DEVICES, sent))), seconds)
    scene.demand("the batch layer ran through it", batch.status is None)
    scene.settle()
    compare_corrections(scene, final, before, sums_of(sent))
    scene.judge()


def this_hour() -> datetime:
    return hour_of(time.time())


def hour_of(event_time: float) -> datetime:
    return datetime.fromtimestamp(event_time // 3600 * 3600, UTC)


def fill_before(scene: Scene) -> list[Event]:
    """Something of each hour that late data will come to, and of this one; counted."""
    sent: list[Event] = []
    for late_s in (0, *LATE.values()):
        send(scene, sent, LATE_EVENTS, late_s)
    scene.wait_until_counted()
    return sent


def send(scene: Scene, sent: list[Event], count: int, late_s: float) -> None:
    """Events of the last few seconds, as they were so long ago."""
    now = time.time() - late_s
    events = [device(scene.rng, now - scene.rng.uniform(0, 5)) for _ in range(count)]
    scene.layers.send(events)
    sent += events


def wait_until_final(scene: Scene, sent: list[Event]) -> None:
    """Every hour gone by that something was sent of is final; the one that fills is not."""
    gone = {hour_of(one["timestamp"]) for one in sent} - {this_hour()}
    until(lambda: gone <= {hour for (hour,) in scene.layers.rows(_FINAL)}, f"the hours {gone} are final")
    scene.say("the hours gone by are final", hours=len(gone))


def readers(scene: Scene, site: Site) -> list[tuple[str, Callable[[], int]]]:
    """The same total twice: as the site's API tells it, and by one statement on the view."""
    today = datetime.now(UTC).date()
    path = (f"/api/v1/usage?by=user&show=totals&limit=10000&from={today - timedelta(days=3)}"
            f"&to={today + timedelta(days=1)}")

    def by_api() -> int:
        answer = site.ask(path)
        assert answer.status == 200, (answer.status, answer.text[:300])
        return sum(int(row["value"]) for row in json.loads(answer.text)["rows"])

    return [("the API", by_api), ("the view", served_total(scene.layers.database_url))]


def play_round(scene: Scene, sent: list[Event], number: int) -> None:
    """For each lateness: the hour fills, late data comes, and a whole batch run goes over both."""
    batch = scene.batch
    assert batch is not None
    for late, late_s in LATE.items():
        send(scene, sent, FILLING, 0)
        send(scene, sent, LATE_EVENTS, late_s)
        runs = len(batch.lines("run done", '"devices"'))
        scene.wait_until_counted()
        batch.wait_for("run done", '"devices"', times=runs + 2)
        scene.say("late data came", late=late, round=number + 1, sent=len(sent))


def tell(scene: Scene, name: str, watcher: ServedWatcher, bounds: tuple[int, int], seconds: float) -> None:
    """It never went down, and never left what was sent."""
    rate = round(watcher.polls / seconds, 1)
    scene.demand(f"what {name} serves never dips", not watcher.dips, polls=watcher.polls, polls_a_s=rate,
                 dips=watcher.dips[:3])
    inside = bounds[0] <= watcher.lowest and watcher.highest <= bounds[1]
    scene.demand(f"what {name} serves never doubles", inside, lowest=watcher.lowest, highest=watcher.highest,
                 sent_before=bounds[0], sent=bounds[1])


def sums_of(sent: list[Event]) -> Sums:
    """Bytes by hour, type and key."""
    sums: Sums = Counter()
    for one in sent:
        for kind, name in TYPES.items():
            sums[hour_of(one["timestamp"]), kind, one[name]] += one["bytes"]
    return sums


def compare_corrections(scene: Scene, final: set[datetime], before: Sums, after: Sums) -> None:
    """Of an hour that was final: from what it was, step by step and none missing, to what it is."""
    steps: dict[Key, list[tuple[int, int]]] = {}
    for hour, kind, key, old, new in scene.layers.rows(_CORRECTIONS):
        if hour in final:
            steps.setdefault((hour, kind, key), []).append((int(old), int(new)))
    changed = {key for key in after if key[0] in final and after[key] != before[key]}
    wrong = [key for key in changed | steps.keys() if not leads(before[key], steps.get(key, []), after[key])]
    scene.demand("each change of an hour that was final is kept as a correction, old and new", bool(changed)
                 and not wrong, hours=len(final), keys=len(changed), corrections=sum(map(len, steps.values())),
                 wrong=[f"{key} {before[key]} {steps.get(key)} {after[key]}" for key in wrong[:3]])


def leads(start: int, steps: list[tuple[int, int]], end: int) -> bool:
    """Whether the steps lead from the start to the end, each from where the one before it ended."""
    at = start
    for old, new in steps:
        if old != at or new == old:
            return False
        at = new
    return at == end


DRILL = Drill("late", "7", "batch while an hour fills; late by 10 min, 70 min, 25 h; what is served is polled", run,
              short=True, settings=SETTINGS)
