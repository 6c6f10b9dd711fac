"""The alarms on the whole system: each is one plain metric (no metric math) with a section in the runbook.

The alarms on one consumer are in consumer.yml: the age of its inbox, and events that were lost on the way to
it. Four of those and the six essential ones here are the ten that CloudWatch gives for free.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Value = str | dict[str, str]


@dataclass(frozen=True)
class Alarm:
    """Fires when `minutes` sums in a row reach the threshold. Missing data does not count."""

    name: str
    says: str
    metric: str
    namespace: str = "imagebus"
    dimensions: dict[str, Value] = field(default_factory=lambda: {"bus": {"Ref": "Name"}})
    threshold: int = 1
    minutes: int = 1
    essential: bool = True

    @property
    def section(self) -> str:
        """The heading in docs/runbook.md."""
        return "".join(f"-{char.lower()}" if char.isupper() else char for char in self.name).lstrip("-")

    def resource(self) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "AlarmName": {"Fn::Sub": f"${{Name}}-{self.section}"},
            "AlarmDescription": f"{self.says} Runbook: docs/runbook.md#{self.section}",
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Statistic": "Sum",
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
        condition = {} if self.essential else {"Condition": "AlarmsOnAll"}
        return {"Type": "AWS::CloudWatch::Alarm", **condition, "Properties": properties}


ALARMS = (
    Alarm("DeadLetters", "A stage gave up on an image; the image's status is failed.", "Failed"),
    Alarm("Stalled", "An image waited too long for a stage.", "Stalled"),
    Alarm("Quarantined", "A dead letter was not one of our events and was kept.", "Quarantined"),
    Alarm(
        "Undelivered",
        "EventBridge could not deliver an event to an inbox.",
        "NumberOfMessagesSent",
        "AWS/SQS",
        {"QueueName": {"Ref": "UndeliveredQueue"}},
    ),
    Alarm("FailedAttempts", "Messages fail and are retried.", "FailedAttempts", threshold=10, minutes=5),
    # Over all functions in the account and region: one alarm instead of one per function.
    Alarm("Errors", "A function crashed or ran out of time.", "Errors", "AWS/Lambda", {}),
    # Throttled messages wait in their inboxes, so InboxAge notices them too.
    Alarm(
        "Throttles",
        "Functions reach the account's concurrency limit.",
        "Throttles",
        "AWS/Lambda",
        {},
        minutes=5,
        essential=False,
    ),
)
