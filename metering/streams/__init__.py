"""The declared streams. A new one is a module here and a line below; nothing else names a stream."""

from metering.domain.stream import Stream
from metering.streams.billing import BILLING
from metering.streams.clicks import CLICKS
from metering.streams.devices import DEVICES
from metering.streams.listens import LISTENS
from metering.streams.machines import RESOURCE_USAGE

STREAMS: dict[str, Stream] = {stream.topic: stream for stream in (DEVICES, RESOURCE_USAGE, LISTENS, CLICKS, BILLING)}
