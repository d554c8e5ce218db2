"""Drill 10: the archive's disk full, then listed files cut, deleted and changed; `batch_layer repair` restores them."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.drills.drill import Drill
from tests.drills.scene import Scene
from tests.lib.layers import Finished
from tests.lib.running import until

DISK_MB = 96
HELD_FULL_S = 15
EVENTS, HOURS, LIVE_RATE = 60_000, 4, 200
RECOVERED_WITHIN_S = 60
IN_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
SETTINGS = {"LAMBDAMETER_SLICE_S": "1", "LAMBDAMETER_GRACE_S": "0", "LAMBDAMETER_SLICE_ROWS": "20000"}


@dataclass(frozen=True)
class Hurt:
    """A listed file that was damaged, and how."""

    topic: str
    hour: datetime
    path: str
    how: str


def run(scene: Scene) -> None:
    """Full disk under load; then damage, batch, repair killed twice, repair, batch."""
    ballast = full_disk(scene)
    live = [scene.generate("--rate", f"{LIVE_RATE}"), scene.generate("--rate", f"{LIVE_RATE // 4}", stream="billing")]
    if ballast:
        wait_out_a_full_disk(scene, ballast)
    else:
        scene.start_speed()
    hours = fill_hours(scene)
    before = served(scene, hours)
    hurt = damage(scene, hours)
    named_and_left(scene, hurt, before)
    repair(scene, hurt)
    healed(scene, hurt)
    for load in live:
        load.stop()
    scene.settle()
    scene.judge()


def full_disk(scene: Scene) -> Path | None:
    """Put the archive on a small disk in memory without a free byte; gives the file that fills it.

    The disk is seen through the process that holds its namespace. None, told in a line, where a machine forbids that.
    """
    place = scene.layers.archive
    place.mkdir(parents=True)
    if subprocess.run([*IN_NAMESPACE, 'mount -t tmpfs none "$0"', str(place)], check=False,
                      capture_output=True).returncode:
        scene.say("no full disk: this machine forbids user namespaces with mounts")
        return None
    mount = f'mount -t tmpfs -o size={DISK_MB}m none "$0" && touch "$0/ballast" && exec sleep 86400'
    holder = scene.layers.start_command([*IN_NAMESPACE, mount, str(place)])
    disk = Path(f"/proc/{holder.pid}/root{place}")
    until((disk / "ballast").exists, "the small disk is mounted", 30)
    scene.layers.settings["LAMBDAMETER_ARCHIVE"] = str(disk)
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        for _ in range(DISK_MB * 256 + 1):
            ballast.write(bytes(4096))
    return disk / "ballast"


def wait_out_a_full_disk(scene: Scene, ballast: Path) -> None:
    """The job has to wait, say why, and go on by itself once there is room."""
    speed = scene.start_speed()
    said = speed.wait_for("a service is away, trying again", "No space left on device")
    scene.say("the archive's disk is full", why=said["why"][:160])
    time.sleep(HELD_FULL_S)
    passed = scene.layers.rows("SELECT coalesce(sum(next_offset - first_offset), 0) FROM stream_offset")
    scene.demand("nothing is counted that cannot be archived", passed == [(0,)], passed=int(passed[0][0]))
    scene.demand("the job waits", speed.status is None)
    ballast.unlink()
    began = time.monotonic()
    scene.wait_until_counted()
    waited_s = round(time.monotonic() - began, 1)
    scene.demand(f"lag 0 within {RECOVERED_WITHIN_S} s of room", waited_s <= RECOVERED_WITHIN_S, waited_s=waited_s)


def fill_hours(scene: Scene) -> list[datetime]:
    """Past hours that are published and compacted, each with unpublished files of a slice beside."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=ago) for ago in range(HOURS + 1, 1, -1)]
    span = ("--from", f"{hours[0]:%Y-%m-%dT%H:%M}", "--to", f"{hours[-1] + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    faults = ("--duplicates", "0.03", "--conflicts", "0.002", "--bad", "0.02")
    for _ in range(2):
        scene.generate(*span, "--events", str(EVENTS), *faults).finish()
        scene.wait_until_counted()
        if not listed(scene, hours, compacted=True):
            done = scene.layers.must("batch_layer")
            scene.say("published and compacted", hours=len(done.said("hour compacted")))
    return hours


def listed(scene: Scene, hours: list[datetime], *, compacted: bool) -> list[tuple[str, datetime, str]]:
    """Topic, hour and path of files that count."""
    return scene.layers.rows(
        "SELECT topic, hour, path FROM archive_file WHERE topic = 'devices' AND hour = ANY(%s) AND superseded IS NULL "
        "AND (kafka_partition IS NULL) = %s ORDER BY hour, kafka_partition, first_offset", hours, compacted)


def served(scene: Scene, hours: list[datetime]) -> dict[datetime, list[tuple[object, ...]]]:
    """What the site would show of each hour."""
    return {hour: scene.layers.rows(
        "SELECT type, id, value FROM usage_hourly WHERE timestamp = %s ORDER BY type, id", hour) for hour in hours}


def damage(scene: Scene, hours: list[datetime]) -> list[Hurt]:
    """One file cut, one deleted, one with a bit flipped, each of another hour; the last hour stays whole.

    One of them, by lot, is a compacted one.
    """
    lot = scene.rng.sample(hours[:-1], 3)
    compacted = scene.rng.choice(lot)
    hurt = []
    for how, hour in zip(("cut", "deleted", "flipped"), lot, strict=True):
        topic, _, path = scene.rng.choice(listed(scene, [hour], compacted=hour == compacted))
        hurt.append(Hurt(topic, hour, path, how))
        numbers = hurt_file(scene, scene.layers.archive / path, how)
        scene.say(f"a listed file is {how}", path=path, compacted=hour == compacted, **numbers)
    return hurt


def hurt_file(scene: Scene, file: Path, how: str) -> dict[str, int]:
    """Damage a file, the place by lot; says where."""
    content = bytearray(file.read_bytes())
    if how == "deleted":
        file.unlink()
        return {}
    place = scene.rng.randrange(len(content))
    if how == "cut":
        file.write_bytes(content[:place])
    else:
        content[place] ^= 1 << scene.rng.randrange(8)
        file.write_bytes(content)
    return {"at": place, "of": len(content)}


def named_and_left(scene: Scene, hurt: list[Hurt], before: dict[datetime, list[tuple[object, ...]]]) -> None:
    """A batch run names each file, leaves its hour as it was, and publishes all others; the stream goes on."""
    done = scene.layers.run("batch_layer")
    scene.demand("the batch run ends with 4", done.status == 4, status=done.status)
    failed = dict(scene.layers.rows("SELECT hour, failed FROM hour_state WHERE failed <> ''"))
    for one in hurt:
        why = failed.get(one.hour, "")
        scene.demand(f"the {one.how} file is named, with the cure", one.path in why and "batch_layer repair" in why,
                     why=why[:200])
    scene.demand("no other hour fails", failed.keys() == {one.hour for one in hurt}, failed=len(failed))
    scene.demand("the others are published", len(done.said("hour published")) > 0,
                 published=len(done.said("hour published")))
    after = served(scene, list(before))
    scene.demand("what is served of the damaged hours stays",
                 all(after[one.hour] == before[one.hour] for one in hurt))
    began = time.monotonic()
    scene.wait_until_counted(RECOVERED_WITHIN_S)
    scene.demand("the stream goes on", scene.speed is not None and scene.speed.status is None,
                 caught_up_s=round(time.monotonic() - began, 1))


def repair(scene: Scene, hurt: list[Hurt]) -> None:
    """Killed before and after it lists a file, then run to its end, then again."""
    for failpoint in ("repair-before-list", "repair-after-list"):
        scene.layers.kill_at(failpoint, "batch_layer", "repair")
        scene.say("the repair is killed", at=failpoint)
    done = scene.layers.run("batch_layer", "repair")
    # The one whose row was moved just before the kill is whole already.
    restored = len(done.said("restored", "rows"))
    scene.demand("the repair restores the rest", done.status == 0 and restored == len(hurt) - 1,
                 status=done.status, restored=restored, said=told(done))
    again = scene.layers.run("batch_layer", "repair", "--all")
    scene.demand("a second repair finds nothing", again.status == 0 and not again.said("damaged file"),
                 status=again.status, said=told(again))


def healed(scene: Scene, hurt: list[Hurt]) -> None:
    """The next batch run publishes the hours that were held up."""
    done = scene.layers.run("batch_layer")
    published = [one for one in hurt if done.said("hour published", f"{one.hour:%Y-%m-%dT%H}")]
    scene.demand("the damaged hours are published", done.status == 0 and published == hurt,
                 status=done.status, published=len(published), said=told(done))


def told(done: Finished) -> list[str]:
    """The errors it told."""
    return [f"{line['event']}: {line.get('why', '')}"[:200] for line in done.lines if line["level"] == "error"]


DRILL = Drill(
    name="archive", number="10", title="the archive's disk full; listed files cut, deleted, flipped; repair",
    run=run, settings=SETTINGS)
