"""The alarms: each is one plain metric (no metric math) and names its section of docs/runbook.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STAGES = (
    "Ingest",
    "Validator",
    "Thumbnailer",
    "Watermarker",
    "Metadata",
    "Labels",
    "Recorder",
    "Notifier",
    "Cleaner",
)

#: Whose age is an essential alarm. A stage in between that is stuck stalls images, which is told of, and the
#: cleaner's drain is an error once it is an hour behind.
ESSENTIAL_AGES = ("Ingest", "Recorder", "Notifier")

Value = str | dict[str, str]


@dataclass(frozen=True)
class Alarm:
    """Fires when `minutes` sums (or maxima) in a row reach the threshold. No data is no trouble."""

    name: str
    says: str
    metric: str
    namespace: str = "imagebus"
    dimensions: dict[str, Value] = field(default_factory=lambda: {"bus": {"Ref": "Name"}})
    threshold: int | dict[str, str] = 1
    minutes: int = 1
    statistic: str = "Sum"
    #: CloudWatch gives ten alarms for free; the others come with AlarmDetail: all.
    essential: bool = True

    @property
    def section(self) -> str:
        """The heading in docs/runbook.md."""
        return "inbox-age" if self.name.endswith("InboxAge") else _dashed(self.name)

    def resource(self) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "AlarmName": {"Fn::Sub": f"${{Name}}-{_dashed(self.name)}"},
            "AlarmDescription": f"{self.says} Runbook: docs/runbook.md#{self.section}",
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Statistic": self.statistic,
            "Period": 60,
            "EvaluationPeriods": self.minutes,
            "Threshold": self.threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": "AlarmTopic"}],
            "OKActions": [{"Ref": "AlarmTopic"}],
        }
        if self.dimensions:
            dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
            properties["Dimensions"] = dimensions
        when = {} if self.essential else {"Condition": "AlarmsOnAll"}
        return {"Type": "AWS::CloudWatch::Alarm", **when, "Properties": properties}


def _dashed(name: str) -> str:
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in name).lstrip("-")


def _queue(parameter: str) -> dict[str, Value]:
    return {"QueueName": {"Ref": parameter}}


ALARMS = (
    Alarm("DeadLetters", "A stage gave up on an image: its status is failed.", "Failed"),
    Alarm("Stalled", "An image waited too long for a stage.", "Stalled"),
    Alarm("Quarantined", "A dead letter was no event of ours, and was kept.", "Quarantined"),
    Alarm(
        "Undelivered",
        "EventBridge could not hand an event to an inbox.",
        "NumberOfMessagesSent",
        "AWS/SQS",
        _queue("UndeliveredQueue"),
    ),
    Alarm("FailedAttempts", "Messages fail and are tried again.", "FailedAttempts", threshold=10, minutes=5),
    # Over all functions of the account's region: one alarm instead of one for each function.
    Alarm("Errors", "A function crashed or ran out of time.", "Errors", "AWS/Lambda", {}),
    Alarm(
        "Throttles", "Functions wait for each other's concurrency.", "Throttles", "AWS/Lambda", {}, minutes=5
    ),
    *(
        Alarm(
            f"{stage}InboxAge",
            f"The oldest message of {stage.lower()} waits too long.",
            "ApproximateAgeOfOldestMessage",
            "AWS/SQS",
            _queue(f"{stage}Inbox"),
            threshold={"Ref": "InboxAgeSeconds"},
            minutes=5,
            statistic="Maximum",
            essential=stage in ESSENTIAL_AGES,
        )
        for stage in STAGES
    ),
)
