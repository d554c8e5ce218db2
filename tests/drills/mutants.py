"""The mutations: what is broken, where, and which drill has to fail by what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """`old` occurs exactly once in the file."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """A fault someone could build in. `expected`: words of the demand or invariant that has to fail."""

    name: str
    what: str
    drill: str
    expected: str
    edits: tuple[Edit, ...]


ALL: tuple[Mutation, ...] = (
    Mutation(
        "list-before-rename", "files are listed before they have their names", "failpoints", "I2",
        (
            Edit("metering/arrow/files.py", "        self._archive.rename(self._unfinished, self._path)\n",
                 "        if not self._path.rsplit('/', 1)[1].startswith('p'):\n"
                 "            self._archive.rename(self._unfinished, self._path)\n"),
            Edit("speed_layer/slices.py", "if self._archive.size(file.path) != file.size:",
                 "if self._archive.size(file.path + '.part') != file.size:"),
            Edit("speed_layer/slices.py", '        reach("speed-after-commit")\n',
                 '        reach("speed-after-commit")\n'
                 "        for file in [file for found in slices for file in found.files]:\n"
                 "            self._archive.rename(file.path + '.part', file.path)\n"),
        )),
    Mutation(
        "offset-guard", "an offset moves from wherever it is", "failpoints", "whose offset was moved",
        (Edit("metering/sql/speed/advance_offset.sql", " AND next_offset = %(expected)s", ""),)),
    Mutation(
        "watermark", "what is 10 minutes older than the newest seen is left out", "failpoints", "I1",
        (
            Edit("speed_layer/examine.py", "    def _count(self, events: pa.Table) -> None:\n",
                 "    def _count(self, events: pa.Table) -> None:\n"
                 "        times = events[self.stream.time_field.name].cast(pa.int64())\n"
                 "        events = events.filter(pc.greater_equal(times, pc.max(times).as_py() - 600_000_000))\n"),
            Edit("speed_layer/balance.py", "if kept[span.partition] != span.rows:", "if False:"),
        )),
    Mutation(
        "publish-fence", "a publish goes on where another run was first", "failpoints", "does not publish it",
        (Edit("metering/store/publish.py", "if cursor.rowcount != 1:", "if cursor.rowcount > 1:"),)),
    Mutation(
        "seal-without-waiting", "a seal passes slices in flight", "failpoints", "a seal waits for the slice",
        (Edit("metering/sql/speed/hold_generation.sql", " FOR SHARE", ""),)),
    Mutation(
        "compaction-of-repeats", "compaction keeps one row of an identity", "failpoints", "I2",
        (Edit("batch_layer/compact.py", "    rows = rows.sort_by(ARRIVAL)\n",
              "    rows = rows.sort_by(ARRIVAL)\n"
              "    ids = rows['event_id'].to_pylist()\n"
              "    firsts = [row for row, one in enumerate(ids) if one is None or ids.index(one) == row]\n"
              "    rows = rows.take(firsts)\n"),)),
    Mutation(
        "no-lock", "whoever asks for the lock is told that it has it", "failpoints", "a second copy ends with 5",
        (Edit("metering/sql/try_lock.sql", "SELECT ", "SELECT true OR "),)),
)
