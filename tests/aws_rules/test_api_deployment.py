"""A stage serves a snapshot: a change of the API reaches it only through another deployment.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html

A deployment never changes, so CloudFormation makes another one only under another logical id.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html

SAM derives the logical id from the definition before conditions are evaluated, so a parameter does not
change it. AlwaysDeploy derives it from the time instead.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imagebus_local import templates
from tools.security.translate import translated

ROOT = Path(__file__).parents[2]


def conditions(node: Any) -> set[str]:
    """The conditions that decide about `node`."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = {node["Fn::If"][0]} if isinstance(node, dict) and "Fn::If" in node else set()
    return own.union(*map(conditions, children))


def parameters() -> set[str]:
    """The parameters that the API's definition depends on, directly or through a condition."""
    template = templates.read(ROOT / "template.yml")
    body = template["Resources"]["Api"]["Properties"]["DefinitionBody"]
    decided = [template["Conditions"][name] for name in conditions(body)]
    return templates.references([body, *decided]) & template["Parameters"].keys()


def deployment(at: float, given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The logical id of the deployment that the stage refers to."""
    monkeypatch.setattr("samtranslator.model.apigateway.time.time", lambda: at)
    resources = translated(ROOT / "template.yml", given)["Resources"]
    (stage,) = (each for each in resources.values() if each["Type"] == "AWS::ApiGateway::Stage")
    name = str(stage["Properties"]["DeploymentId"]["Ref"])
    assert resources[name]["Type"] == "AWS::ApiGateway::Deployment"
    return name


def test_the_definition_depends_on_the_parameters_that_open_and_close_it() -> None:
    assert parameters() >= {"JwtIssuer", "CorsOrigins"}


@pytest.mark.parametrize("name", sorted(parameters()))
def test_another_value_of_a_parameter_is_another_deployment(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = deployment(1_000_000, {}, monkeypatch)
    assert deployment(1_000_001, {name: "https://example.com"}, monkeypatch) != before
