"""The models, one file a topic. Column names are those of the contract."""

from serving.schema.models.alerts import Alert, AlertRule, Budget, Outbox, WebhookDelivery
from serving.schema.models.archive import ArchiveFile
from serving.schema.models.billing import (
    CompanyHour,
    CompanyHourBatch,
    CompanyWindow,
    CompanyWindowBatch,
    CompanyWindowRealtime,
)
from serving.schema.models.customers import Customer
from serving.schema.models.dashboards import Dashboard
from serving.schema.models.dead_letters import DeadLetter
from serving.schema.models.hours import FinalSpan, HourCorrection, HourState, Proof
from serving.schema.models.invoices import Invoice, InvoiceCounter, InvoiceHour, InvoiceLine
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
from serving.schema.models.panes import (
    BillingIdentity,
    BillingPane,
    BillingPaneInput,
    BillingPending,
    BillingTooLate,
    PaneClock,
)
from serving.schema.models.runs import BatchRun, LayerStatus
from serving.schema.models.tariffs import RatedHour, RatedLine, RatedState, TariffVersion
from serving.schema.models.usage import Bytes, BytesBatch, BytesHourly
from serving.schema.models.users import HourQuota, UnmappedUser, UserMetadata, UserQuotaLimit
from serving.schema.models.views import BatchSpan, QuotaViolation, RealtimeHour, Usage, UsageHourly

__all__ = [
    "AdClicks",
    "AdClicksHourly",
    "Alert",
    "AlertRule",
    "ArchiveFile",
    "BatchRun",
    "BatchSpan",
    "BillingIdentity",
    "BillingPane",
    "BillingPaneInput",
    "BillingPending",
    "BillingTooLate",
    "Budget",
    "Bytes",
    "BytesBatch",
    "BytesHourly",
    "CompanyHour",
    "CompanyHourBatch",
    "CompanyWindow",
    "CompanyWindowBatch",
    "CompanyWindowRealtime",
    "Customer",
    "Dashboard",
    "DeadLetter",
    "FinalSpan",
    "HourCorrection",
    "HourQuota",
    "HourState",
    "Invoice",
    "InvoiceCounter",
    "InvoiceHour",
    "InvoiceLine",
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
    "Outbox",
    "PaneClock",
    "Play",
    "Proof",
    "QuotaViolation",
    "RatedHour",
    "RatedLine",
    "RatedState",
    "RealtimeHour",
    "ServiceHour",
    "ServiceHourBatch",
    "ServiceMinute",
    "ServiceMinuteBatch",
    "ServiceMinuteRealtime",
    "StreamGeneration",
    "StreamOffset",
    "TariffVersion",
    "UnmappedUser",
    "Usage",
    "UsageHourly",
    "UserMetadata",
    "UserQuotaLimit",
    "WebhookDelivery",
]
