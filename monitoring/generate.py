"""monitoring/template.yml, the nested stack with dashboard and alarms: `python -m monitoring.generate`.

With --check it writes nothing, and fails when the committed file is another one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from monitoring.alarms import ALARMS
from monitoring.dashboard import body

PATH = Path(__file__).with_name("template.yml")
HEADER = (
    "# Made from monitoring/*.py by `python -m monitoring.generate`; do not edit. "
    "template.yml includes it as Monitoring.\n"
)


def template() -> dict[str, Any]:
    text: dict[str, Any] = {"Type": "String"}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "imagebus: what to look at, and what wakes somebody up.",
        "Parameters": {
            "Name": {
                **text,
                "Description": "Name of the pipeline's stack, which its metrics and queues carry.",
            },
            "AlarmEmail": {**text, "Default": ""},
            "EncryptionKeyArn": {**text, "Default": ""},
            "UndeliveredQueue": {**text, "Description": "Name of the queue of undelivered events."},
        },
        "Conditions": {
            "HasAlarmEmail": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]},
            "HasEncryptionKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "EncryptionKeyArn"}, ""]}]},
        },
        "Resources": {
            **_topic(),
            "Dashboard": {
                "Type": "AWS::CloudWatch::Dashboard",
                "Properties": {
                    "DashboardName": {"Ref": "Name"},
                    "DashboardBody": {"Fn::Sub": json.dumps(body(), separators=(",", ":"))},
                },
            },
            **{alarm.name: alarm.resource() for alarm in ALARMS},
        },
        "Outputs": {"AlarmTopicArn": {"Value": {"Ref": "AlarmTopic"}}},
    }


def _topic() -> dict[str, Any]:
    """AWS's own key for SNS does not let CloudWatch publish: only a customer's key can encrypt this one."""
    topic = {"Ref": "AlarmTopic"}
    account = {"Ref": "AWS::AccountId"}
    allow = {
        "Sid": "AlarmsMayPublish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    deny = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    key = {"Fn::If": ["HasEncryptionKey", {"Ref": "EncryptionKeyArn"}, {"Ref": "AWS::NoValue"}]}
    return {
        "AlarmTopic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": key}},
        "AlarmTopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [topic],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow, deny]},
            },
        },
        "AlarmsByEmail": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasAlarmEmail",
            "Properties": {"TopicArn": topic, "Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}},
        },
    }


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  PyYAML's own signature
        return True


def text() -> str:
    return HEADER + yaml.dump(template(), Dumper=_Plain, sort_keys=False, width=118)


def main() -> int:
    if "--check" not in sys.argv:
        PATH.write_text(text(), encoding="utf-8")
    elif not PATH.exists() or PATH.read_text(encoding="utf-8") != text():
        sys.stderr.write("monitoring/template.yml is out of date: python -m monitoring.generate\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
