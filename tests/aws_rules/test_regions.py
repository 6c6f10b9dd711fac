"""Some regions lack a service: a parameter does without it, and nothing else in the template needs it.

https://docs.aws.amazon.com/general/latest/gr/eventbridgeschemas.html
https://docs.aws.amazon.com/general/latest/gr/rekognition.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagebus_cli.stack import regions
from imagebus_local import templates
from tools.regions import SERVICES, TEMPLATES, data, linted, representatives

ROOT = Path(__file__).parents[2]
TEMPLATE = templates.read(ROOT / "template.yml")
DEFAULTS = {name: str(each.get("Default", "")) for name, each in TEMPLATE["Parameters"].items()}


def test_the_committed_regions_are_those_of_the_locked_packages() -> None:
    committed = json.loads(regions.DATA.read_text(encoding="utf-8"))
    assert committed.pop("date")
    assert committed == data()


def test_every_gap_has_a_parameter_that_may_have_the_value() -> None:
    assert regions.load()["missing"].keys() == regions.GAPS.keys()
    for gap in regions.GAPS.values():
        assert gap.value in TEMPLATE["Parameters"][gap.parameter]["AllowedValues"]


def test_what_a_region_lacks_is_there_only_if_the_parameter_says_so() -> None:
    found = set()
    for name, each in TEMPLATE["Resources"].items():
        kinds = {each["Type"]}
        if each["Type"] == "AWS::CloudFormation::Stack":
            nested = templates.read(ROOT / each["Properties"]["TemplateURL"])
            kinds = {resource["Type"] for resource in nested["Resources"].values()}
        for prefix, service in SERVICES.items():
            if any(kind.startswith(prefix) for kind in kinds):
                found.add(service)
                condition = TEMPLATE["Conditions"][each["Condition"]]
                assert templates.references(condition) == {regions.GAPS[service].parameter}, name
    assert found == set(SERVICES.values())
    assert {path for path in TEMPLATES if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize(
    ("region", "wanted"),
    [
        ("us-east-1", []),
        ("eu-west-1", []),
        ("il-central-1", ["SchemaRegistry=disabled"]),
        ("eu-north-1", ["LabelProvider=none"]),
        ("ca-west-1", ["LabelProvider=none", "SchemaRegistry=disabled"]),
        ("us-gov-east-1", ["LabelProvider=none"]),
    ],
)
def test_a_deployment_hears_which_parameters_to_set(region: str, wanted: list[str]) -> None:
    found = regions.problems(region, DEFAULTS)
    assert sorted(sentence.partition(": set ")[2].rstrip(".") for sentence in found) == wanted
    given = dict(each.split("=") for each in wanted)
    assert regions.problems(region, {**DEFAULTS, **given}) == []


def test_a_cdn_is_refused_where_there_is_none() -> None:
    (sentence,) = regions.problems("cn-north-1", {**DEFAULTS, "EnableCdn": "true", "LabelProvider": "none"})
    assert sentence == "cn-north-1 has no CloudFront with origin access control: set EnableCdn=false."


def test_regions_with_the_same_schemas_are_linted_once() -> None:
    several = ["us-east-1", "eu-west-1", "ca-west-1", "il-central-1", "cn-north-1", "us-gov-east-1"]
    assert representatives(several) == ["ca-west-1", "cn-north-1", "us-east-1", "us-gov-east-1"]


def test_a_finding_of_cfn_lint_names_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.yml"
    properties = "{ MessageRetentionPeriod: 12096000 }"
    broken.write_text(f"Resources:\n  Queue: {{ Type: AWS::SQS::Queue, Properties: {properties} }}\n")
    monkeypatch.setattr("tools.regions.TEMPLATES", (str(broken),))
    monkeypatch.setattr("tools.regions.representatives", lambda _: ["us-east-1"])
    assert linted() == [f"{broken}:2: E3034 12096000 is greater than the maximum of 1209600"]
