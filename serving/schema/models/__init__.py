"""The models, one file a topic. Column names are those of the contract."""

from serving.schema.models.archive import ArchiveFile
from serving.schema.models.customers import Customer
from serving.schema.models.dashboards import Dashboard
from serving.schema.models.dead_letters import DeadLetter
from serving.schema.models.hours import FinalSpan, HourCorrection, HourState, Proof
from serving.schema.models.listens import AdClicks, AdClicksHourly, LevelListens, LevelListensHourly, Play
from serving.schema.models.machines import (
    MachineHour,
    MachineHourBatch,
    MachineMinute,
    MachineMinuteBatch,
    MachineMinuteRealtime,
    ServiceHour,
    ServiceHourBatch,
    ServiceMinute,
    ServiceMinuteBatch,
    ServiceMinuteRealtime,
)
from serving.schema.models.model_versions import ModelVersion
from serving.schema.models.offsets import OffsetGap, StreamGeneration, StreamOffset
from serving.schema.models.runs import BatchRun, LayerStatus
from serving.schema.models.usage import Bytes, BytesBatch, BytesHourly
from serving.schema.models.users import HourQuota, UnmappedUser, UserMetadata, UserQuotaLimit
from serving.schema.models.views import BatchSpan, QuotaViolation, RealtimeHour, Usage, UsageHourly

__all__ = [
    "AdClicks",
    "AdClicksHourly",
    "ArchiveFile",
    "BatchRun",
    "BatchSpan",
    "Bytes",
    "BytesBatch",
    "BytesHourly",
    "Customer",
    "Dashboard",
    "DeadLetter",
    "FinalSpan",
    "HourCorrection",
    "HourQuota",
    "HourState",
    "LayerStatus",
    "LevelListens",
    "LevelListensHourly",
    "MachineHour",
    "MachineHourBatch",
    "MachineMinute",
    "MachineMinuteBatch",
    "MachineMinuteRealtime",
    "ModelVersion",
    "OffsetGap",
    "Play",
    "Proof",
    "QuotaViolation",
    "RealtimeHour",
    "ServiceHour",
    "ServiceHourBatch",
    "ServiceMinute",
    "ServiceMinuteBatch",
    "ServiceMinuteRealtime",
    "StreamGeneration",
    "StreamOffset",
    "UnmappedUser",
    "Usage",
    "UsageHourly",
    "UserMetadata",
    "UserQuotaLimit",
]
