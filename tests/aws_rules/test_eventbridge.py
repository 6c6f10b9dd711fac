"""What a rule cannot deliver goes to its dead-letter queue, and a bus can be deleted only after its rules.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html#eb-rule-dlq
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteEventBus.html
"""

from __future__ import annotations

from pathlib import Path

import pytest

from imagebus_local import templates
from tests.aws_rules.emulated import messages, patched, put_event, queue, rule, rule_arn

__all__ = ["patched"]

pytestmark = pytest.mark.usefixtures("patched")

MISSING = "arn:aws:sqs:us-east-1:000000000000:missing"


def test_an_event_that_can_be_delivered_is_no_dead_letter() -> None:
    inbox, letters = queue("inbox", rule="stage"), queue("letters", rule="stage")
    rule("stage", "imagebus.test", Arn=inbox, DeadLetterConfig={"Arn": letters})
    put_event("imagebus.test", {"n": 1})
    assert [message["body"]["detail"] for message in messages(inbox)] == [{"n": 1}]
    assert messages(letters) == []


def test_a_queue_whose_policy_does_not_name_the_rule_is_refused_without_a_retry() -> None:
    inbox, letters = queue("inbox", rule="another"), queue("letters", rule="stage")
    rule("stage", "imagebus.test", Arn=inbox, DeadLetterConfig={"Arn": letters})
    put_event("imagebus.test", {"n": 1})
    assert messages(inbox) == []
    (letter,) = messages(letters)
    assert letter["attributes"] == {
        "RULE_ARN": rule_arn("stage"),
        "TARGET_ARN": inbox,
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": "Access to the resource is denied.",
        "RETRY_ATTEMPTS": "0",
    }
    assert letter["body"]["detail-type"] == "ImageValidated"
    assert letter["body"]["detail"] == {"n": 1}


def test_a_queue_that_was_deleted_is_named() -> None:
    letters = queue("letters", rule="stage")
    rule("stage", "imagebus.test", Arn=MISSING, DeadLetterConfig={"Arn": letters})
    put_event("imagebus.test", {"n": 1})
    (letter,) = messages(letters)
    assert letter["attributes"]["ERROR_CODE"] == "NO_RESOURCE"
    assert letter["attributes"]["TARGET_ARN"] == MISSING


def test_a_dead_letter_queue_needs_a_policy_of_its_own() -> None:
    letters = queue("letters", rule=None)
    rule("stage", "imagebus.test", Arn=MISSING, DeadLetterConfig={"Arn": letters})
    put_event("imagebus.test", {"n": 1})
    assert messages(letters) == []


def test_everything_on_the_bus_refers_to_it_so_that_cloudformation_deletes_it_first() -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html"""
    root = Path(__file__).parents[2]
    resources = templates.read(root / "template.yml")["Resources"]
    consumers = [
        properties["Parameters"]
        for _, properties in templates.nested({"Resources": resources})
        if properties["TemplateURL"] == "consumer.yml"
    ]
    assert len(consumers) > 5
    assert {str(each["EventBusName"]) for each in consumers} == {"{'Ref': 'EventBus'}"}
    assert resources["Archive"]["Properties"]["SourceArn"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
    rule = templates.read(root / "consumer.yml")["Resources"]["Rule"]
    assert "DeletionPolicy" not in rule, "a rule that stays would keep the bus from being deleted"
