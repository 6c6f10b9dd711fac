"""A consumer's template.yml: what it listens to, the stores it declares, and its function's environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ACCOUNT, REGION = "000000000000", "us-east-1"
#: What a consumer's nested template consumer.yml makes, as the template that includes it names them.
INBOX, DEAD_LETTERS = "Inbox", "DeadLetters"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": "consumer",
    "AWS::NoValue": "",
}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (`!Ref x`) as their long ones (`{"Ref": x}`)."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


class Template:
    """Values are resolved as far as a test needs: a resource's name is its logical id.

    `parameters` override the defaults; a parameter that has none is its own name. Raises ValueError for a
    template that has no consumer.yml nested in it.
    """

    def __init__(self, path: Path, parameters: Mapping[str, str] | None = None) -> None:
        self._read = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  a SafeLoader
        self._parameters = {
            name: str(about.get("Default", name)) for name, about in self._read.get("Parameters", {}).items()
        } | dict(parameters or {})
        shapes = [each for _, each in self.resources("AWS::CloudFormation::Stack")]
        shapes = [each for each in shapes if "DetailTypes" in each.get("Parameters", {})]
        if len(shapes) != 1:
            raise ValueError(f"{path} has {len(shapes)} nested stacks of consumer.yml, not one")
        self._shape: dict[str, Any] = shapes[0]["Parameters"]

    @property
    def detail_types(self) -> list[str]:
        return [each.strip() for each in self.text(self._shape["DetailTypes"]).split(",") if each.strip()]

    @property
    def takes_replays(self) -> bool:
        return self.text(self._shape.get("Replays", "false")) == "true"

    @property
    def max_receive_count(self) -> int:
        return int(self.text(self._shape.get("MaxReceiveCount", 5)) or 5)

    @property
    def _function(self) -> dict[str, Any]:
        functions = [each for _, each in self.resources("AWS::Serverless::Function")]
        fed = [each for each in functions if self._mapping(each)]
        return (fed or functions)[0]

    @property
    def reports_failures(self) -> bool:
        return "ReportBatchItemFailures" in (self._mapping(self._function).get("FunctionResponseTypes") or ())

    @property
    def environment(self) -> dict[str, str]:
        variables = self._function.get("Environment", {}).get("Variables", {})
        return {name: self.text(value) for name, value in variables.items()}

    def resources(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, each in self._read["Resources"].items():
            if each["Type"] == kind:
                yield name, each.get("Properties", {})

    def text(self, value: Any) -> str:
        """What the value would be in a deployed stack; empty for a function that this cannot resolve."""
        if not isinstance(value, dict):
            return str(value)
        ((kind, inner),) = value.items()
        if kind == "Ref":
            return self._ref(inner)
        if kind == "Fn::GetAtt":
            return self._attribute(*inner)
        if kind == "Fn::Sub":
            given, own = (inner, {}) if isinstance(inner, str) else inner
            return re.sub(r"\$\{([^!}]+)\}", lambda match: self._placeholder(match[1], own), given)
        if kind == "Fn::Join":
            return str(inner[0]).join(map(self.text, inner[1]))
        return ""

    def _ref(self, name: str) -> str:
        if name in self._parameters:
            return self._parameters[name]
        if name in PSEUDO:
            return PSEUDO[name]
        kind = self._read["Resources"].get(name, {}).get("Type")
        return {"AWS::SQS::Queue": url(name), "AWS::SNS::Topic": arn("sns", name)}.get(kind, name)

    def _attribute(self, name: str, attribute: str) -> str:
        known = {
            "Outputs.InboxUrl": url(INBOX),
            "Outputs.InboxArn": arn("sqs", INBOX),
            "Outputs.DeadLettersUrl": url(DEAD_LETTERS),
        }
        if attribute == "Arn":
            service = self._read["Resources"].get(name, {}).get("Type", "AWS::X").split("::")[1].lower()
            return f"arn:aws:s3:::{name}" if service == "s3" else arn(service, name)
        return known.get(attribute, name if attribute.endswith("Name") else f"{name}.{attribute}")

    def _placeholder(self, name: str, own: Mapping[str, Any]) -> str:
        if name in own:
            return self.text(own[name])
        resource, _, attribute = name.partition(".")
        return self._attribute(resource, attribute) if attribute else self._ref(name)

    def _mapping(self, function: Mapping[str, Any]) -> dict[str, Any]:
        """The event of the function that is an SQS queue."""
        events = (function.get("Events") or {}).values()
        return next((each["Properties"] for each in events if each["Type"] == "SQS"), {})


def url(queue: str) -> str:
    return f"memory://{queue}"


def arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
