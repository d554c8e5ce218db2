"""HDFS from jars, for an archive that is not a local disk: one NameNode and one DataNode, on loopback only."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from local_stack.java_log import rolling_log
from local_stack.ports import LOOPBACK, accepts
from local_stack.service import Service
from local_stack.state import Home
from metering.arrow.archive import Archive
from metering.domain.errors import ServiceAway
from metering.settings import child_environment
from metering.spark import jars, java

SILENT_AFTER_S = 10

_SILENCED = """\
# Asked while it starts, it would log a trace for each thing it does not know yet.
logger.told.name = org.apache.hadoop.jmx.JMXJsonServlet
logger.told.level = off
"""

SETTINGS = {
    "dfs.replication": "1",
    # A file that was closed is on the disk, whichever client wrote it.
    "dfs.datanode.synconclose": "true",
    # With one DataNode there is nothing to wait for once it has told its blocks; the default is 30 s.
    "dfs.namenode.safemode.extension": "0",
    # A DataNode that is gone is avoided after 6 s and counts as dead after 20 s; the default is 10 min.
    "dfs.namenode.stale.datanode.interval": "6000",
    "dfs.heartbeat.interval": "1",
    "dfs.namenode.heartbeat.recheck-interval": "5000",
}


class _Node(Service):
    """What the two have in common: a Java program with a folder of settings of its own."""

    main: str
    bean: str
    pages: str

    def __init__(self, home: Home, heap_mb: int = 256) -> None:
        super().__init__(home)
        self._heap_mb = heap_mb
        self._folder = home.folder / "hdfs" / self.name
        self._logging = self._folder / "log4j2.properties"

    def prepare(self) -> None:
        """Write its settings; what it stores stays as it is."""
        # Without a folder of pages before its jar, a node reads the whole jar for them at each start: 3 to 10 s.
        for name in (f"webapps/{self.pages}", "tmp"):
            (self._folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = SETTINGS | {"fs.defaultFS": url(self.home)} | self._own_settings()
        self._logging.write_text(rolling_log(self.log_path, self.main) + _SILENCED, encoding="utf-8")
        (self._folder / "hdfs-site.xml").write_text(site(settings), encoding="utf-8")

    def _own_settings(self) -> dict[str, str]:
        """Settings of this node alone; settles its ports."""
        raise NotImplementedError

    def _settle(self, name: str) -> str:
        return f"{LOOPBACK}:{self.home.ports.settle(name)}"

    def _java(self, *options: str) -> list[str]:
        class_path = os.pathsep.join([str(self._folder), jars.class_path("hdfs")])
        return [str(java.java()), *options, "-cp", class_path, self.main]

    def command(self) -> list[str]:
        return self._java(
            f"-Xmx{self._heap_mb}m", "-XX:+ExitOnOutOfMemoryError", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            f"-XX:ErrorFile={self.home.log(f'{self.name}-jvm')}", f"-Djava.io.tmpdir={self._folder / 'tmp'}",
            self._log_option)  # fmt: skip

    @property
    def _log_option(self) -> str:
        return f"-Dlog4j2.configurationFile={self._logging}"

    def is_mine(self, arguments: list[str]) -> bool:
        return arguments[-1:] == [self.main] and self._log_option in arguments

    def settle(self) -> None:
        """Nothing: folders are made by who writes into them."""

    def env(self) -> dict[str, str]:
        return {}

    def _told(self) -> dict[str, Any]:
        """What the node tells of itself on its HTTP port. Raises OSError, HTTPException, ValueError or LookupError."""
        port = self.home.ports.remembered(f"{self.name}_http") or 0
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=3)
        try:
            connection.request("GET", f"/jmx?qry=Hadoop:service={self.bean}")
            return dict(json.load(connection.getresponse())["beans"][0])
        finally:
            connection.close()

    def fault(self) -> str | None:
        if not accepts(self.port):
            return f"nothing listens on {self.address}"
        try:
            return self._fault_in(self._told())
        except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
            return f"no answer from {self.address}: {error!r}"

    def _fault_in(self, told: dict[str, Any]) -> str | None:
        raise NotImplementedError


class NameNode(_Node):
    """Keeps the names. Clients come to its port: `hdfs://127.0.0.1:PORT`."""

    name = "namenode"
    main = "org.apache.hadoop.hdfs.server.namenode.NameNode"
    bean = "NameNode,name=NameNodeInfo"
    pages = "hdfs"

    @property
    def _names(self) -> Path:
        return self._folder / "names"

    def prepare(self) -> None:
        """Format the folder of names at the first start. Raises BadSettings without the `hdfs` extra."""
        self.home.ports.settle(self.name)
        Archive(url(self.home))
        super().prepare()
        if not self._names.exists():
            self._format()

    def _own_settings(self) -> dict[str, str]:
        return {
            "dfs.namenode.name.dir": self._names.as_uri(),
            "dfs.namenode.http-address": self._settle("namenode_http"),
        }

    def _format(self) -> None:
        """Format under another name, so that a broken format leaves nothing that looks whole."""
        fresh = self._folder / "names.new"
        shutil.rmtree(fresh, ignore_errors=True)
        done = subprocess.run(
            [*self._java("-XX:TieredStopAtLevel=1", self._log_option),
             f"-Ddfs.namenode.name.dir={fresh.as_uri()}", "-format", "-nonInteractive"],
            capture_output=True, text=True, env=child_environment(), check=False,
        )  # fmt: skip
        if done.returncode:
            said = f"{done.stdout}{done.stderr}{self.log_tail()}"
            raise ServiceAway(f"the namenode's folder could not be formatted:\n{said}")
        fresh.rename(self._names)

    def _fault_in(self, told: dict[str, Any]) -> str | None:
        """None once it lists the root and takes changes."""
        Archive(url(self.home)).size("")
        return f"in safe mode: {told['Safemode']}" if told["Safemode"] else None

    def env(self) -> dict[str, str]:
        return {"LAMBDAMETER_HDFS": url(self.home)}


class DataNode(_Node):
    """Keeps the blocks. It may be stopped and started alone: the NameNode waits for it."""

    name = "datanode"
    main = "org.apache.hadoop.hdfs.server.datanode.DataNode"
    bean = "DataNode,name=DataNodeInfo"
    pages = "datanode"

    def _own_settings(self) -> dict[str, str]:
        return {
            "dfs.datanode.data.dir": (self._folder / "blocks").as_uri(),
            "dfs.datanode.hostname": LOOPBACK,
            "dfs.datanode.address": self._settle(self.name),
            "dfs.datanode.http.address": self._settle("datanode_http"),
            "dfs.datanode.ipc.address": self._settle("datanode_ipc"),
        }

    def _fault_in(self, told: dict[str, Any]) -> str | None:
        """None once it is registered and heard by the NameNode."""
        known_to = json.loads(told["BPServiceActorInfo"])
        if not known_to or known_to[0]["ActorState"] != "RUNNING":
            return "not registered with the NameNode yet"
        silent_s = int(known_to[0]["LastHeartbeat"])
        return f"not heard by the NameNode for {silent_s} s" if silent_s > SILENT_AFTER_S else None


def url(home: Home) -> str:
    """Where clients find the NameNode of a home."""
    return f"hdfs://{LOOPBACK}:{home.ports.remembered(NameNode.name) or 0}"


def site(settings: dict[str, str]) -> str:
    """The settings as Hadoop reads them."""
    rows = "".join(
        f"  <property><name>{name}</name><value>{escape(value)}</value></property>\n"
        for name, value in sorted(settings.items()))  # fmt: skip
    return f"<configuration>\n{rows}</configuration>\n"
