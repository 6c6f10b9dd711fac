"""What an idle stack costs per month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from imagebus.events.catalog import STAGES
from imagebus_cli.measure.cost import DELIVERY_LOG_BYTES, Line

MONTH_MINUTES = 60 * 24 * 30
#: An idle event source mapping: five connections that each poll every 20 seconds.
IDLE_RECEIVES = 5 * 3 * MONTH_MINUTES
#: Lambda bills cold starts; every scheduled run is counted as one, though many are warm.
COLD_START_SECONDS = 0.5


@dataclass(frozen=True)
class Schedule:
    """A function that runs every `minutes` and finds nothing to do."""

    function: str
    minutes: int
    memory_mb: int
    seconds: float
    receives: int = 0
    table_reads: float = 0

    @property
    def runs(self) -> float:
        return MONTH_MINUTES / self.minutes

    @property
    def gb_seconds(self) -> float:
        return self.runs * self.memory_mb / 1024 * (self.seconds + COLD_START_SECONDS)


@dataclass(frozen=True)
class Standing:
    """What runs, or is billed monthly, while nothing is uploaded."""

    polled_queues: int
    alarms: int
    schedules: tuple[Schedule, ...]


#: The sweeper queries four shards of an index.
SWEEPER = Schedule("sweeper", 5, 256, 0.1, table_reads=4 * 0.5)
#: The defaults of the template. A test compares them with it. The cleaner's inbox is drained.
DEFAULT = Standing(
    polled_queues=len(STAGES) - 1,
    alarms=10,
    schedules=(
        Schedule("failures", 5, 512, 1.2, receives=len(STAGES) + 1),
        Schedule("cleaner", 5, 256, 1.2, receives=1),
        SWEEPER,
    ),
)
#: With `Polling: continuous`, and with `AlarmDetail: all`.
CONTINUOUS = replace(DEFAULT, polled_queues=2 * len(STAGES) + 1, schedules=(SWEEPER,))
#: Seven on the whole system, two on each consumer.
ALL_ALARMS = replace(DEFAULT, alarms=7 + 2 * len(STAGES))


def idle(price: Mapping[str, float], free: Mapping[str, float], standing: Standing = DEFAULT) -> list[Line]:
    """One idle month by component; the free tier is applied to SQS requests and alarms only."""
    polls = standing.polled_queues * IDLE_RECEIVES
    runs = sum(each.runs for each in standing.schedules)
    receives = sum(each.receives * each.runs for each in standing.schedules)
    gb_seconds = sum(each.gb_seconds for each in standing.schedules)
    reads = sum(each.table_reads * each.runs for each in standing.schedules)
    logged = runs * DELIVERY_LOG_BYTES / 1e9
    charged = max(0.0, standing.alarms - free["alarms"])
    polled = max(0.0, polls - free["sqs_requests"])
    return [
        Line(
            f"SQS, {standing.polled_queues} polled queues", polls, "requests", polled * price["sqs_request"]
        ),
        Line("SQS, drained queues", receives, "requests", receives * price["sqs_request"]),
        Line("Lambda, schedules", gb_seconds, "GB-seconds", gb_seconds * price["lambda_gb_second"]),
        Line("Lambda, requests", runs, "requests", runs * price["lambda_request"]),
        Line("DynamoDB, sweeps", reads, "units", reads * price["dynamodb_read"]),
        Line("CloudWatch Logs", logged, "GB", logged * price["log_gb"]),
        Line("CloudWatch, alarms", standing.alarms, "alarms", charged * price["alarm_month"]),
    ]
