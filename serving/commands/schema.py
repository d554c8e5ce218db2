"""`schema`: print the SQL of a stream's tables and views, to be put into a migration."""

from __future__ import annotations

import argparse

from metering.settings import Settings
from metering.streams import STREAMS
from serving.errors import BadInput
from serving.schema.declared import rollup_sql


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Print the SQL made from the declaration; changes nothing."""
    if options.stream not in STREAMS:
        raise BadInput(f"STREAM={options.stream!r}: want one of {', '.join(sorted(STREAMS))}")
    stream = STREAMS[options.stream]
    for rollup in stream.rollups:
        print(rollup_sql(stream, rollup))
