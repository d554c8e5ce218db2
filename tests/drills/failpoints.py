"""Drill 2: each failpoint of both layers hit twice; a second copy; the scratch checkpoint deleted; a slice held still.

Its content lies in hours gone by, so that hours are published, made final and compacted within it.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from tests.drills.drill import Drill
from tests.drills.scene import Scene
from tests.drills.standing import hour_published_beside, ledger_row_held, wait_for_waiting, waiting
from tests.lib.contents import contents_hash
from tests.lib.layers import Deployment, deployed
from tests.lib.running import Running, until

SPEED = ("speed-before-file", "speed-mid-file", "speed-before-commit", "speed-after-commit")
BATCH = (
    "batch-before-publish", "batch-mid-publish", "batch-before-export", "batch-before-compaction",
    "batch-mid-compaction")  # fmt: skip
SHORT_SPEED, SHORT_BATCH = ("speed-after-commit",), ("batch-mid-publish",)
"""Where most can go wrong: a slice that is counted and not remembered, an hour half replaced."""

TIMES = 2
EVENTS, SHORT_EVENTS = 12_000, 4_000
SETTINGS = {
    "LAMBDAMETER_SLICE_ROWS": "1500", "LAMBDAMETER_SLICE_S": "0.5", "LAMBDAMETER_GRACE_S": "0",
    "LAMBDAMETER_PANE_LATENESS_S": "604800"}  # fmt: skip
TOPIC, PARTITION = "devices", 1


def run(scene: Scene) -> None:
    fill(scene)
    kill_the_speed_layer(scene)
    if not scene.short:
        kill_the_batch_layer(scene)
        look_at_the_files(scene)
        compare_with_an_undisturbed_count(scene)
    speed = scene.start_speed()
    scene.wait_until_counted()
    if not scene.short:
        delete_the_scratch_checkpoint(scene, speed)
    move_the_ledger_under_it(scene, speed)
    seal_beside_a_slice(scene)
    if scene.short:
        kill_the_batch_layer(scene)
    scene.settle()
    scene.judge()


def fill(scene: Scene) -> None:
    """Devices and charges of two hours gone by; in full also machines, plays and clicks."""
    hours = [f"{hours_ago(scene, number):%Y-%m-%dT%H:00}" for number in (3, 1)]
    span = ("--from", hours[0], "--to", hours[1])
    untidy = ("--late", "0.05", "--duplicates", "0.05", "--conflicts", "0.005", "--bad", "0.03")
    events = SHORT_EVENTS if scene.short else EVENTS
    scene.generate(*span, "--events", str(events), *untidy)
    scene.generate(*span, "--events", str(events // 4), *untidy, stream="billing")
    if not scene.short:
        scene.generate(*span, "--events", str(events // 4), *untidy, stream="resource_usage")
        scene.audience(*span, "--plays", str(events // 4), "--customers", "50")
    for load in scene.loads:
        load.finish()
    scene.say("filled", records=sum(scene.ends().values()))


def kill_the_speed_layer(scene: Scene) -> None:
    """At each of its failpoints; a second copy beside the first that is held must refuse."""
    for number, failpoint in enumerate(SHORT_SPEED if scene.short else SPEED * TIMES):
        held = scene.layers.hold(failpoint, "speed_layer", "--once")
        if not number:
            start_a_second_copy(scene)
        held.kill()
        scene.say("killed", at=failpoint, lag=scene.lag())
        look_at_the_manifest(scene)
    if not scene.short:
        scene.layers.must("speed_layer", "--once")
        listed, on_disk = listed_files(scene.layers), files_on_disk(scene.layers)
        scene.demand("kills left files that no row lists", listed.keys() < on_disk.keys(), listed=len(listed),
                     on_disk=len(on_disk))
        scene.check("after the kills of the speed layer")


def look_at_the_manifest(scene: Scene) -> None:
    """What is listed has to be there at any moment, whatever was killed."""
    on_disk = files_on_disk(scene.layers)
    absent = [path for path, size in listed_files(scene.layers).items() if on_disk.get(path) != size]
    scene.demand("I2 every file that is listed is there, with its size", not absent, absent=absent[:3])


def start_a_second_copy(scene: Scene) -> None:
    query = "SELECT topic, partition, next_offset FROM stream_offset ORDER BY 1, 2"
    before = scene.layers.rows(query)
    second = scene.layers.run("speed_layer", "--once")
    scene.demand("a second copy ends with 5 and counts nothing",
                 second.status == 5 and scene.layers.rows(query) == before, status=second.status)


def kill_the_batch_layer(scene: Scene) -> None:
    """At each of its failpoints; a second run beside the first that is held leaves."""
    for number, failpoint in enumerate(SHORT_BATCH if scene.short else BATCH * TIMES):
        held = scene.layers.hold(failpoint, "batch_layer")
        if not number:
            second = scene.layers.run("batch_layer")
            scene.demand("a second batch run says that one is at work and ends with 0",
                         second.status == 0 and len(second.said("another batch run is at work")) == 1)
        held.kill()
        scene.say("killed", at=failpoint)
        look_at_the_manifest(scene)


def look_at_the_files(scene: Scene) -> None:
    """A run to the end heals what the kills left."""
    scene.layers.must("batch_layer")
    files = scene.layers.rows("SELECT count(*) FROM archive_file WHERE superseded IS NULL GROUP BY topic, hour")
    scene.demand("compaction after kills leaves one file an hour", set(files) == {(1,)}, hours=len(files))
    scene.check("after the kills of the batch layer")


def compare_with_an_undisturbed_count(scene: Scene) -> None:
    """A second count of the same topics, which nobody kills, ends with the same contents."""
    folder = scene.layers.folder.parent / f"undisturbed-{uuid4().hex[:6]}"
    folder.mkdir()
    with deployed(scene.stack, scene.template, folder, new_topic=False, **scene.layers.settings) as twin:
        twin.must("speed_layer", "--once")
        twin.must("batch_layer")
        scene.demand("the contents are those of an undisturbed count",
                     contents_hash(twin.database_url) == contents_hash(scene.layers.database_url))


def delete_the_scratch_checkpoint(scene: Scene, speed: Running) -> None:
    """Nothing rests on it: a job that runs goes on, or begins anew from the ledger."""
    scratch = Path(scene.layers.environment()["LAMBDAMETER_HOME"], "scratch")
    deleted = [folder for folder in scratch.iterdir() if folder.is_dir()]
    for folder in deleted:
        shutil.rmtree(folder)
    send(scene, 500)
    scene.wait_until_counted()
    scene.demand("the scratch checkpoint was deleted and the job counts on", bool(deleted) and speed.status is None,
                 again=len(speed.lines("starting again")))


def move_the_ledger_under_it(scene: Scene, speed: Running) -> None:
    """While a slice stands in its commit, an offset moves as if another copy had counted: nothing of it may commit."""
    files = len(listed_files(scene.layers))
    with ledger_row_held(scene.layers, TOPIC, PARTITION) as ledger:
        send(scene, 50)
        wait_for_waiting(scene.layers, 1)
        ledger.execute("UPDATE stream_offset SET next_offset = next_offset + 1 WHERE topic = %s AND partition = %s",
                       (TOPIC, PARTITION))
    noticed = speed_said(speed, "next_offset is no longer", within_s=10)
    scene.demand("a slice whose offset was moved by another copy is not committed",
                 noticed and len(listed_files(scene.layers)) == files)
    scene.layers.rows("UPDATE stream_offset SET next_offset = next_offset - 1 WHERE topic = %s AND partition = %s",
                      TOPIC, PARTITION)
    scene.wait_until_counted()


def speed_said(speed: Running, words: str, *, within_s: float) -> bool:
    """Whether the job says so in time."""
    try:
        speed.wait_for(words, within_s=within_s)
    except AssertionError:
        return False
    return True


def seal_beside_a_slice(scene: Scene) -> None:
    """A batch run begins while a slice stands in its commit: its seal must wait. One of its hours is published by
    another run before it comes to it: it must not publish that one.
    """
    with hour_published_beside(scene.layers, TOPIC, hours_ago(scene, 3)):
        send(scene, 50, partition=PARTITION + 1)
        scene.wait_until_counted()
        with ledger_row_held(scene.layers, TOPIC, PARTITION):
            send(scene, 50)
            wait_for_waiting(scene.layers, 1)
            batch = scene.layers.start("batch_layer", "--stream", TOPIC)
            until(lambda: waiting(scene.layers) > 1 or batch.lines("sealed"), "the seal waits, or waited for nothing")
            scene.demand("a seal waits for the slice that stands in its commit", not batch.lines("sealed"))
        batch.wait_for("sealed")
        until(lambda: waiting(scene.layers) or batch.status is not None, "the publish of the hour waits")
    scene.demand("the batch run beside a slice ends with 0", batch.wait() == 0)
    overtaken = batch.lines("not published", f"{hours_ago(scene, 3):%Y-%m-%dT%H}")
    scene.demand("a run that was overtaken in an hour does not publish it", len(overtaken) == 1)


def send(scene: Scene, number: int, partition: int = PARTITION) -> None:
    """Events of one hour gone by."""
    start = hours_ago(scene, 2).timestamp()
    scene.layers.send([
        {"event_id": str(uuid4()), "timestamp": start + 3599 * scene.rng.random(), "id": f"u{scene.rng.randrange(9)}",
         "antenna_id": "a1", "app": "SKYPE", "bytes": scene.rng.randrange(10**6)} for _ in range(number)], partition)


def hours_ago(scene: Scene, number: int) -> datetime:
    """The start of an hour before the one the drill began in."""
    began = datetime.fromisoformat(scene.record.started).astimezone(UTC)
    return began.replace(minute=0, second=0, microsecond=0) - timedelta(hours=number)


def listed_files(layers: Deployment) -> dict[str, int]:
    """Path → size in bytes, by the manifest."""
    return dict(layers.rows("SELECT path, size FROM archive_file"))


def files_on_disk(layers: Deployment) -> dict[str, int]:
    """Path → size in bytes, by the archive's folders, unfinished files too."""
    return {str(path.relative_to(layers.archive)): path.stat().st_size
            for path in layers.archive.rglob("*") if path.is_file()}


DRILL = Drill(
    "failpoints", "2", "each failpoint hit twice, in both layers; a second copy; the scratch checkpoint deleted", run,
    short=True, settings=SETTINGS)
