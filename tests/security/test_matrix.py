"""The roles allow exactly what the committed matrix lists, and nothing in it is wider than necessary."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

from tools.security.matrix import Entry, as_list, as_yaml, granted, load, statements
from tools.security.translate import Template, translated

ROOT = Path(__file__).parents[2]


@cache
def template() -> Template:
    return translated(ROOT / "template.yml")


@cache
def matrix() -> tuple[Entry, ...]:
    return tuple(load())


def test_the_template_grants_exactly_what_the_matrix_says() -> None:
    wanted = {entry.permission for entry in matrix()}
    found = granted(template())
    assert not found - wanted, f"not in security/matrix.yml:\n{as_yaml(found - wanted)}"
    assert not wanted - found, f"in security/matrix.yml, but not granted:\n{as_yaml(wanted - found)}"


def test_no_permission_is_listed_twice() -> None:
    counts = Counter(entry.permission for entry in matrix())
    assert [permission for permission, count in counts.items() if count > 1] == []


def test_a_resource_is_named_unless_aws_has_none_and_then_there_is_a_reason() -> None:
    wide = [entry for entry in matrix() if entry.permission.resource == "*"]
    assert [entry.permission for entry in wide if not entry.why] == []


def test_no_action_has_a_wildcard() -> None:
    assert [entry.permission for entry in matrix() if "*" in entry.permission.action] == []


def test_every_producer_may_publish_under_its_own_name_only() -> None:
    sources = {}
    for entry in matrix():
        if entry.permission.action == "events:PutEvents":
            own = re.fullmatch(
                r"ForAllValues:StringEquals events:source = (imagebus\.\w+); Null events:source = false",
                entry.permission.only,
            )
            assert own, entry
            sources[entry.permission.function] = own[1]
    assert sources["ThumbnailerFunction"] == "imagebus.thumbnailer"
    assert sources["MetadataFunction"] == sources["LabelsFunction"] == "imagebus.analyzer"
    assert sources["SweeperFunction"] == sources["RecorderFunction"] == "imagebus.recorder"
    assert "NotifierFunction" not in sources
    assert "CleanerFunction" not in sources


def test_every_function_has_a_role_of_its_own_that_only_lambda_can_take() -> None:
    resources = template()["Resources"]
    roles = [
        each["Properties"]["Role"]["Fn::GetAtt"][0]
        for each in resources.values()
        if each["Type"] == "AWS::Lambda::Function"
    ]
    assert len(roles) == len(set(roles))
    for role in roles:
        (trust,) = resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Effect"] == "Allow"
        assert set(as_list(trust["Action"])) == {"sts:AssumeRole"}
        assert set(as_list(trust["Principal"]["Service"])) == {"lambda.amazonaws.com"}


def test_a_function_writes_to_its_own_log_only() -> None:
    for entry in matrix():
        if entry.permission.action.startswith("logs:"):
            name = entry.permission.function.removesuffix("Function")
            assert entry.permission.resource == f"{name}Logs"


def test_every_role_of_the_template_belongs_to_a_function() -> None:
    resources = template()["Resources"]
    used = {
        each["Properties"]["Role"]["Fn::GetAtt"][0]
        for each in resources.values()
        if each["Type"] == "AWS::Lambda::Function"
    }
    others = {
        name: [
            action for statement, _ in statements(each, resources) for action in as_list(statement["Action"])
        ]
        for name, each in resources.items()
        if each["Type"] == "AWS::IAM::Role" and name not in used
    }
    assert others == {}
