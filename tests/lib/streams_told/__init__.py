"""The streams as the checker knows them: written from the documents, with nothing of the product."""

from tests.lib.streams_told.billing import BILLING
from tests.lib.streams_told.devices import DEVICES
from tests.lib.streams_told.machines import RESOURCE_USAGE
from tests.lib.streams_told.plays import CLICKS, LISTENS
from tests.lib.streams_told.shapes import StreamTold

TOLD: dict[str, StreamTold] = {told.topic: told for told in (DEVICES, RESOURCE_USAGE, LISTENS, CLICKS, BILLING)}
