"""Charges and credits: what a company is to pay, in which currency."""

from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Field, Kind, Panes, Stream

COST_DECIMALS = 6
COST_LIMIT = 10**9
DEFAULT_CURRENCY = "EUR"

COMPANY_WINDOW = Rollup(
    name="company_window",
    window_s=5,
    window_column="window_start",
    key=("window_start", "company", "currency"),
    cuts=(Cut(takes={"company": "company", "currency": "currency"}),),
    measures=(
        Measure("cost", MeasureKind.SUM, of="cost", decimals=COST_DECIMALS),
        Measure("events", MeasureKind.COUNT),
    ),
    realtime="company_window_realtime",
    batch="company_window_batch",
    merged="company_window",
    hourly_batch="company_hour_batch",
    hourly_merged="company_hour",
    hourly_window_column="hour",
)

BILLING = Stream(
    topic="billing",
    fields=(
        Field("company", Kind.IDENTIFIER),
        Field("cost", Kind.DECIMAL, low=-COST_LIMIT, high=COST_LIMIT, decimals=COST_DECIMALS, text=True),
        Field("currency", Kind.IDENTIFIER, required=False, default=DEFAULT_CURRENCY),
        Field("timestamp", Kind.TIME, unit="s"),
    ),
    subject="company",
    rollups=(COMPANY_WINDOW,),
    panes=Panes(rollup="company_window", value="cost"),
)
