"""Nested stacks written out in place, with what the parent decides decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imagebus_local import nesting, templates

NESTED = """
Parameters:
  Name: {Type: String}
  Types: {Type: String, Default: ""}
  Topic: {Type: String, Default: ""}
  Key: {Type: String, Default: ""}
Conditions:
  Selects: !Not [!Equals [!Ref Types, ""]]
  HasTopic: !Not [!Equals [!Ref Topic, ""]]
  HasKey: !Not [!Equals [!Ref Key, ""]]
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${Name}_queue"
      Selected: !If [Selects, !Split [",", !Ref Types], !Ref "AWS::NoValue"]
      Key: !If [HasKey, !Ref Key, !Ref "AWS::NoValue"]
      Home: !Join ["/", [/logs, !Join ["/", !Split ["_", !Ref Name]]]]
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Condition: HasTopic
    Properties: {Queue: !GetAtt Queue.Arn, Topic: !Ref Topic, Region: !Sub "${AWS::Region}/${Queue.Arn}"}
Outputs:
  QueueArn: {Value: !GetAtt Queue.Arn}
"""
PARENT = """
Parameters:
  KeyArn: {Type: String}
  Detail: {Type: String}
Conditions:
  All: !Equals [!Ref Detail, all]
  HasKeyArn: !Not [!Equals [!Ref KeyArn, ""]]
Resources:
  Bell: {Type: AWS::SNS::Topic}
  A:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: nested.yml
      Parameters: %s
  Reader: {Type: Some::Thing, Properties: {Reads: !GetAtt A.Outputs.QueueArn}}
"""


def flat(
    folder: Path, parameters: str, *, nested: str = NESTED, condition: str | None = None
) -> dict[str, Any]:
    (folder / "nested.yml").write_text(nested, encoding="utf-8")
    (folder / "template.yml").write_text(PARENT % parameters, encoding="utf-8")
    parent = templates.read(folder / "template.yml")
    if condition:
        parent["Resources"]["A"]["Condition"] = condition
    found: dict[str, Any] = nesting.flat(parent, folder)
    return found


def test_names_have_the_nested_stacks_name_before_them_and_outputs_lead_there(tmp_path: Path) -> None:
    resources = flat(tmp_path, '{Name: !Sub "${AWS::StackName}_a", Topic: !Ref Bell}')["Resources"]
    assert list(resources) == ["Bell", "AQueue", "AAlarm", "Reader"]
    assert resources["Reader"]["Properties"] == {"Reads": {"Fn::GetAtt": ["AQueue", "Arn"]}}
    assert resources["AAlarm"]["Properties"] == {
        "Queue": {"Fn::GetAtt": ["AQueue", "Arn"]},
        "Topic": {"Ref": "Bell"},
        "Region": {"Fn::Sub": "${AWS::Region}/${AQueue.Arn}"},
    }


def test_what_the_parent_says_takes_the_place_of_parameters_and_conditions(tmp_path: Path) -> None:
    parameters = '{Name: !Sub "${AWS::StackName}_a", Types: "One,Two", Key: !Ref KeyArn}'
    resources = flat(tmp_path, parameters)["Resources"]
    assert "AAlarm" not in resources
    assert resources["AQueue"]["Properties"] == {
        "QueueName": {"Fn::Sub": "${AWS::StackName}_a_queue"},
        "Selected": ["One", "Two"],
        "Key": {"Fn::If": ["HasKeyArn", {"Ref": "KeyArn"}, {"Ref": "AWS::NoValue"}]},
        "Home": {"Fn::Sub": "/logs/${AWS::StackName}/a"},
    }


def test_a_list_of_references_is_a_list(tmp_path: Path) -> None:
    resources = flat(tmp_path, '{Name: a, Types: !Join [",", [!Ref Bell, x]]}')["Resources"]
    assert resources["AQueue"]["Properties"]["Selected"] == [{"Ref": "Bell"}, "x"]


def test_a_condition_that_only_a_deployment_decides_is_the_parents(tmp_path: Path) -> None:
    found = flat(tmp_path, '{Name: a, Topic: !If [All, !Ref Bell, ""]}')
    assert found["Resources"]["AAlarm"]["Condition"] == "All"
    found = flat(tmp_path, "{Name: a, Topic: !Ref Detail}")
    assert found["Resources"]["AAlarm"]["Condition"] == "AHasTopic"
    assert found["Conditions"]["AHasTopic"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Detail"}, ""]}]}


def test_a_conditional_stack_has_conditional_resources(tmp_path: Path) -> None:
    found = flat(tmp_path, "{Name: a, Topic: !Ref Detail}", condition="All")
    assert found["Resources"]["AQueue"]["Condition"] == "All"
    assert found["Resources"]["AAlarm"]["Condition"] == "AllAndAHasTopic"
    both = [{"Condition": "All"}, {"Condition": "AHasTopic"}]
    assert found["Conditions"]["AllAndAHasTopic"] == {"Fn::And": both}


def test_a_nested_stacks_own_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="A: a nested stack has a generated name"):
        flat(tmp_path, "{Name: a}", nested=NESTED.replace("${Name}_queue", "${AWS::StackName}_queue"))
